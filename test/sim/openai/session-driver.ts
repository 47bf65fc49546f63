import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { RawFrame } from '../../../src/sim/openai/garbage.ts'
import { knownModels } from '../../../src/sim/openai/models.ts'
import type { ModelScript } from '../../../src/sim/openai/model-script.ts'
import { ScriptCursor } from '../../../src/sim/openai/script-cursor.ts'
import type { ServerEvent } from '../../../src/sim/openai/server-events.ts'
import type { HangUp } from '../../../src/sim/openai/session-context.ts'
import { SessionRecord } from '../../../src/sim/openai/session-record.ts'
import { RealtimeSession } from '../../../src/sim/openai/session.ts'
import { toneSpeech } from '../../../src/sim/openai/tone-speech.ts'
import { Voice } from '../../../src/sim/openai/voice.ts'

/** An event of one type. */
export type EventOf<Type extends ServerEvent['type']> = Extract<ServerEvent, { type: Type }>

const voice = new Voice(() => undefined, toneSpeech('test'))

/** A session without a socket, on a clock that stands still until told. */
export class SessionDriver {
  readonly clock = new VirtualClock()
  readonly events: ServerEvent[] = []
  readonly record: SessionRecord
  readonly session: RealtimeSession
  readonly cursor: ScriptCursor
  readonly hangUps: HangUp[] = []
  readonly raw: RawFrame[] = []
  /** Clock time, kind and sort of what went wrong on purpose. */
  readonly faults: [number, string, string | undefined][] = []
  unread = 0
  deaf = false
  #read = 0

  constructor(
    script: Partial<ModelScript> = {},
    options: {
      model?: string
      cursor?: ScriptCursor
      sessionOfCaller?: number
      maxMs?: number
      type?: 'transcription'
      seed?: string
    } = {},
  ) {
    const model = knownModels.find((one) => one.id === (options.model ?? 'gpt-realtime-2.1'))
    if (!model?.realtime) throw new Error(`Cannot open a session: no realtime model ${options.model}`)
    this.record = new SessionRecord({ sessionNumber: 1, model: model.id }, 0)
    this.cursor = options.cursor ?? new ScriptCursor({ hears: [], replies: [], extras: 'always', ...script })
    this.session = new RealtimeSession({
      clock: this.clock,
      seed: options.seed ?? 'test',
      model: { ...model, realtime: model.realtime },
      type: options.type ?? 'realtime',
      cursor: this.cursor,
      sessionOfCaller: options.sessionOfCaller ?? 1,
      voice,
      pace: { factor: 8, createdLagMs: 15, thinkMs: 250 },
      maxMs: options.maxMs ?? 3_600_000,
      record: this.record,
      emit: (event) => this.events.push(event),
      emitRaw: (frames) => this.raw.push(...frames),
      unreadBytes: () => this.unread,
      goDeaf: () => void (this.deaf = true),
      onFault: (fault, detail) => this.faults.push([this.clock.nowMs(), fault, detail]),
      hangUp: (how) => this.hangUps.push(how),
    })
    this.session.start()
  }

  /** Sends an event of the right shape. */
  send(event: RealtimeClientEvent): this {
    return this.sendRaw(event)
  }

  /** Sends anything, as JSON. */
  sendRaw(event: unknown): this {
    this.session.receive(JSON.stringify(event))
    return this
  }

  /** Appends a loud tone of the given length as PCM at 24 kHz. */
  speak(durationMs: number): this {
    return this.append(tone(durationMs))
  }

  /** Appends silence of the given length as PCM at 24 kHz. */
  silence(durationMs: number): this {
    return this.append(new Uint8Array(durationMs * 48))
  }

  append(bytes: Uint8Array): this {
    return this.send({ type: 'input_audio_buffer.append', audio: Buffer.from(bytes).toString('base64') })
  }

  /** Lets time pass. */
  wait(durationMs: number): this {
    this.clock.advance(durationMs)
    return this
  }

  /** The events since the last call of take(). */
  take(): ServerEvent[] {
    const news = this.events.slice(this.#read)
    this.#read = this.events.length
    return news
  }

  /** Their types, with repetitions of the same type folded into one. */
  takeTypes(): string[] {
    return fold(this.take().map((event) => event.type))
  }

  all<Type extends ServerEvent['type']>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type)
  }

  last<Type extends ServerEvent['type']>(type: Type): EventOf<Type> {
    const found = this.all(type).at(-1)
    if (!found) throw new Error(`No ${type} among ${this.events.map((event) => event.type).join(', ')}`)
    return found
  }

  /** The code and param of the last error event. */
  lastError(): { code: string | null | undefined; param: string | null | undefined } {
    const { code, param } = this.last('error').error
    return { code, param }
  }
}

/** A 200 Hz tone at −9 dBFS as PCM16 at 24 kHz. */
export function tone(durationMs: number): Uint8Array {
  const bytes = new Uint8Array(durationMs * 48)
  const view = new DataView(bytes.buffer)
  for (let index = 0; index < durationMs * 24; index++) {
    view.setInt16(index * 2, Math.round(16_000 * Math.sin((2 * Math.PI * 200 * index) / 24_000)), true)
  }
  return bytes
}

/** Folds neighbours of the same type into one. */
export function fold(types: readonly string[]): string[] {
  return types.filter((type, index) => type !== types[index - 1])
}
