import { type AudioFormat, bytesPerMs, encodeAudio } from './audio-format.ts'
import { type AudioPlace, garbageFrame, unknownPlace } from './garbage.ts'
import type { MomentaryFault } from './model-fault.ts'
import type { OutputItem } from './output-item.ts'
import { refusal } from './refusal.ts'
import type { SessionContext } from './session-context.ts'
import { wireBytes } from '../wire-forms.ts'

type Fault<Kind extends MomentaryFault['kind']> = Extract<MomentaryFault, { kind: Kind }>

/** The largest message that a client of ours takes. */
const CLIENT_MOST_BYTES = 1_048_576
/** No client event brought it about. */
const BY_ITSELF = { eventId: null, type: '' }
/** Length of a flood, unless the script says otherwise. */
const FLOOD_EVENTS = 20_000
/** Events of a flood that go out at once; others have their turn in between. */
const FLOOD_SLICE = 250
/** So much may lie unread before a flood waits. */
const FLOOD_UNREAD_BYTES = 1_048_576
const FLOOD_WAIT_MS = 5
const FLOOD_AUDIO_MS = 20
/** Everything in the message of an audio delta that is not audio. */
const DELTA_OVERHEAD_BYTES = 210

/** What goes wrong in one session on purpose, and when. */
export class SessionFaults {
  readonly #context: SessionContext
  readonly #openAudio: () => OutputItem | undefined
  /** Those that wait for a reply to come so far. */
  #waiting: MomentaryFault[] = []

  /** @param openAudio the spoken output that is being sent, if there is one */
  constructor(context: SessionContext, openAudio: () => OutputItem | undefined) {
    this.#context = context
    this.#openAudio = openAudio
  }

  /** The session has been created: from now on the moments count. */
  plant(sessionOfCaller: number): void {
    for (const fault of this.#context.cursor.momentaryFaults(sessionOfCaller)) {
      if (fault.afterMs === undefined) this.#waiting.push(fault)
      else this.#context.after(fault.afterMs, () => this.#strike(fault))
    }
  }

  /** A reply of the script has come so far; 0 when it has only been created. */
  replyReached(reply: number, audioMs: number): void {
    const due = this.#waiting.filter(
      ({ duringReply }) => duringReply?.reply === reply && duringReply.audioMs <= audioMs,
    )
    if (due.length === 0) return
    this.#waiting = this.#waiting.filter((fault) => !due.includes(fault))
    // Not from within the step of a response, which could not go on in a session that has ended.
    for (const fault of due) this.#context.after(0, () => this.#strike(fault))
  }

  #strike(fault: MomentaryFault): void {
    this.#context.struck(fault.kind, 'form' in fault ? fault.form : undefined)
    switch (fault.kind) {
      case 'dropSession': {
        const { closeCode: code, closeReason: reason = '' } = fault
        return this.#context.hangUp(code === undefined ? { kind: 'cut' } : { kind: 'close', code, reason })
      }
      case 'resetSession':
        return this.#context.hangUp({ kind: 'reset' })
      case 'endSession':
        return this.#context.hangUp({ kind: 'end' })
      case 'brokenFrames':
        return this.#brokenFrames(fault)
      case 'stall':
      case 'halfOpen':
        return this.#context.fallSilent(fault.kind)
      case 'serverError':
        return this.#serverError(fault)
      case 'fatalError':
        return this.#fatalError(fault)
      case 'garbage':
        return this.#garbage(fault)
      case 'hugeDelta':
        return this.#hugeDelta(fault)
      case 'flood':
        return this.#flood(fault)
    }
  }

  #serverError({
    message = 'The server had an error while processing your request.',
  }: Fault<'serverError'>): void {
    this.#context.refuse({ type: 'server_error', code: null, message, param: null }, BY_ITSELF)
  }

  #fatalError({ code }: Fault<'fatalError'>): void {
    const error = refusal(code, 'Your account cannot be served.')
    this.#context.refuse(error, BY_ITSELF)
    this.#context.hangUp({ kind: 'close', code: 4000, reason: `${error.type}.${code}` })
  }

  #garbage({ form, count = 1 }: Fault<'garbage'>): void {
    const { random } = this.#context
    const place = this.#place()
    this.#context.sendRaw(Array.from({ length: count }, () => garbageFrame({ form, place, random })))
  }

  #brokenFrames({ form }: Fault<'brokenFrames'>): void {
    const data = wireBytes(form, { masked: false, mostBytes: CLIENT_MOST_BYTES })
    this.#context.sendRaw([{ kind: 'wire', data }])
  }

  /** Belongs to the reply that is being spoken, as far as there is one, and is heard with it. */
  #hugeDelta({ messageBytes }: Fault<'hugeDelta'>): void {
    const audioBytes = ((messageBytes - DELTA_OVERHEAD_BYTES) * 3) / 4
    const { format } = this.#context.config().audio.output
    const bytes = hum(Math.max(1, Math.floor(audioBytes / bytesPerMs(format))), format)
    const output = this.#openAudio()
    if (output) output.perform({ kind: 'audio', bytes, atMs: 0, output: 0 })
    else this.#context.send({ type: 'response.output_audio.delta', ...this.#place(), delta: base64(bytes) })
  }

  #flood({ count = FLOOD_EVENTS, of = 'rateLimits' }: Fault<'flood'>): void {
    const { format } = this.#context.config().audio.output
    const bytes = hum(FLOOD_AUDIO_MS, format)
    const delta = base64(bytes)
    // A number takes the place of a random id, which would cost more than all the rest.
    const event = (number: number): object => {
      const event_id = `event_flood${number}`
      switch (of) {
        case 'rateLimits': {
          const tokens = { name: 'tokens', limit: 250_000, remaining: number, reset_seconds: 0.5 }
          return { type: 'rate_limits.updated', event_id, rate_limits: [tokens] }
        }
        case 'unknownEvents':
          return { type: 'conversation.mood.updated', event_id, mood: 'fine' }
        case 'audio':
          this.#openAudio()?.keepAudio(bytes)
          return { type: 'response.output_audio.delta', event_id, ...this.#place(), delta }
      }
    }
    this.#pour(event, count)
  }

  #pour(event: (number: number) => object, left: number): void {
    if (this.#context.unreadBytes() > FLOOD_UNREAD_BYTES) {
      this.#context.after(FLOOD_WAIT_MS, () => this.#pour(event, left))
      return
    }
    const now = Math.min(left, FLOOD_SLICE)
    const texts = Array.from({ length: now }, (_, index) => JSON.stringify(event(left - index)))
    this.#context.sendRaw(texts.map((data) => ({ kind: 'text', data })))
    if (left > now) this.#context.after(0, () => this.#pour(event, left - now))
  }

  #place(): AudioPlace {
    return this.#openAudio()?.place ?? unknownPlace(this.#context.random)
  }
}

/** A soft tone. */
function hum(durationMs: number, format: AudioFormat): Uint8Array {
  const length = durationMs * 24
  return encodeAudio(
    Int16Array.from({ length }, (_, index) => 3_000 * Math.sin(index / 20)),
    format,
  )
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}
