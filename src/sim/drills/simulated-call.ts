import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { FrameFate } from '../caller/network.ts'
import type { Struck } from '../fault-log.ts'
import type { FakeOpenAiLogEntry } from '../openai/run-log.ts'
import type { SessionRecord } from '../openai/session-record.ts'
import type { CallSummary } from '../twilio/call-summary.ts'
import type { TwilioLogEntry } from '../twilio/event-log.ts'
import type { Ring, World } from '../world.ts'

const time = z.number()
const ended = { startedAtMs: time, endedAtMs: time.optional(), endReason: z.string().optional() }

/** What is judged of a call's record; times are Unix milliseconds. */
export const callRecord = z.object({
  call: z.object({
    status: z.string(),
    startedAtMs: time,
    endedAtMs: time.optional(),
    ending: z.string().optional(),
    durationSeconds: z.number().optional(),
  }),
  streams: z.array(z.object({ streamSid: z.string(), framesIn: z.number().optional(), ...ended })),
  sessions: z.array(z.object({ sessionKey: z.string(), ...ended })),
  turns: z.array(
    z.object({
      seq: z.number(),
      speaker: z.enum(['caller', 'agent']),
      text: z.string(),
      source: z.string(),
      startedAtMs: time,
      interrupted: z.boolean(),
      heardMs: z.number().optional(),
    }),
  ),
})

/** Everything that is known of a simulated call once it is over. */
export type SimulatedCall = {
  readonly summary: CallSummary
  readonly sessions: readonly SessionRecord[]
  readonly faults: readonly Struck[]
  /** Undefined when there is none, or one that lacks what a record has. */
  readonly record: z.output<typeof callRecord> | undefined
  /** What a record's times are ahead of the clock. */
  readonly wallAheadMs: number
  readonly twilio: readonly TwilioLogEntry[]
  /** Of all its sessions, in order of time. */
  readonly openai: readonly FakeOpenAiLogEntry[]
  /** What the network did to each frame that the caller said, from the answer on. */
  readonly fates: readonly FrameFate[]
  /** What is sent may be under way so long from the caller to the model, and back. */
  readonly uplinkMs: number
  readonly downlinkMs: number
  /** The same there and back on either leg alone. */
  readonly mediaRoundMs: number
  readonly modelRoundMs: number
  /** The model works on an update for so long, and on nothing that comes behind it. */
  readonly updateMs: number
}

/** Fields that tell of other calls, of chance, or of the hour, and not of what happened. */
const VOLATILE: ReadonlySet<string> = new Set([
  'sessionNumber',
  'connection',
  'tookMs',
  'url',
  'path',
  'expires_at',
])

/**
 * What happened in a call, in one number: the same for the same seed, whatever other calls there were.
 * @param startMs clock time from which times are counted
 */
export function eventHash({ twilio, openai, record }: SimulatedCall, startMs: number): string {
  const hash = createHash('sha256')
  // When a webhook was answered also depends on what else was being written at that moment.
  const timed = twilio.filter(({ kind }) => kind !== 'webhook')
  for (const entry of [...timed, ...openai]) hash.update(lineOf(entry, entry.atMs - startMs))
  for (const { startedAtMs: _, ...turn } of record?.turns ?? []) hash.update(JSON.stringify(turn))
  return hash.digest('hex').slice(0, 16)
}

function lineOf(entry: object, atMs: number): string {
  return JSON.stringify({ ...entry, atMs }, (name, value: unknown) =>
    VOLATILE.has(name) ? undefined : value,
  )
}

/** Keeps what happens in calls that are under way, by call; nothing is kept once a call is taken out. */
export class CallWatch implements Disposable {
  readonly #twilio = new Map<string, TwilioLogEntry[]>()
  readonly #openai = new Map<number, FakeOpenAiLogEntry[]>()
  readonly #fates = new Map<string, FrameFate[]>()
  readonly #watching: Disposable

  constructor(world: World) {
    this.#watching = world.watch(({ side, entry }) => {
      if (side === 'openai') {
        if (entry.kind === 'opened') this.#openai.set(entry.sessionNumber, [])
        // Fifty times a second, and what is in them is kept by the session.
        if (entry.kind === 'client' && entry.type === 'input_audio_buffer.append') return
        this.#openai.get(entry.sessionNumber)?.push(entry)
        return
      }
      const callSid =
        entry.kind === 'rest' ? callOf(entry.path) : 'callSid' in entry ? entry.callSid : undefined
      if (callSid !== undefined) this.#twilio.get(callSid)?.push(entry)
    })
  }

  /** From now on everything in a call is kept, and from the answer on what the network does to its frames. */
  follow({ call }: Ring): void {
    const fates: FrameFate[] = []
    this.#twilio.set(call.sid, [])
    this.#fates.set(call.sid, fates)
    call.line.tapSaid((_said, fate) => fates.push(fate))
  }

  /** Takes out what was kept of a call that is over. */
  take(
    { call }: Ring,
    sessions: readonly SessionRecord[],
  ): Pick<SimulatedCall, 'twilio' | 'openai' | 'fates'> {
    const numbers = sessions.map(({ connection }) => connection.sessionNumber)
    const taken = {
      twilio: this.#twilio.get(call.sid) ?? [],
      openai: numbers
        .flatMap((number) => this.#openai.get(number) ?? [])
        .toSorted((one, other) => one.atMs - other.atMs),
      fates: this.#fates.get(call.sid) ?? [],
    }
    this.#twilio.delete(call.sid)
    this.#fates.delete(call.sid)
    for (const number of numbers) this.#openai.delete(number)
    return taken
  }

  /** Forgets sessions that are over, and were opened when their call had been taken out already. */
  sweep(): void {
    for (const [number, entries] of this.#openai) {
      if (entries.at(-1)?.kind === 'closed') this.#openai.delete(number)
    }
  }

  /** Entries kept at present: none while no call is under way. */
  size(): number {
    return this.#twilio.size + this.#openai.size + this.#fates.size
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]()
  }
}

/** The sid in the path of a REST request. */
function callOf(path: string): string | undefined {
  return /\/Calls\/(CA[0-9a-f]{32})/.exec(path)?.[1]
}
