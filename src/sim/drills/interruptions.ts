import { z } from 'zod'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { seededRandom } from '../caller/random.ts'
import { BYTES_PER_MS } from '../caller/sounds.ts'
import type { SessionRecord } from '../openai/session-record.ts'
import { type Scenario, scenarioFrom } from '../scenario.ts'
import type { StreamSummary } from '../twilio/media-stream-options.ts'
import type { ClearRecord, PlayedRun } from '../twilio/playout.ts'
import {
  type DrillGround,
  type DrillOptions,
  type DrillResult,
  inLanes,
  missedBars,
  percentile,
  rounded,
} from './drill.ts'
import { StallMeter } from './stall-meter.ts'

/** How far the model may be from what the caller truly heard. */
const LARGEST_ERROR_MS = 40
const MOST_CALLS = 12
/** First of the numbers that the callers of this drill have, one each. */
const FIRST_CALLER = 14_155_550_110
const REPLY_MS = 8_000
const REPLY_TEXT =
  'This answer is long enough to be interrupted anywhere in its first four seconds, and whoever listens to all of it will find that nothing else is said.'
/** Audio after a pause this long is another reply. */
const PAUSE_MS = 300
/** A clear and its truncation are sent at once; so far apart they may arrive. */
const TOGETHER_MS = 500
/** What stands still so shortly before a clear can make it late, or the mark before it. */
const STALL_WINDOW_MS = 400

const truncateEvent = z.object({
  type: z.literal('conversation.item.truncate'),
  audio_end_ms: z.number(),
})

type Interruption =
  | {
      readonly kind: 'truncated'
      readonly heardMs: number
      readonly errorMs: number
      /** How much of the error the process may owe to having stood still. */
      readonly stalledMs: number
    }
  | { readonly kind: 'whollyHeard' | 'unknownToModel' }

/**
 * Lets callers interrupt long replies at random points, and compares how much of each the model was told was heard
 * with what had sounded, to the byte, when the clear came. While the process stands still, nothing arrives but sound
 * goes on: that much more an error may be, and how many such errors there were is told. Count: interruptions.
 */
export async function drillInterruptions(
  { world }: DrillGround,
  { seed, count }: DrillOptions,
  clock: Clock = systemClock,
): Promise<DrillResult> {
  using stalls = new StallMeter(clock)
  const calls = Math.min(MOST_CALLS, Math.ceil(count / 2))
  const shares = Array.from({ length: calls }, (_, call) => Math.floor((count + call) / calls))
  const outcomes = await inLanes(calls, shares, async (interruptions, call) => {
    const ring = await world.ring(scenarioOf({ interruptions, seed: seed + call, from: FIRST_CALLER + call }))
    const { summary } = await ring.ended
    const sessions = ring.sessions()
    const found = summary.streams.flatMap((stream) => interruptionsOf(stream, { sessions, stalls }))
    const refused = sessions.reduce((sum, session) => sum + session.refused.length, 0)
    return { found, refused, errors: summary.errors }
  })
  const found = outcomes.flatMap((outcome) => outcome.found)
  const truncated = found.filter((one) => one.kind === 'truncated')
  const errorsMs = truncated.map(({ errorMs }) => Math.abs(errorMs))
  const heardMs = truncated.map((one) => one.heardMs)
  const numbers = {
    calls,
    interruptions: found.length,
    truncated: truncated.length,
    whollyHeard: found.filter(({ kind }) => kind === 'whollyHeard').length,
    unknownToModel: found.filter(({ kind }) => kind === 'unknownToModel').length,
    heardMs: { least: rounded(Math.min(...heardMs), 0), most: rounded(Math.max(...heardMs), 0) },
    errorMs: {
      p50: rounded(percentile(errorsMs, 0.5), 1),
      p99: rounded(percentile(errorsMs, 0.99), 1),
      max: rounded(Math.max(...errorsMs), 1),
      mean: rounded(truncated.reduce((sum, { errorMs }) => sum + errorMs, 0) / truncated.length, 1),
    },
    /** Errors above the bar while the process had stood still for at least as long. */
    stalled: truncated.filter((one) => Math.abs(one.errorMs) > LARGEST_ERROR_MS && isExcused(one)).length,
    unexcused: truncated.filter((one) => !isExcused(one)).length,
    refusedEvents: outcomes.reduce((sum, { refused }) => sum + refused, 0),
    callErrors: outcomes.reduce((sum, { errors }) => sum + errors.length, 0),
  }
  return { numbers, missed: missedBars(barsOf(numbers, count)) }
}

function barsOf(
  numbers: {
    readonly interruptions: number
    readonly unknownToModel: number
    readonly unexcused: number
    readonly errorMs: { readonly max: number }
    readonly refusedEvents: number
    readonly callErrors: number
  },
  count: number,
): readonly (readonly [boolean, string])[] {
  const { interruptions, unknownToModel, unexcused, errorMs, refusedEvents, callErrors } = numbers
  return [
    [interruptions === count, `${interruptions} of ${count} interruptions cleared what was playing`],
    [unknownToModel === 0, `${unknownToModel} interruptions without a truncation`],
    [
      unexcused === 0,
      `${unexcused} truncations wrong by more than ${LARGEST_ERROR_MS} ms, the worst by ${errorMs.max}`,
    ],
    [refusedEvents === 0, `${refusedEvents} events refused by the model`],
    [callErrors === 0, `${callErrors} calls went wrong`],
  ]
}

function isExcused({ errorMs, stalledMs }: Extract<Interruption, { kind: 'truncated' }>): boolean {
  return Math.abs(errorMs) <= LARGEST_ERROR_MS + stalledMs
}

function scenarioOf(call: {
  readonly interruptions: number
  readonly seed: number
  readonly from: number
}): Scenario {
  const random = seededRandom(call.seed)
  const speak = { do: 'noise', ms: 400, dbfs: -20 } as const
  // Until the reply is gone: nobody interrupts what has been interrupted.
  const quiet = { do: 'waitForQuiet', ms: 600 } as const
  const interrupt = Array.from(
    { length: call.interruptions },
    () => [{ do: 'waitForReply', ms: 200 + random.whole(3_801) }, speak, quiet] as const,
  )
  return scenarioFrom({
    name: 'drill-interruptions',
    about: 'A caller interrupts one long reply after another.',
    seed: call.seed,
    call: { from: `+${call.from}` },
    caller: {
      steps: [
        { do: 'waitForReply', ms: 500 },
        { do: 'waitForQuiet', ms: 600 },
        speak,
        ...interrupt.flat(),
        { do: 'waitForReply', ms: 200 },
        { do: 'hangUp' },
      ],
    },
    model: {
      hears: [],
      replies: Array.from({ length: call.interruptions + 1 }, () => ({
        say: REPLY_TEXT,
        audioMs: REPLY_MS,
      })),
    },
  })
}

/** What became of every clear of a stream. */
function interruptionsOf(
  stream: StreamSummary,
  seen: { readonly sessions: readonly SessionRecord[]; readonly stalls: StallMeter },
): readonly Interruption[] {
  const truncations = seen.sessions
    .flatMap((session) => session.received)
    .flatMap(({ atMs, event }) => {
      const { data } = truncateEvent.safeParse(event)
      return data ? [{ atMs, audioEndMs: data.audio_end_ms }] : []
    })
  return stream.clears.map((clear, index): Interruption => {
    const { atMs } = clear
    const told = truncations.find((one) => Math.abs(one.atMs - atMs) < TOGETHER_MS)
    if (!told) return { kind: clear.droppedBytes === 0 ? 'whollyHeard' : 'unknownToModel' }
    // Between two clears one reply is played and nothing else; before the first there were fixed sentences.
    const fromByte = stream.clears[index - 1]?.playedBytes ?? startOfReply(stream.runs, clear)
    const heardMs = (clear.heardBytes - fromByte) / BYTES_PER_MS
    const stalledMs = seen.stalls.stalledMs({ fromMs: atMs - STALL_WINDOW_MS, toMs: atMs })
    return { kind: 'truncated', heardMs, errorMs: told.audioEndMs - heardMs, stalledMs }
  })
}

/** How many bytes had been played when the reply began in which a clear came: it began after a pause. */
function startOfReply(runs: readonly PlayedRun[], clear: ClearRecord): number {
  let first = runs.findLastIndex((run) => run.atMs <= clear.atMs)
  for (; first > 0; first--) {
    const [before, run] = [runs[first - 1], runs[first]]
    if (!before || !run || run.atMs - (before.atMs + before.bytes / BYTES_PER_MS) >= PAUSE_MS) break
  }
  return runs[first]?.fromByte ?? 0
}
