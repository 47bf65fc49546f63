import { z } from 'zod'
import type { SessionRecord } from '../openai/session-record.ts'
import { type Scenario, scenarioFrom } from '../scenario.ts'
import type { Ring, World } from '../world.ts'
import type { WorldEntry } from '../world-entry.ts'
import { DownlinkLateness, type Felt, type Lateness, lateMsOf, UplinkLateness } from './lateness.ts'
import type { Stall, StallMeter } from './stall-meter.ts'

/** Numbers of the callers who have nothing to fear, one each. */
const FIRST_CALLER = 4_155_550_110
/** A turn takes a good three seconds, so that they talk for half an hour. */
const TURNS = 320
const REPLY_MS = 1_500

const audioOf = z.object({ bytes: z.number() })
const appended = z.object({ audio: audioOf })
const emitted = z.object({ delta: audioOf })

type Talk = {
  readonly ring: Ring
  readonly sessions: SessionRecord[]
  readonly up: UplinkLateness
  readonly down: DownlinkLateness
}

/** Calls in which nothing goes wrong, and how late their audio is. */
export class HealthyCalls implements AsyncDisposable {
  readonly #talks: Talk[] = []
  readonly #bySession = new Map<number, Talk | undefined>()
  readonly #watch: Disposable

  private constructor(world: World) {
    this.#watch = world.watch((seen) => this.#note(seen))
  }

  /** Rings so many times, one after another; each caller then talks until this is disposed of. */
  static async start(
    world: World,
    options: { readonly count: number; readonly seed: number },
  ): Promise<HealthyCalls> {
    const calls = new HealthyCalls(world)
    for (let index = 0; index < options.count; index++) {
      const ring = await world.ring(scenarioOf(index, options.seed))
      calls.#talks.push({ ring, sessions: [], up: new UplinkLateness(), down: new DownlinkLateness() })
    }
    return calls
  }

  /** How late audio was in some stretches of time, both ways. */
  felt(stretches: readonly Stall[], stalls: StallMeter | undefined): Felt {
    const found = (way: 'up' | 'down'): Lateness[] =>
      this.#talks.flatMap((talk) => stretches.flatMap((stretch) => talk[way].within(stretch)))
    return { up: lateMsOf(found('up'), stalls), down: lateMsOf(found('down'), stalls) }
  }

  /** Calls that are over although nobody wanted that, and events that the model refused. */
  troubles(): { readonly over: number; readonly refused: number } {
    return {
      over: this.#talks.filter(({ ring }) => !ring.call.isLive()).length,
      refused: this.#talks
        .flatMap(({ sessions }) => sessions)
        .reduce((sum, session) => sum + session.refused.length, 0),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]()
    for (const { ring } of this.#talks) ring.call.hangUp()
    await Promise.all(this.#talks.map(({ ring }) => ring.ended))
  }

  #note({ side, entry }: WorldEntry): void {
    if (side === 'twilio') {
      if (entry.kind !== 'stream' || entry.event !== 'media' || entry.direction !== 'in') return
      const talk = this.#talks.find(({ ring }) => ring.call.sid === entry.callSid)
      talk?.down.arrive(entry.atMs, entry.bytes ?? 0)
      return
    }
    if (entry.kind === 'client' && entry.type === 'input_audio_buffer.append') {
      const { data } = appended.safeParse(entry.event)
      if (data) this.#talkOf(entry.sessionNumber)?.up.append(entry.atMs, data.audio.bytes)
    }
    if (entry.kind === 'server' && entry.type === 'response.output_audio.delta') {
      const { data } = emitted.safeParse(entry.event)
      if (data) this.#talkOf(entry.sessionNumber)?.down.emit(entry.atMs, data.delta.bytes)
    }
  }

  #talkOf(sessionNumber: number): Talk | undefined {
    if (!this.#bySession.has(sessionNumber)) {
      const sessionOf = ({ ring }: Talk): SessionRecord | undefined =>
        ring.sessions().find(({ connection }) => connection.sessionNumber === sessionNumber)
      const talk = this.#talks.find(sessionOf)
      const session = talk && sessionOf(talk)
      if (session) talk.sessions.push(session)
      this.#bySession.set(sessionNumber, talk)
    }
    return this.#bySession.get(sessionNumber)
  }
}

function scenarioOf(index: number, seed: number): Scenario {
  const turn = [
    { do: 'noise', ms: 400, dbfs: -20 },
    { do: 'waitForReply', ms: 300 },
    { do: 'waitForQuiet', ms: 700 },
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
        ...Array.from({ length: TURNS }, () => turn).flat(),
      ],
    },
    model: {
      hears: [],
      replies: Array.from({ length: TURNS }, () => ({ say: 'Yes, that is so.', audioMs: REPLY_MS })),
    },
  })
}
