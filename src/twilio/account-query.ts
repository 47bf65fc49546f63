import type { Twilio } from 'twilio'
import { networkFault, resolverAdvice } from '../lib/http-probe.ts'
import { inTime } from '../lib/in-time.ts'
import type { Finding } from '../ports/check.ts'
import { asTwilioError, connect, type TwilioRestOptions } from './rest-client.ts'

/** Which account is asked, and how long for. */
export type AccountQuestion = TwilioRestOptions & { readonly timeoutMs: number }

/** What Twilio answered, or what its refusal means for the operator. */
export type AccountAnswer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly finding: Finding }

/** Twilio's code for an account that is suspended or closed; it comes with 401 or 403. */
const NOT_ACTIVE = '20005'

/** Asks Twilio something through its SDK. What goes wrong is told in words of ours: the SDK's errors hold the key. */
export async function askAccount<T>(
  question: AccountQuestion,
  ask: (client: Twilio) => Promise<T>,
): Promise<AccountAnswer<T>> {
  const { clock, timeoutMs } = question
  try {
    const client = await connect(question, timeoutMs)
    const answer = await inTime(ask(client), { clock, delayMs: timeoutMs })
    if (answer.kind === 'done') return { ok: true, value: answer.value }
    return { ok: false, finding: unreachable('Twilio did not answer in time') }
  } catch (thrown) {
    return { ok: false, finding: judgeFailure(thrown) }
  }
}

/** What it means that the SDK threw. */
export function judgeFailure(thrown: unknown): Finding {
  const { code, status, sentence } = asTwilioError(thrown)
  if (code === NOT_ACTIVE) return inactive('not active')
  if (status === 401 || status === 403 || status === 404) return refused(status)
  if (networkFault(code) === 'resolver') {
    return { kind: 'broken', says: sentence, fix: { name: 'mendResolver', does: resolverAdvice } }
  }
  return unreachable(sentence)
}

/** The finding about an account that Twilio has switched off. */
export function inactive(status: string): Finding {
  return {
    kind: 'broken',
    says: `the account is ${status}: no call is connected`,
    fix: {
      name: 'activateAccount',
      does: "Pay or reopen the account in Twilio's console, or set TWILIO_ACCOUNT_SID to one that is active",
    },
  }
}

function refused(status: number): Finding {
  return {
    kind: 'broken',
    says: `Twilio refuses TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN with ${status}`,
    fix: {
      name: 'correctTwilioKey',
      does: "Set both to the live credentials of one account, as Twilio's console shows them under Account info",
    },
  }
}

function unreachable(says: string): Finding {
  return {
    kind: 'broken',
    says,
    fix: { name: 'reachTwilio', does: 'Let this machine reach api.twilio.com on port 443, and try again' },
  }
}
