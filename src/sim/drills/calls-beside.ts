import type { Clock } from '../../lib/clock.ts'
import { decodeMulaw } from '../audio/g711.ts'
import { BYTES_PER_MS } from '../caller/sounds.ts'
import type { SessionRecord } from '../openai/session-record.ts'
import { type Scenario, scenarioFrom } from '../scenario.ts'
import type { CallSummary } from '../twilio/call-summary.ts'
import { waitMs } from '../twilio/wait.ts'
import type { Ring, World } from '../world.ts'
import { uplinkLag, wrongSamples } from './alignment.ts'
import { percentile, rounded } from './drill.ts'

const FRAME_SAMPLES = 160
const REPLY_MS = 1_000
/** The filters of the downlink keep less than this of each reply for the next one. */
const FILTER_MS = 5
const LOOK_EVERY_MS = 20
/** So long after a ring the sessions that are opened may be the call's. */
const SESSION_WITHIN_MS = 2_000

/** What became of the calls in which nothing was meant to go wrong. */
export type BesideNumbers = {
  readonly calls: number
  readonly sentFrames: number
  /** Frames of callers that the model was not given. */
  readonly lostFrames: number
  /** Samples of callers that the model was given otherwise than they were said. */
  readonly wrongSamples: number
  /** Milliseconds of replies that the model spoke and no caller was sent. */
  readonly unheardMs: number
  /** Milliseconds that callers were sent and that neither the model nor a fixed sentence had said to them. */
  readonly foreignMs: number
  readonly errors: readonly string[]
}

/** What must hold of them, whatever happens beside them. */
export function barsBeside(healthy: BesideNumbers): readonly (readonly [holds: boolean, sentence: string])[] {
  return [
    [healthy.lostFrames === 0, `${healthy.lostFrames} frames of healthy calls lost`],
    [healthy.wrongSamples === 0, `${healthy.wrongSamples} samples of healthy calls changed`],
    [healthy.unheardMs === 0, `${healthy.unheardMs} ms of replies in healthy calls lost`],
    [healthy.foreignMs === 0, `${healthy.foreignMs} ms heard in healthy calls that nobody said there`],
    [healthy.errors.length === 0, `healthy calls went wrong: ${healthy.errors.join(', ')}`],
  ]
}

type Outcome = Omit<BesideNumbers, 'calls' | 'unheardMs' | 'foreignMs'> & {
  /** What the caller was sent besides replies of the model: fixed sentences, the same in every call. */
  readonly fixedMs: number
}

/**
 * Callers who talk with the model beside whatever else happens, one call after another in each lane, and of whom every
 * sample is looked for: what they said in what the model was given, and what it replied in what they heard.
 */
export class CallsBeside {
  readonly #world: World
  readonly #clock: Clock
  readonly #options: BesideOptions
  readonly #outcomes: Outcome[] = []
  /** Calls of each lane so far. */
  readonly #placed: number[]
  #lanes: Promise<void>
  #isResting = false
  #rung = 0

  private constructor(world: World, options: BesideOptions) {
    this.#world = world
    this.#clock = world.clock
    this.#options = options
    this.#placed = Array.from({ length: options.lanes }, () => 0)
    this.#lanes = this.#talkInLanes()
  }

  /** Begins to ring; resolves when every lane has its first call. */
  static async start(world: World, options: BesideOptions): Promise<CallsBeside> {
    const calls = new CallsBeside(world, options)
    while (calls.#rung < options.lanes) await waitMs(world.clock, LOOK_EVERY_MS, AbortSignal.any([]))
    return calls
  }

  /** Model sessions opened for these calls, one each. */
  get rung(): number {
    return this.#rung
  }

  /** Lets the calls that run come to their end, and rings no other one. */
  async rest(): Promise<void> {
    this.#isResting = true
    await this.#lanes
  }

  /** Rings again after a rest. */
  goOn(): void {
    if (!this.#isResting) return
    this.#isResting = false
    this.#lanes = this.#talkInLanes()
  }

  /** Lets the calls that run come to their end and answers with what became of all. */
  async finish(): Promise<BesideNumbers> {
    await this.rest()
    const sum = (pick: (outcome: Outcome) => number): number =>
      this.#outcomes.reduce((total, one) => total + pick(one), 0)
    const usualMs = percentile(
      this.#outcomes.map(({ fixedMs }) => fixedMs),
      0.5,
    )
    return {
      calls: this.#outcomes.length,
      sentFrames: sum((one) => one.sentFrames),
      lostFrames: sum((one) => one.lostFrames),
      wrongSamples: sum((one) => one.wrongSamples),
      unheardMs: rounded(
        sum(({ fixedMs }) => Math.max(0, usualMs - fixedMs - FILTER_MS * this.#options.turns)),
        1,
      ),
      foreignMs: rounded(
        sum(({ fixedMs }) => Math.max(0, fixedMs - usualMs - FILTER_MS * this.#options.turns)),
        1,
      ),
      errors: [...new Set(this.#outcomes.flatMap(({ errors }) => errors))],
    }
  }

  async #talkInLanes(): Promise<void> {
    const { apartMs = 0 } = this.#options
    await Promise.all(
      this.#placed.map(async (_, lane) => {
        await waitMs(this.#clock, lane * apartMs, AbortSignal.any([]))
        await this.#talk(lane)
      }),
    )
  }

  async #talk(lane: number): Promise<void> {
    const { seed, firstCaller, turns } = this.#options
    while (!this.#isResting) {
      const call = this.#placed[lane] ?? 0
      this.#placed[lane] = call + 1
      const ring = await this.#world.ring(scenarioOf({ seed: seed + call, from: firstCaller + lane, turns }))
      const candidates = await this.#sessionsSince(this.#clock.nowMs() - LOOK_EVERY_MS, ring)
      this.#rung++
      const { summary } = await ring.ended
      this.#outcomes.push(outcomeOf(summary, candidates))
    }
  }

  /**
   * The sessions of which one is the call's. The world forgets them after a while, and cannot always tell whose they
   * are: a caller without a number is nobody to it.
   */
  async #sessionsSince(sinceMs: number, ring: Ring): Promise<readonly SessionRecord[]> {
    const found = new Set<SessionRecord>()
    const untilMs = sinceMs + SESSION_WITHIN_MS
    while (ring.call.isLive() && this.#clock.nowMs() < untilMs) {
      for (const session of this.#world.openai.sessions) if (session.openedAtMs >= sinceMs) found.add(session)
      await waitMs(this.#clock, LOOK_EVERY_MS, ring.call.signal)
    }
    // What the world takes for the call's own comes first, and mostly nothing else is looked at.
    const own = ring.sessions()
    return [...own, ...[...found].filter((session) => !own.includes(session))]
  }
}

/** How many callers talk, and how long each call is. */
export type BesideOptions = {
  readonly lanes: number
  readonly seed: number
  /** Number of the first caller, without its plus; the others follow. */
  readonly firstCaller: number
  /** Turns of the caller in one call, each of some three seconds; of a call with none only the caller's part counts. */
  readonly turns: number
  /** How long after each other the lanes begin; at once where it is not said. */
  readonly apartMs?: number
}

function scenarioOf(call: {
  readonly seed: number
  readonly from: number
  readonly turns: number
}): Scenario {
  const turn = [
    { do: 'noise', ms: 500, dbfs: -20 },
    { do: 'waitForReply', ms: 200 },
    { do: 'waitForQuiet', ms: 700 },
  ] as const
  const turns = Array.from({ length: call.turns }, () => turn).flat()
  const opening = [
    { do: 'waitForReply', ms: 500 },
    { do: 'waitForQuiet', ms: 700 },
  ] as const
  const only = [
    { do: 'noise', ms: 800, dbfs: -20 },
    { do: 'pause', ms: 200 },
  ] as const
  return scenarioFrom({
    name: 'drill-beside',
    about: 'A caller talks, listens, and hangs up when all is said.',
    seed: call.seed,
    call: { from: `+${call.from}` },
    caller: {
      steps: [...(call.turns === 0 ? only : opening), ...turns, { do: 'hangUp' }],
    },
    model: {
      hears: [],
      replies: Array.from({ length: call.turns }, () => ({ say: 'Yes, that is so.', audioMs: REPLY_MS })),
    },
  })
}

type Heard = { readonly session: SessionRecord; readonly heard: Int16Array; readonly lag: number }

function sessionThatHeard(said: Int16Array, candidates: readonly SessionRecord[]): Heard | undefined {
  for (const session of candidates) {
    if (session.appendedMs === 0) continue
    const heard = session.appendedPcm24k()
    const lag = uplinkLag(said, heard)
    if (lag !== undefined) return { session, heard, lag }
  }
  return undefined
}

function outcomeOf(summary: CallSummary, candidates: readonly SessionRecord[]): Outcome {
  const sentFrames = summary.streams.reduce((frames, stream) => frames + stream.sentFrames, 0)
  // A stream lives until the caller hangs up, so what it carried is the end of what was said.
  const said = decodeMulaw(summary.saidUlaw.slice(-sentFrames * FRAME_SAMPLES))
  const { session, lag = 0, heard = new Int16Array() } = sessionThatHeard(said, candidates) ?? {}
  const repliedMs = session?.responses.reduce((sum, { audioMs }) => sum + audioMs, 0) ?? 0
  const receivedBytes = summary.streams.reduce((sum, stream) => sum + stream.receivedBytes, 0)
  const refused = session?.refused.map(({ message }) => `refused: ${message}`) ?? [
    'no session heard a caller',
  ]
  const streams = summary.streams.length === 1 ? [] : [`${summary.streams.length} streams`]
  const ended = summary.endedBy === 'caller' ? [] : [`ended by ${summary.endedBy}`]
  return {
    sentFrames,
    lostFrames: Math.max(0, sentFrames - Math.ceil(heard.length / (3 * FRAME_SAMPLES))),
    wrongSamples: wrongSamples(said, { heard, lag }),
    fixedMs: receivedBytes / BYTES_PER_MS - repliedMs,
    errors: [...summary.errors, ...refused, ...streams, ...ended],
  }
}
