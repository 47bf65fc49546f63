import type { Config } from '../config/config.ts'
import type { Clock } from '../lib/clock.ts'
import type { ErrandStatus } from '../ports/errand-report.ts'
import type { NoticeOutcome, OwnerNotice } from '../ports/owner-notice.ts'
import type { TelephonyControl } from '../ports/telephony.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
/** Texts to the owner in 24 hours: whoever calls again and again shall not spend the owner's money by them. */
const MAX_PER_DAY = 100
/** What is quoted of a stranger, in characters, and what is read of it. */
const MAX_QUOTE = 300
const MAX_READ = 1_000

/** Tells the owner by text message, at their first number, where they want that. */
export function ownerNotice(
  { owner, twilio }: Pick<Config, 'owner' | 'twilio'>,
  telephony: Pick<TelephonyControl, 'sendText'>,
  clock: Clock,
): OwnerNotice {
  const [to] = owner.phoneNumbers
  const [from] = twilio.phoneNumbers
  let sentAtMs: readonly number[] = []
  const send = async (body: string): Promise<NoticeOutcome> => {
    if (owner.notify !== 'sms' || to === undefined || from === undefined) return 'none'
    const nowMs = clock.nowMs()
    sentAtMs = sentAtMs.filter((atMs) => atMs > nowMs - DAY_MS)
    if (sentAtMs.length >= MAX_PER_DAY) return 'failed'
    sentAtMs = [...sentAtMs, nowMs]
    const outcome = await telephony.sendText({ from, to, body })
    if (outcome.ok) return 'sent'
    return outcome.ambiguous ? 'unknown' : 'failed'
  }
  return {
    messageLeft: ({ from: caller, durationSeconds, recordingSid }) =>
      send(
        `Message from ${party(caller)}, ${durationSeconds} s, taken while I could not answer. Recording ${recordingSid}.`,
      ),
    messageTaken: ({ from: caller, text, callerName, callBack }) => {
      const name = callerName === undefined ? '' : ` (says: ${quoted(callerName, MAX_QUOTE)})`
      const back = callBack === undefined ? '' : ` To be reached: ${quoted(callBack, MAX_QUOTE)}.`
      return send(`Message from ${party(caller)}${name}: ${quoted(text, MAX_QUOTE)}.${back}`)
    },
    errandOver: ({ number, status, durationSeconds, said, messages }) => {
      const lasted = durationSeconds === undefined ? '' : `, ${durationSeconds} s`
      const last = said.findLast(({ speaker }) => speaker === 'callee')
      const words = last ? ` They said last: ${quoted(last.text, MAX_QUOTE)}.` : ''
      const left = messages === 0 ? '' : ` Messages left: ${messages}.`
      return send(`My call to ${party(number)}: ${outcomes[status]}${lasted}.${words}${left}`)
    },
  }
}

const outcomes: Readonly<Record<ErrandStatus, string>> = {
  answered: 'answered',
  busy: 'it was busy',
  'no-answer': 'nobody answered',
  failed: 'it failed',
  canceled: 'it was called off',
}

function party(caller: string): string {
  return /^\+[0-9]+$/.test(caller) ? caller : 'a withheld number'
}

/**
 * Words of a stranger on one line, so that nobody takes them for ours. Addresses of the web are left out: a text from
 * one's own assistant is trusted. No typographic signs: with them a text costs twice.
 */
function quoted(text: string, maxLength: number): string {
  const line = text
    .slice(0, MAX_READ)
    .toWellFormed()
    .replace(/[\p{Cf}\p{Co}\p{Cn}]/gu, '')
    .replace(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[“”„"]/g, "'")
    .replace(webAddress, '[link]')
    .trim()
  const cut = Array.from(line)
  return `"${cut.length > maxLength ? `${cut.slice(0, maxLength).join('')}...` : line}"`
}

/** With a scheme, or a name with a dot in it; the latter not behind an @, which makes it an address of mail. */
const webAddress = /\S+:\/\/\S*|(?<!@[\p{L}\p{N}.-]*)\b[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.\p{L}{2,}(\/\S*)?/gu
