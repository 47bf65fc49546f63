import type { ErrandReport, ErrandStatus } from '../ports/errand-report.ts'
import type { MessageRecord } from '../ports/storage.ts'

/** What is quoted of a stranger, in characters, and what is read of it. */
const MAX_QUOTE = 300
const MAX_READ = 1_000

/** What the owner is texted when more is left in a day than they are texted of. */
export const moreWaitText =
  'More messages wait for you than I text you in a day. They are kept: ask your server for /v1/messages.'

/** What the owner is texted of a message. */
export function messageText(message: MessageRecord): string {
  if (message.kind === 'recording') {
    const { from, durationSeconds, recordingSid } = message
    return `Message from ${party(from)}, ${durationSeconds} s, taken while I could not answer. Recording ${recordingSid}.`
  }
  const { from, text, callerName, callBack } = message
  const name = callerName === undefined ? '' : ` (says: ${quoted(callerName, MAX_QUOTE)})`
  const back = callBack === undefined ? '' : ` To be reached: ${quoted(callBack, MAX_QUOTE)}.`
  return `Message from ${party(from)}${name}: ${quoted(text, MAX_QUOTE)}.${back}`
}

/** What the owner is texted of a call that we placed. */
export function errandText({ number, status, durationSeconds, said, messages }: ErrandReport): string {
  const lasted = durationSeconds === undefined ? '' : `, ${durationSeconds} s`
  const last = said.findLast(({ speaker }) => speaker === 'callee')
  const words = last ? ` They said last: ${quoted(last.text, MAX_QUOTE)}.` : ''
  const left = messages === 0 ? '' : ` Messages left: ${messages}.`
  return `My call to ${party(number)}: ${outcomes[status]}${lasted}.${words}${left}`
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
