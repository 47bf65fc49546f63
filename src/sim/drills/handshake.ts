import { decodeMulaw } from '../audio/g711.ts'
import type { SessionRecord } from '../openai/session-record.ts'
import { type Scenario, scenarioFrom } from '../scenario.ts'
import type { CallSummary } from '../twilio/call-summary.ts'
import { uplinkLag, wrongSamples } from './alignment.ts'
import {
  type DrillGround,
  type DrillOptions,
  type DrillResult,
  inLanes,
  missedBars,
  percentile,
  rounded,
} from './drill.ts'

const LANES = 5
const FIRST_CALLER = 14_155_550_140
const CALLER_NUMBERS = 30
const FRAME_SAMPLES = 160
/** How long the model takes to answer the handshake, and to agree to the settings. */
const HANDSHAKE_MS = 300
const UPDATE_MS = 100

type Outcome = {
  readonly lostFrames: number
  readonly wrongSamples: number
  readonly sentFrames: number
  readonly lag: number | undefined
  readonly firstAppendMs: number
}

/**
 * Rings while the model takes its time to answer, and looks for every sample that the caller said in what the model
 * was given. Every third sample of the uplink is a sample of the caller, so nothing is estimated. Count: calls.
 */
export async function drillHandshake(
  { world }: DrillGround,
  { seed, count }: DrillOptions,
): Promise<DrillResult> {
  const wallAheadMs = world.clock.wallMs() - world.clock.nowMs()
  const calls = Array.from({ length: count }, (_, call) => call)
  const outcomes = await inLanes(LANES, calls, async (call): Promise<Outcome> => {
    const from = FIRST_CALLER + (call % CALLER_NUMBERS)
    const ring = await world.ring(scenarioOf(seed + call, from))
    const { summary } = await ring.ended
    return outcomeOf(summary, ring.sessions(), ring.call.createdWallMs - wallAheadMs)
  })
  const firstMs = outcomes.map(({ firstAppendMs }) => firstAppendMs)
  const sum = (pick: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, one) => total + pick(one), 0)
  const numbers = {
    sentFrames: sum(({ sentFrames }) => sentFrames),
    lostFrames: sum(({ lostFrames }) => lostFrames),
    wrongSamples: sum((one) => one.wrongSamples),
    /** Samples at 24 kHz by which the model's audio is late, and how many calls were heard so. */
    lagSamples: Object.fromEntries(
      [...new Set(outcomes.map(({ lag }) => lag))].map((lag) => [
        String(lag),
        outcomes.filter((one) => one.lag === lag).length,
      ]),
    ),
    webhookToFirstAppendMs: {
      least: rounded(Math.min(...firstMs), 1),
      p50: rounded(percentile(firstMs, 0.5), 1),
      max: rounded(Math.max(...firstMs), 1),
    },
  }
  const { lostFrames, wrongSamples: wrong, lagSamples } = numbers
  return {
    numbers,
    missed: missedBars([
      [lostFrames === 0, `${lostFrames} frames of the caller lost`],
      [wrong === 0, `${wrong} samples differ from what the caller said`],
      [Object.keys(lagSamples).length === 1, `several lags: ${Object.keys(lagSamples).join(', ')}`],
      [Math.min(...firstMs) >= HANDSHAKE_MS + UPDATE_MS, 'the model did not take its time'],
    ]),
  }
}

/** The caller speaks from the first frame, over everything that is said to them. */
function scenarioOf(seed: number, from: number): Scenario {
  return scenarioFrom({
    name: 'drill-handshake',
    about: 'A caller who speaks at once, to a model that takes its time.',
    seed,
    call: { from: `+${from}` },
    caller: { steps: [{ do: 'noise', ms: 2_500, dbfs: -20 }, { do: 'pause', ms: 300 }, { do: 'hangUp' }] },
    model: { handshakeMs: HANDSHAKE_MS, updateMs: UPDATE_MS, hears: [], replies: [] },
  })
}

function outcomeOf(summary: CallSummary, sessions: readonly SessionRecord[], rungAtMs: number): Outcome {
  const sentFrames = summary.streams.reduce((frames, stream) => frames + stream.sentFrames, 0)
  // The stream lives until the caller hangs up, so what it carried is the end of what was said.
  const said = decodeMulaw(summary.saidUlaw.slice(-sentFrames * FRAME_SAMPLES))
  const [session] = sessions
  const heard = session?.appendedPcm24k() ?? new Int16Array()
  const lag = uplinkLag(said, heard)
  return {
    sentFrames,
    lostFrames: sentFrames - heard.length / (3 * FRAME_SAMPLES),
    wrongSamples: lag === undefined ? said.length : wrongSamples(said, { heard, lag }),
    lag,
    firstAppendMs: (session?.firstAppendAtMs ?? Number.NaN) - rungAtMs,
  }
}
