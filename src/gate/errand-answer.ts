import type { Clock } from '../lib/clock.ts'
import type { ToolRule } from '../policy/tool-rules.ts'
import type { ErrandReport } from '../ports/errand-report.ts'
import type { GateReceiver } from './gate-options.ts'
import { resultAnswer } from './tool-answers.ts'
import type { TurnMemory } from './turn-memory.ts'

/** What a report of a call is for the rules: not the owner's alone, and written by others. */
const strangersSpoke: ToolRule = {
  risk: 'low',
  from: 'S1',
  isPrivate: false,
  taints: 'message',
  isOutward: false,
  hasNumber: false,
}

/**
 * Tells the model what came of a call that it had placed, and remembers that strangers spoke in it for what may leave
 * the house next.
 */
export function bringErrand(
  report: ErrandReport,
  here: { readonly memory: TurnMemory; readonly receiver: GateReceiver; readonly clock: Clock },
): void {
  const output = errandAnswer(report)
  here.memory.note(strangersSpoke, { text: output, atMs: here.clock.nowMs() })
  here.receiver.brought({ tool: 'make_call', output })
}

/**
 * JSON text for a model, cleaned, cut and marked as the words of strangers. Of the number stands its end there: the whole
 * of it would seem to come from them.
 */
function errandAnswer({ status, durationSeconds, said, isCut, messages, number }: ErrandReport): string {
  const result = {
    call: status,
    to: `…${number.slice(-4)}`,
    ...(durationSeconds !== undefined && { duration_seconds: durationSeconds }),
    said,
    ...(isCut && { earlier_words_left_out: true }),
    messages_left: messages,
  }
  return resultAnswer({ kind: 'done', result }, 'message').output
}
