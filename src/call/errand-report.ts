import type { ErrandReport, ErrandStatus } from '../ports/errand-report.ts'
import type { CompleteCall } from '../ports/storage.ts'

/** What of a call is passed on. */
const MAX_TURNS = 12
const MAX_CHARACTERS = 2_000

/**
 * What is to be told of a call that was placed: how it came out, and its last words.
 * @param call.record undefined when nobody answered, so that we have none
 * @param call.status what the network said last; a call is `answered` when we spoke on it, whatever it said
 */
export function errandReport(call: {
  readonly ref: string
  readonly callSid: string
  readonly sessionId: string
  readonly number: string
  readonly record: CompleteCall | undefined
  readonly status: ErrandStatus
}): ErrandReport {
  const { ref, callSid, sessionId, number, record } = call
  const isAnswered = record?.call.answeredAtMs !== undefined
  const durationSeconds = isAnswered ? record.call.durationSeconds : undefined
  return {
    ref,
    callSid,
    sessionId,
    number,
    // Answered there, and not spoken with: something failed on our side.
    status: isAnswered ? 'answered' : call.status === 'answered' ? 'failed' : call.status,
    ...(durationSeconds !== undefined && { durationSeconds }),
    ...lastWords(record),
    messages: record?.messages.length ?? 0,
  }
}

function lastWords(record: CompleteCall | undefined): Pick<ErrandReport, 'said' | 'isCut'> {
  const spoken = (record?.turns ?? []).filter(({ text, source }) => text !== '' && source === 'transcript')
  const said: ErrandReport['said'][number][] = []
  let left = MAX_CHARACTERS
  for (const { speaker, text } of spoken.toReversed()) {
    if (said.length === MAX_TURNS || left <= 0) break
    const words = text.length > left ? `…${text.slice(-left).toWellFormed()}` : text
    left -= text.length
    said.unshift({ speaker: speaker === 'caller' ? 'callee' : 'agent', text: words })
  }
  return { said, isCut: said.length < spoken.length || left < 0 }
}
