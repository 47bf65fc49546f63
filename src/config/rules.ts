import type { ConfigProblem } from './config-error.ts'
import type { Environment } from './field.ts'
import { isLoopback } from './url-field.ts'

/** What a live server needs from Twilio, in the order in which an operator finds it. */
export const liveVariables = [
  'TWILIO_ACCOUNT_SID',
  'TWILIO_AUTH_TOKEN',
  'TWILIO_PHONE_NUMBER',
  'PUBLIC_URL',
] as const

/**
 * What is wrong between settings, each of which may be right for itself. Works on the texts, so that it also speaks
 * when another setting cannot be read.
 */
export function problemsBetween(env: Environment): readonly ConfigProblem[] {
  return [...halfTwilio(env), ...insecure(env), ...onlyForTests(env), ...realDatabase(env)]
}

function isSet(env: Environment, name: string): boolean {
  return (env[name] ?? '') !== ''
}

/** Nothing real is configured: the rehearsal, whose own address may be set and may then be http. */
function isRehearsal(env: Environment): boolean {
  const credentials = ['OPENAI_API_KEY', ...liveVariables].filter((name) => name !== 'PUBLIC_URL')
  return !credentials.some((name) => isSet(env, name)) && !/^https:/i.test(env['PUBLIC_URL'] ?? '')
}

function halfTwilio(env: Environment): readonly ConfigProblem[] {
  const present = liveVariables.filter((name) => isSet(env, name))
  if (present.length === 0 || isRehearsal(env)) return []
  const because = `is missing: ${present.join(', ')} ${present.length === 1 ? 'is' : 'are'} set, and calls need all of them`
  return ['OPENAI_API_KEY', ...liveVariables]
    .filter((name) => !isSet(env, name))
    .map((name) => ({ name, problem: because }))
}

function insecure(env: Environment): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const isTestWorld = isSet(env, 'TWILIO_API_BASE_URL')
  if (/^http:/i.test(env['PUBLIC_URL'] ?? '') && !isTestWorld && !isRehearsal(env)) {
    problems.push({
      name: 'PUBLIC_URL',
      problem: 'must be https: http is for rehearsal and for a TWILIO_API_BASE_URL on loopback',
    })
  }
  // A short token would make signatures guessable; real ones always have this shape, test worlds choose their own.
  if (
    isSet(env, 'TWILIO_AUTH_TOKEN') &&
    !isTestWorld &&
    !/^[0-9a-f]{32}$/.test(env['TWILIO_AUTH_TOKEN'] ?? '')
  ) {
    problems.push({ name: 'TWILIO_AUTH_TOKEN', problem: 'must be 32 hexadecimal digits in lower case' })
  }
  return problems
}

function onlyForTests(env: Environment): readonly ConfigProblem[] {
  if (isSet(env, 'TWILIO_API_BASE_URL') || isRehearsal(env)) return []
  return ['QUIET_HOURS', 'EFFECT_CAPS']
    .filter((name) => env[name] === 'off')
    .map((name) => ({ name, problem: 'can be off only while TWILIO_API_BASE_URL is on loopback' }))
}

/** A rehearsal invents calls, which must not come among real ones; and what it keeps needs the key in its folder. */
function realDatabase(env: Environment): readonly ConfigProblem[] {
  const url = URL.parse(env['DATABASE_URL'] ?? '')
  if (!url || !isRehearsal(env)) return []
  const problems: ConfigProblem[] = []
  if (!isLoopback(url.hostname)) {
    problems.push({ name: 'DATABASE_URL', problem: 'can be set in rehearsal only to a database on loopback' })
  }
  if (!isSet(env, 'DATA_DIR')) {
    problems.push({
      name: 'DATA_DIR',
      problem: 'must be set in rehearsal with DATABASE_URL, which needs its key',
    })
  }
  return problems
}
