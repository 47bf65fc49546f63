import { createHistogram } from 'node:perf_hooks'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { type Random, seededRandom } from '../caller/random.ts'
import type { SessionRecord } from '../openai/session-record.ts'
import { type Scenario, scenarioFrom } from '../scenario.ts'
import type { Ring, World } from '../world.ts'
import type { WorldEntry } from '../world-entry.ts'
import { type DrillGround, type DrillNumber, rounded } from './drill.ts'
import { type FuzzedFrame, fuzzedRealtime, realtimeCourses, TICK_MS } from './fuzzed-realtime.ts'
import { addTo, sortedCounts } from './fuzz-run.ts'
import { pick } from './odd-values.ts'
import { RealtimeScene } from './realtime-scene.ts'
import { callRecord } from './simulated-call.ts'
import { ToolOracle } from './tool-oracle.ts'
import { pass } from './until.ts'

/** A call that has been sent so much, or has lasted so long, is hung up. */
const MOST_EVENTS_A_CALL = [1_500, 1_500, 1_500, 6_000]
const MOST_CALL_MS = 15_000
/** What a server writes down of a call is written so soon after it. */
const RECORD_MS = 4_000
/**
 * Sessions that one call may open: the first, and one for each of twelve losses, after which the model is given up. None
 * of these calls lasts so long that a session would have to be rotated.
 */
const MOST_SESSIONS_A_CALL = 13
const MOST_PROBLEMS = 50
/** A turn that takes longer counts as one of so many microseconds. */
const MOST_TURN_MICROS = 60_000_000

/** One call whose model goes wrong. */
type Victim = {
  readonly ring: Ring
  readonly random: Random
  /** How the model goes wrong, mostly. */
  readonly course: string
  /** Numbers of its sessions. */
  readonly seen: Set<number>
}

/** One session that is being fuzzed. */
type Target = {
  readonly record: SessionRecord
  readonly scene: RealtimeScene
  readonly oracle: ToolOracle
  readonly frames: Iterator<readonly FuzzedFrame[], undefined>
}

/** Rings, sends the sessions of the calls whatever could come of a model gone wrong, and judges what became of each. */
export class RealtimeFuzzer implements Disposable {
  readonly #ground: DrillGround
  readonly #world: World
  readonly #clock: Clock
  readonly #seed: number
  readonly #targets = new Map<number, Target>()
  readonly #watching: Disposable
  #calls = 0
  #events = 0
  #sessions = 0
  #mostSessions = 0
  /** A session as one was agreed: what is said of the next one may be said before it is asked. */
  #session: unknown
  /**
   * Microseconds of real time that the server took for what one session was sent at once. Each by itself would be kept
   * in a list that grows with the drill, which weighs what grows.
   */
  readonly #turnMicros = createHistogram({ highest: MOST_TURN_MICROS, figures: 3 })
  #turnsMs = 0
  readonly #written = new Map<string, number>()
  readonly #endings = new Map<string, number>()
  readonly problems: string[] = []

  constructor(ground: DrillGround, seed: number) {
    this.#ground = ground
    this.#world = ground.world
    this.#clock = ground.world.clock
    this.#seed = seed
    this.#watching = ground.world.watch((entry) => this.#read(entry))
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]()
  }

  /** Sessions that are kept an eye on: none while no call is under way. */
  watched(): number {
    return this.#targets.size
  }

  /** What was done, and how it ended. */
  numbers(): Readonly<Record<string, DrillNumber>> {
    return {
      calls: this.#calls,
      sessions: this.#sessions,
      mostSessionsOfACall: this.#mostSessions,
      events: this.#events,
      written: sortedCounts(this.#written),
      endings: sortedCounts(this.#endings),
      problems: this.problems,
      microsAnEvent: rounded((this.#turnsMs * 1_000) / this.#events, 1),
      turnMs: {
        p50: rounded(this.#turnMicros.percentile(50) / 1_000, 2),
        p99: rounded(this.#turnMicros.percentile(99) / 1_000, 2),
        max: rounded(this.#turnMicros.max / 1_000, 1),
      },
    }
  }

  /** One call after another from a number, until so many events have been sent in all. */
  async fuzz(from: string, untilEvents: number): Promise<void> {
    while (this.#events < untilEvents) await this.#call(from, this.#calls++)
  }

  /** The first call of a number, in which the world learns who it is. */
  async introduce(from: string): Promise<void> {
    const ring = await this.#world.ring(scenarioOf(from, { updateMs: 0, talks: false }))
    await pass(this.#clock, 1_000)
    ring.call.hangUp()
    await ring.ended
  }

  async #call(from: string, number: number): Promise<void> {
    const random = seededRandom(this.#seed * 1_000_003 + number)
    const ring = await this.#world.ring(
      scenarioOf(from, { updateMs: pick(random, [0, 0, 400]), talks: random.whole(4) > 0 }),
    )
    const seen = new Set<number>()
    await this.#send({ ring, random, seen, course: pick(random, realtimeCourses) })
    ring.call.hangUp()
    const { summary } = await ring.ended
    await pass(this.#clock, RECORD_MS)
    for (const { connection } of ring.sessions()) seen.add(connection.sessionNumber)
    const problems = [...(await this.#judge(ring, seen)), ...summary.errors]
    for (const session of seen) {
      problems.push(...(this.#targets.get(session)?.oracle.problems ?? []))
      this.#targets.delete(session)
    }
    for (const session of ring.sessions()) session.dropAudio()
    this.#sessions += seen.size
    this.#mostSessions = Math.max(this.#mostSessions, seen.size)
    const room = MOST_PROBLEMS - this.problems.length
    this.problems.push(...problems.slice(0, room).map((problem) => `call ${number}: ${problem}`))
  }

  /** Sends the call's newest session one tick after another. */
  async #send(victim: Victim): Promise<void> {
    const { ring, seen } = victim
    const untilMs = this.#clock.nowMs() + MOST_CALL_MS
    const mostEvents = pick(victim.random, MOST_EVENTS_A_CALL)
    let sent = 0
    while (ring.call.isLive() && this.#clock.nowMs() < untilMs && sent < mostEvents) {
      const record = ring.sessions().at(-1)
      if (record && record.end === undefined) {
        const target = this.#target(record, victim)
        seen.add(record.connection.sessionNumber)
        const next = target.frames.next()
        if (next.done !== true) sent += await this.#inject(target, next.value)
      }
      await pass(this.#clock, TICK_MS)
    }
  }

  #target(record: SessionRecord, { random, course }: Victim): Target {
    const { sessionNumber } = record.connection
    const known = this.#targets.get(sessionNumber)
    if (known) return known
    const scene = new RealtimeScene(random)
    scene.session = this.#session
    // Another session of a call goes wrong in another way, or in the same.
    const name = random.whole(2) === 0 ? course : pick(random, realtimeCourses)
    const frames = fuzzedRealtime(name, { scene, random })
    const target = { record, scene, oracle: new ToolOracle(), frames }
    this.#targets.set(sessionNumber, target)
    return target
  }

  async #inject(target: Target, frames: readonly FuzzedFrame[]): Promise<number> {
    const startedMs = systemClock.nowMs()
    const isLive = this.#world.openai.inject(
      target.record.connection.sessionNumber,
      frames.map(({ frame }) => frame),
    )
    if (!isLive) return 0
    for (const { frame, how } of frames) {
      addTo(this.#written, how)
      if (frame.kind === 'text') target.oracle.sent(frame.data)
    }
    this.#events += frames.length
    // What was sent is read when this turn is over.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    const turnMs = systemClock.nowMs() - startedMs
    this.#turnsMs += turnMs
    this.#turnMicros.record(Math.min(MOST_TURN_MICROS, Math.max(1, Math.round(turnMs * 1_000))))
    return frames.length
  }

  async #judge(ring: Ring, seen: ReadonlySet<number>): Promise<string[]> {
    const found = await this.#ground.record(ring.call.sid)
    const record = callRecord.safeParse(found).data
    if (!record) return ['there is no record']
    const { ending = 'none', endedAtMs, status } = record.call
    addTo(this.#endings, ending)
    const open = [...record.streams, ...record.sessions].filter((part) => part.endedAtMs === undefined)
    const inOrder = record.turns.every(({ seq }, index) => seq === index)
    return [
      ...(ending === 'none' || endedAtMs === undefined ? ['the record has no end'] : []),
      ...(ending === 'failed' ? ['the call counts as failed'] : []),
      ...(status === 'completed' ? [] : [`the record ends as ${status}`]),
      ...(open.length === 0 ? [] : [`${open.length} streams or sessions have no end in the record`]),
      ...(inOrder ? [] : ['turns are missing in the record']),
      ...(seen.size <= MOST_SESSIONS_A_CALL ? [] : [`${seen.size} sessions were opened`]),
    ]
  }

  #read({ side, entry }: WorldEntry): void {
    if (side !== 'openai') return
    // All callers are strangers: each of their sessions is the same.
    if (entry.kind === 'server' && entry.type === 'session.updated') this.#session = sessionIn(entry.event)
    const target = this.#targets.get(entry.sessionNumber)
    if (!target) return
    if (entry.kind === 'server') target.scene.read(entry.event)
    if (entry.kind === 'client' && entry.type !== 'input_audio_buffer.append') {
      target.scene.readClient(entry.event)
      target.oracle.answered(entry.event)
    }
  }
}

function sessionIn(event: unknown): unknown {
  return typeof event === 'object' && event !== null ? Reflect.get(event, 'session') : undefined
}

/** A caller who talks on and on or says nothing, and a model that would answer. */
function scenarioOf(
  from: string,
  { updateMs, talks }: { readonly updateMs: number; readonly talks: boolean },
): Scenario {
  const turn = [
    talks ? ({ do: 'noise', ms: 600, dbfs: -20 } as const) : ({ do: 'pause', ms: 600 } as const),
    { do: 'pause', ms: 1_200 },
  ] as const
  return scenarioFrom({
    name: 'drill-fuzzed-model',
    about: 'A caller talks, and the model has gone wrong.',
    seed: 1,
    call: { from },
    caller: { steps: [...Array.from({ length: 20 }, () => turn).flat(), { do: 'hangUp' }] },
    model: {
      updateMs,
      hears: [],
      replies: Array.from({ length: 20 }, () => ({ say: 'That is so.', audioMs: 800 })),
    },
  })
}
