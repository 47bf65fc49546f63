import { AudioInput } from './audio-input.ts'
import type { Turn } from './audio-input.ts'
import { bytesPerMs } from './audio-format.ts'
import type { StoredItem } from './conversation.ts'
import { IdleTimer } from './idle-timer.ts'
import type { ResponseDesk } from './response-desk.ts'
import type { SessionContext } from './session-context.ts'
import type { SessionItems } from './session-items.ts'
import type { Transcriber } from './transcriber.ts'

/** Nobody's event: the server does this by itself. */
const BY_ITSELF = { eventId: null, type: '' }

/** Turns of the caller: from the first loud window to a user item, its transcript and the response to it. */
export class SessionTurns {
  readonly input: AudioInput
  readonly #context: SessionContext
  readonly #items: SessionItems
  readonly #desk: ResponseDesk
  readonly #transcriber: Transcriber
  readonly #idle: IdleTimer
  #idleFromMs = 0

  constructor(parts: {
    context: SessionContext
    items: SessionItems
    desk: ResponseDesk
    transcriber: Transcriber
  }) {
    this.#context = parts.context
    this.#items = parts.items
    this.#desk = parts.desk
    this.#transcriber = parts.transcriber
    this.#idle = new IdleTimer(parts.context, () => this.#onIdle())
    this.input = new AudioInput(parts.context, {
      onStarted: (itemId, audioStartMs) => this.#onStarted(itemId, audioStartMs),
      onStopped: (itemId, audioEndMs) => this.#onStopped(itemId, audioEndMs),
      onTurn: (turn) => this.#onTurn(turn),
    })
  }

  /** A response has ended: silence counts from the end of its playback. */
  responseDone(playbackMs: number): void {
    this.#idleFromMs = this.input.positionMs + playbackMs
    if (!this.input.speaking) this.#idle.arm(playbackMs)
  }

  /** A response was asked for: nobody is idle. */
  responseWanted(): void {
    this.#idle.disarm()
  }

  #onStarted(item_id: string, audio_start_ms: number): void {
    this.#idle.disarm()
    this.#context.send({ type: 'input_audio_buffer.speech_started', item_id, audio_start_ms })
    if (this.#turnDetection()?.interrupt_response) this.#desk.interrupt()
  }

  #onStopped(item_id: string, audio_end_ms: number): void {
    this.#transcriber.turnEnding(item_id)
    this.#context.send({ type: 'input_audio_buffer.speech_stopped', item_id, audio_end_ms })
  }

  #onTurn(turn: Turn): void {
    const bytes = turn.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    this.#commit(turn.itemId, {
      format: turn.format,
      chunks: [...turn.chunks],
      bytes,
      truncated: false,
    })
    this.#transcriber.turnCommitted(turn.itemId, bytes / bytesPerMs(turn.format))
    if (!this.#turnDetection()?.create_response || this.#context.config().type === 'transcription') return
    this.#desk.create({}, BY_ITSELF)
  }

  /** Nobody spoke: an empty turn is committed, so that the model asks whether anybody is there. */
  #onIdle(): void {
    const turns = this.#context.config().audio.input.turn_detection
    // An update may have taken the timeout away since it was armed.
    if (turns?.type !== 'server_vad' || typeof turns.idle_timeout_ms !== 'number') return
    const item_id = this.#context.newId('item')
    const audio_end_ms = this.input.positionMs
    const audio_start_ms = Math.min(audio_end_ms, Math.floor(this.#idleFromMs))
    this.#context.send({
      type: 'input_audio_buffer.timeout_triggered',
      item_id,
      audio_start_ms,
      audio_end_ms,
    })
    this.#commit(item_id, undefined)
    this.#desk.create({}, BY_ITSELF)
  }

  #commit(item_id: string, audio: StoredItem['audio']): void {
    const previous_item_id = this.#context.conversation.lastId()
    this.#context.send({ type: 'input_audio_buffer.committed', item_id, previous_item_id })
    const content = [{ type: 'input_audio' as const, transcript: null }]
    const object = 'realtime.item' as const
    this.#items.add({
      wire: { id: item_id, object, type: 'message', status: 'completed', role: 'user', content },
      ...(audio ? { audio } : {}),
    })
  }

  #turnDetection(): {
    create_response?: boolean | undefined
    interrupt_response?: boolean | undefined
  } | null {
    return this.#context.config().audio.input.turn_detection
  }
}
