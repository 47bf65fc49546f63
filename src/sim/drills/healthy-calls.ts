import { z } from 'zod'
import type { SessionRecord } from '../openai/session-record.ts'
import { type Scenario, scenarioFrom } from '../scenario.ts'
import type { Ring, World } from '../world.ts'
import type { WorldEntry } from '../world-entry.ts'
import { DownlinkLateness, type Felt, UplinkLateness, worstLateMs } from './lateness.ts'
import type { Stall } from './stall-meter.ts'
import type { Standstill } from './standstill.ts'

/** Numbers of the callers who have nothing to fear, one each. */
const FIRST_CALLER = 14_155_550_110
/** A turn takes four seconds: they talk for a minute and a half, and ring again. */
const TURNS = 20
const REPLY_MS = 1_500

const audioOf = z.object({ bytes: z.number() })
const appended = z.object({ audio: audioOf })
const emitted = z.object({ delta: audioOf })

/** One call of a healthy caller. */
type Talk = {
  readonly ring: Ring
  readonly down: DownlinkLateness
  readonly sessions: Map<number, { readonly record: SessionRecord; readonly up: UplinkLateness }>
}

/** Callers to whom nothing happens, who talk and ring again and again, and how late their audio is. */
export class HealthyCalls implements AsyncDisposable {
  readonly #world: World
  readonly #talks: Talk[] = []
  readonly #bySession = new Map<number, Talk | undefined>()
  readonly #troubles: string[] = []
  readonly #watch: Disposable
  #callers: readonly Promise<void>[] = []
  #over = false

  private constructor(world: World) {
    this.#world = world
    this.#watch = world.watch((seen) => this.#note(seen))
  }

  /** Lets so many callers ring, one after another; they talk until this is disposed of. */
  static async start(
    world: World,
    options: { readonly count: number; readonly seed: number },
  ): Promise<HealthyCalls> {
    const calls = new HealthyCalls(world)
    for (let index = 0; index < options.count; index++) {
      const scenario = scenarioOf(index, options.seed)
      const talk = await calls.#ring(scenario)
      calls.#callers = [...calls.#callers, calls.#talkOn(talk, scenario)]
    }
    return calls
  }

  /** How late audio was at worst in a stretch of time, both ways, but for what is excused. */
  felt(stretch: Stall, excused?: Standstill): Felt {
    const up = this.#talks
      .flatMap(({ sessions }) => [...sessions.values()])
      .flatMap((session) => session.up.within(stretch))
    const down = this.#talks.flatMap((talk) => talk.down.within(stretch))
    return { up: worstLateMs(up, excused), down: worstLateMs(down, excused) }
  }

  /** What has gone wrong in these calls so far, though nothing should. */
  troubles(): readonly string[] {
    const refused = this.#talks
      .flatMap(({ sessions }) => [...sessions.values()])
      .flatMap(({ record }) => record.refused)
      // What the model wanted of itself and could not do is no event of ours.
      .filter(({ causeType }) => causeType !== '')
      .map(({ causeType, code }) => `${causeType} refused (${code})`)
    const lost = this.#talks.filter(({ sessions }) => sessions.size > 1).map(() => 'a session lost')
    return [...this.#troubles, ...refused, ...lost]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true
    this.#watch[Symbol.dispose]()
    for (const { ring } of this.#talks) ring.call.hangUp()
    await Promise.all(this.#callers)
  }

  async #ring(scenario: Scenario): Promise<Talk> {
    const ring = await this.#world.ring(scenario)
    const talk = { ring, down: new DownlinkLateness(), sessions: new Map() }
    this.#talks.push(talk)
    return talk
  }

  async #talkOn(first: Talk, scenario: Scenario): Promise<void> {
    for (let talk = first; ; talk = await this.#ring(scenario)) {
      if (this.#over) talk.ring.call.hangUp()
      const { summary } = await talk.ring.ended
      if (this.#over) return
      if (summary.errors.length > 0 || summary.endedBy !== 'caller') {
        this.#troubles.push(`ended by ${summary.endedBy} (${summary.errors[0] ?? 'no error'})`)
      }
    }
  }

  #note({ side, entry }: WorldEntry): void {
    if (side === 'twilio') {
      if (entry.kind !== 'stream' || entry.event !== 'media' || entry.direction !== 'in') return
      const talk = this.#talks.findLast(({ ring }) => ring.call.sid === entry.callSid)
      talk?.down.arrive(entry.atMs, entry.bytes ?? 0)
      return
    }
    if (entry.kind === 'client' && entry.type === 'input_audio_buffer.append') {
      const { data } = appended.safeParse(entry.event)
      const session = this.#talkOf(entry.sessionNumber)?.sessions.get(entry.sessionNumber)
      if (data) session?.up.append(entry.atMs, data.audio.bytes)
    }
    if (entry.kind === 'server' && entry.type === 'response.output_audio.delta') {
      const { data } = emitted.safeParse(entry.event)
      if (data) this.#talkOf(entry.sessionNumber)?.down.emit(entry.atMs, data.delta.bytes)
    }
  }

  #talkOf(number: number): Talk | undefined {
    if (!this.#bySession.has(number)) {
      const recordOf = ({ ring }: Talk): SessionRecord | undefined =>
        ring.sessions().find(({ connection }) => connection.sessionNumber === number)
      const talk = this.#talks.findLast(recordOf)
      const record = talk && recordOf(talk)
      if (record) talk.sessions.set(number, { record, up: new UplinkLateness() })
      this.#bySession.set(number, talk)
    }
    return this.#bySession.get(number)
  }
}

function scenarioOf(index: number, seed: number): Scenario {
  const turn = [
    { do: 'noise', ms: 400, dbfs: -20 },
    { do: 'waitForReply', ms: 300 },
    // Longer than a pause that a busy machine makes in a reply: nobody is to be interrupted.
    { do: 'waitForQuiet', ms: 1_500 },
  ] as const
  return scenarioFrom({
    name: 'drill-healthy',
    about: 'A caller talks and talks, and everything is well.',
    seed: seed + index,
    call: { from: `+${FIRST_CALLER + index}` },
    caller: {
      steps: [
        { do: 'waitForReply', ms: 500 },
        { do: 'waitForQuiet', ms: 700 },
        // Not all at the same time for ever: nobody rings again while all others do.
        ...Array.from({ length: TURNS - index }, () => turn).flat(),
        { do: 'hangUp' },
      ],
    },
    model: {
      hears: [],
      replies: Array.from({ length: TURNS }, () => ({ say: 'Yes, that is so.', audioMs: REPLY_MS })),
    },
  })
}
