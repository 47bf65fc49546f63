import { type DrillNumber, missedBars, rounded } from './drill.ts'
import type { FaultCase } from './fault-cases.ts'
import type { Felt } from './lateness.ts'
import type { VictimOutcome } from './victim.ts'

/** How much later than without a fault the audio of others may be. */
export const MOST_LATE_MS = 25
/** A caller hears something within this: the rest of a sentence, a phrase, the model. */
const MOST_SILENT_MS = 3_000
/** Within this the model is heard again, or the last words begin. */
const MOST_UNDECIDED_MS = 12_000
/** Media that do not come are waited for 15 s; then the call has to go. */
const MOST_GONE_MS = 18_000
/** What may be held beyond what was held before. */
export const MOST_MORE_MEMORY = 0.1

/** A call that has met its fault. */
export type Met = {
  readonly fault: FaultCase
  readonly outcome: VictimOutcome
  /** What healthy calls felt of it, when they felt least. */
  readonly felt: Felt
  /** The same with what is excused: that the world stood still, or the machine let others run. */
  readonly rawFelt: Felt
  readonly tries: number
  /** How long the loop of the server was held at worst, by its own account, in the last try. */
  readonly loopDelayMs: number | undefined
  /** What the server held just before it and after it; undefined where that cannot be known. */
  readonly heldBytes: { readonly before: number | undefined; readonly after: number | undefined }
}

/** A size as people read it. */
export function megabytes(bytes: number): number {
  return rounded(bytes / 1_048_576, 1)
}

/** What a fault came to, in numbers. */
export function describe({ fault, outcome, felt, rawFelt, tries, heldBytes, loopDelayMs }: Met): DrillNumber {
  const { toldMs, silentMs, undecidedSilenceMs, decidedMs, decided, goneMs } = outcome
  const isOver = fault.expected === 'gone' || fault.expected === 'ends'
  const heard = {
    toldMs: rounded(toldMs, 0),
    silentMs,
    decidedMs: rounded(decidedMs, 0),
    undecidedSilenceMs,
    decided,
  }
  return {
    fault: fault.name,
    expected: fault.expected,
    ...(isOver ? { goneMs: rounded(goneMs, 0) } : heard),
    endedBy: outcome.endedBy,
    sessions: outcome.sessions,
    refused: outcome.refused.length,
    lateMs: {
      ...felt,
      tries,
      excused: { up: less(rawFelt.up, felt.up), down: less(rawFelt.down, felt.down) },
    },
    ...(loopDelayMs !== undefined && { loopDelayMs: rounded(loopDelayMs, 0) }),
    ...(heldBytes.after !== undefined && { heldMb: megabytes(heldBytes.after) }),
  }
}

function less(rawMs: number, lateMs: number): number {
  return rounded(rawMs - lateMs, 1)
}

/**
 * The bars that one fault missed, each as a sentence.
 * @param quietLateMs what healthy calls usually feel without a fault; undefined where their lateness is not to be judged
 */
export function missedBy(
  { fault, outcome, felt, heldBytes }: Met,
  quietLateMs: Felt | undefined,
): readonly string[] {
  const { before = Number.NaN, after = Number.NaN } = heldBytes
  const cost = (way: 'up' | 'down'): number => (quietLateMs ? rounded(felt[way] - quietLateMs[way], 1) : 0)
  return [
    ...missedOf(fault, outcome),
    ...missedBars([
      [cost('up') <= MOST_LATE_MS, `healthy callers were heard ${cost('up')} ms later than without a fault`],
      [cost('down') <= MOST_LATE_MS, `healthy callers heard the model ${cost('down')} ms later than without`],
      [
        !(after > before * (1 + MOST_MORE_MEMORY)),
        `${megabytes(after)} MB held after it, ${megabytes(before)} MB before`,
      ],
    ]),
  ].map((sentence) => `${fault.name}: ${sentence}`)
}

/** What the call that met the fault has to complain of. */
export function missedOf({ expected }: FaultCase, outcome: VictimOutcome): readonly string[] {
  const { faultAtMs, refused, errors, toldMs, silentMs, decidedMs, goneMs } = outcome
  if (faultAtMs === undefined) return ['the fault did not strike']
  const isOver = expected === 'gone' || expected === 'ends'
  const mostGoneMs = expected === 'gone' ? MOST_GONE_MS : MOST_UNDECIDED_MS
  return missedBars([
    [isOver || toldMs < Infinity, 'nothing was heard any more'],
    [isOver || silentMs <= MOST_SILENT_MS, `silence of ${ms(silentMs)}`],
    [isOver || decidedMs <= MOST_UNDECIDED_MS, `neither heard again nor politely ended: ${ms(decidedMs)}`],
    [!isOver || goneMs <= mostGoneMs, `call and session gone: ${ms(goneMs)}`],
    [refused.length === 0, `${refused.length} events refused (${[...new Set(refused)].join(', ')})`],
    [errors.length === 0, `the call went wrong (${errors[0]})`],
  ])
}

function ms(value: number): string {
  return value < Infinity ? `${rounded(value, 0)} ms` : 'never'
}
