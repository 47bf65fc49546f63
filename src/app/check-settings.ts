import type { Config, Secrets } from '../config/config.ts'
import { ConfigError, type ConfigProblem } from '../config/config-error.ts'
import { loadEnvFile } from '../config/env-file.ts'
import type { Environment } from '../config/field.ts'
import { readConfig } from '../config/read-config.ts'
import { type RunMode, runMode } from '../config/run-mode.ts'
import type { Finding } from '../ports/check.ts'
import { loadPersona } from './files.ts'
import { speechProblems } from './speech-problems.ts'

/** Settings under which a server would start. */
export type Settings = { readonly config: Config; readonly secrets: Secrets; readonly mode: RunMode }

/** The settings, where they are right, and what is to be said of them. */
export type SettingsCheck = { readonly settings: Settings | undefined; readonly findings: readonly Finding[] }

const nextModes = { rehearsal: 'desk', desk: 'live', live: undefined } as const

/** Reads every setting as `npm start` would; what is wrong is told by name, each thing for itself, and no value is. */
export async function checkSettings(env: Environment, envFile: string): Promise<SettingsCheck> {
  let all: Environment
  try {
    all = loadEnvFile(envFile, env).env
  } catch {
    const does = `Let the user that runs the server read it, and nobody else: chown and chmod 600 ${envFile}`
    const fix = { name: 'makeEnvReadable', does } as const
    return {
      settings: undefined,
      findings: [{ kind: 'broken', says: `${envFile} is there and cannot be read`, fix }],
    }
  }
  try {
    const { config, secrets } = readConfig(all)
    const problems = [...speechProblems(config), ...(await personaProblems(config.server.personaDir))]
    if (problems.length > 0) throw new ConfigError(problems)
    const mode = runMode(config, secrets)
    const fine = { kind: 'fine', says: modeSentence(mode) } as const
    return { settings: { config, secrets, mode }, findings: [fine, ...weaknesses(config)] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { settings: undefined, findings: error.problems.map(findingOf) }
  }
}

function findingOf({ name, problem }: ConfigProblem): Finding {
  const does = `Correct ${name}, which ${problem}`
  return { kind: 'broken', says: `${name} is wrong`, fix: { name: 'correctSetting', does } }
}

async function personaProblems(folder: string): Promise<readonly ConfigProblem[]> {
  try {
    await loadPersona(folder, 'assistant')
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    return [{ name: 'PERSONA_DIR', problem: 'must be a folder with a file assistant.md that can be read' }]
  }
}

function weaknesses({ owner }: Config): readonly Finding[] {
  const says = verificationWarning(owner)
  const does = 'Set OWNER_VERIFICATION to stir_or_pin, and a PIN with npm run pin'
  return says === undefined ? [] : [{ kind: 'warning', says, fix: { name: 'correctSetting', does } }]
}

/** Why the owner is not known well enough; undefined where they are. */
export function verificationWarning({
  phoneNumbers,
  verification,
}: Pick<Config['owner'], 'phoneNumbers' | 'verification'>): string | undefined {
  if (phoneNumbers.length === 0 || verification !== 'caller_id') return undefined
  return 'OWNER_VERIFICATION is caller_id: whoever forges a number of the owner may do all that the owner may'
}

function modeSentence({ mode, missing }: RunMode): string {
  const next = nextModes[mode]
  if (next === undefined) return 'all right, for live calls'
  return `all right, for ${mode} mode; the next one, ${next}, needs ${missing.join(', ')}`
}
