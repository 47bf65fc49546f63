import { jsonField } from '../../src/openai/json-field.ts'
import type { Figures } from './figures.ts'
import {
  beginEvents,
  DELTA_MS,
  DELTA_PCM_BYTES,
  deltaFrame,
  endEvents,
  event,
  newReply,
  newTurn,
  turnEvents,
  turnTextEvent,
  wordEvent,
} from './model-events.ts'
import type { ReplyIds } from './model-events.ts'
import type { ReplyTrack } from './reply-track.ts'
import type { Wire } from './wire.ts'

type Reply = ReplyIds & {
  readonly frame: Buffer
  readonly deltas: number
  readonly everyMs: number
  readonly metadata: unknown
  sent: number
}

const SESSION_SECONDS = 3_600

/** The longest reply is five seconds, the shortest two. */
const [LEAST_DELTAS, MOST_DELTAS] = [8, 20]
/** A reply comes between two and four times as fast as it sounds. */
const [SLOWEST, FASTEST] = [2, 4]
/** Every second reply is interrupted, not before it was heard a little and not just before its end. */
const [HEARD_FIRST_MS, LEFT_AT_LEAST_MS] = [600, 300]

/**
 * The model of one call, without hearing: the caller speaks, pauses, is answered, and interrupts every second answer.
 * When what happens is drawn by chance, and not by what the server under load does.
 */
export class Model {
  readonly #wire: Wire
  readonly #track: ReplyTrack
  readonly #figures: Figures
  readonly #random: () => number
  #phase: 'waiting' | 'quiet' | 'speaking' | 'thinking' | 'talking' = 'waiting'
  #nextAtMs = Infinity
  #interruptAtMs = Infinity
  #turnId = ''
  #reply: Reply | undefined
  #session = {}

  constructor(options: {
    readonly wire: Wire
    readonly track: ReplyTrack
    readonly figures: Figures
    /** Between 0 and 1. */
    readonly random: () => number
  }) {
    this.#wire = options.wire
    this.#track = options.track
    this.#figures = options.figures
    this.#random = options.random
  }

  /** The call is live: the caller begins to speak within a second. */
  start(nowMs: number): void {
    this.#phase = 'quiet'
    this.#nextAtMs = nowMs + this.#between(0, 1_000)
  }

  /** Does what is due. */
  tick(nowMs: number): void {
    if (nowMs >= this.#interruptAtMs) this.#callerSpeaks(nowMs)
    if (nowMs < this.#nextAtMs) return
    switch (this.#phase) {
      case 'waiting':
        return
      case 'quiet':
        return this.#callerSpeaks(nowMs)
      case 'speaking':
        return this.#callerPauses(nowMs)
      case 'thinking':
        return this.#answer(nowMs, null)
      case 'talking':
        return this.#talk(nowMs)
    }
  }

  /** An event of the server under load, other than audio. */
  onEvent(text: string, nowMs: number): void {
    const value = JSON.parse(text) as Record<string, unknown>
    const { type } = value
    switch (type) {
      case 'session.update':
        this.#session = { ...this.#session, ...sessionOf(value['session']) }
        return this.#send(event('session.updated', { session: this.#session }))
      case 'response.create':
        return this.#created(value, nowMs)
      case 'response.cancel':
        if (this.#reply?.responseId === value['response_id']) return this.#endReply('cancelled')
        return this.#refuse('response_cancel_not_active', value)
      case 'conversation.item.truncate':
        return this.#truncated(value)
      default:
        return this.#figures.unexpected(`to the model: ${String(type)}`)
    }
  }

  #callerSpeaks(nowMs: number): void {
    this.#turnId = newTurn()
    this.#interruptAtMs = Infinity
    this.#phase = 'speaking'
    this.#nextAtMs = nowMs + this.#between(600, 1_200)
    this.#track.callerSpoke(performance.now())
    this.#send(event('input_audio_buffer.speech_started', { audio_start_ms: 0, item_id: this.#turnId }))
    if (this.#reply) this.#endReply('cancelled')
  }

  #callerPauses(nowMs: number): void {
    for (const text of turnEvents(this.#turnId)) this.#send(text)
    this.#phase = 'thinking'
    this.#nextAtMs = nowMs + this.#between(250, 450)
  }

  #answer(nowMs: number, metadata: unknown): void {
    this.#send(turnTextEvent(this.#turnId))
    const ids = newReply()
    const deltas = Math.round(this.#between(LEAST_DELTAS, MOST_DELTAS))
    const everyMs = DELTA_MS / this.#between(SLOWEST, FASTEST)
    this.#reply = { ...ids, frame: deltaFrame(ids), deltas, everyMs, metadata, sent: 0 }
    for (const text of beginEvents(ids, metadata)) this.#send(text)
    const lengthMs = deltas * DELTA_MS
    const isInterrupted = this.#random() < 0.5
    const afterMs = isInterrupted
      ? this.#between(HEARD_FIRST_MS, lengthMs - LEFT_AT_LEAST_MS)
      : lengthMs + this.#between(300, 800)
    this.#interruptAtMs = nowMs + afterMs
    this.#phase = 'talking'
    this.#track.replyBegins(ids.itemId)
    this.#talk(nowMs)
  }

  #talk(nowMs: number): void {
    const reply = this.#reply
    if (!reply) return
    this.#nextAtMs = nowMs + reply.everyMs
    // The tick's own time is that of its first call.
    this.#track.deltaSent(DELTA_PCM_BYTES, performance.now())
    this.#wire.sendFrame(reply.frame)
    reply.sent += 1
    this.#send(wordEvent(reply, reply.sent))
    if (reply.sent === reply.deltas) this.#endReply('completed')
  }

  #endReply(status: 'completed' | 'cancelled'): void {
    const reply = this.#reply
    if (!reply) return
    this.#reply = undefined
    for (const text of endEvents(reply, { words: reply.sent + 1, status, metadata: reply.metadata })) {
      this.#send(text)
    }
    if (this.#phase === 'talking') {
      this.#phase = 'waiting'
      this.#nextAtMs = Infinity
    }
  }

  #created(value: Record<string, unknown>, nowMs: number): void {
    if (this.#reply) return this.#refuse('conversation_already_has_active_response', value)
    this.#figures.unexpected('to the model: response.create')
    this.#answer(nowMs, jsonField(value, 'response', 'metadata'))
  }

  #truncated(value: Record<string, unknown>): void {
    const itemId = String(value['item_id'])
    const heardMs = Number(value['audio_end_ms'])
    if (!Number.isInteger(heardMs) || heardMs < 0 || heardMs > this.#track.generatedMs(itemId)) {
      return this.#refuse('invalid_value', value)
    }
    this.#track.truncationCame(itemId, heardMs)
    const of = { item_id: itemId, content_index: 0, audio_end_ms: heardMs }
    this.#send(event('conversation.item.truncated', of))
  }

  #refuse(code: string, value: Record<string, unknown>): void {
    this.#figures.refused(code)
    const error = { type: 'invalid_request_error', code, message: 'Refused.', param: null }
    this.#send(event('error', { error: { ...error, event_id: value['event_id'] ?? null } }))
  }

  #send(text: string): void {
    this.#wire.send(text)
  }

  #between(from: number, to: number): number {
    return from + this.#random() * (to - from)
  }
}

/** What was asked for, as the provider gives it back; it lasts for an hour, as there. */
function sessionOf(asked: unknown): object {
  const session = typeof asked === 'object' && asked !== null ? asked : {}
  const expiresAt = Math.floor((performance.timeOrigin + performance.now()) / 1_000) + SESSION_SECONDS
  return { ...session, id: 'sess_bench', object: 'realtime.session', expires_at: expiresAt }
}
