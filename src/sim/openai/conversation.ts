import { bytesPerMs } from './audio-format.ts'
import type { AudioFormat } from './audio-format.ts'
import { refusal } from './refusal.ts'
import type { Refusal } from './refusal.ts'
import type { WireItem } from './server-events.ts'

/** Sound that belongs to an item. */
export type ItemAudio = {
  readonly format: AudioFormat
  readonly chunks: Uint8Array[]
  /** How much there is, in whole bytes of the format. */
  bytes: number
  /** Set once the client cut it: what is generated after that is not added. */
  truncated: boolean
}

/** An item with what the wire does not show. */
export type StoredItem = {
  wire: WireItem
  readonly audio?: ItemAudio
}

/** Kept sound of one conversation; above it the oldest items lose theirs, which only `retrieve` could see. */
const MAX_AUDIO_BYTES = 16 * 1024 * 1024
/** Items of one conversation; a longer one ends the session. */
const MAX_ITEMS = 5000

/** The items of the default conversation, in order. */
export class Conversation {
  readonly #items: StoredItem[] = []
  #audioBytes = 0

  get items(): readonly StoredItem[] {
    return this.#items
  }

  /** True once there are so many items that the session has to end. */
  get full(): boolean {
    return this.#items.length >= MAX_ITEMS
  }

  find(id: string): StoredItem | undefined {
    return this.#items.find((item) => item.wire.id === id)
  }

  /** The call that an output answers. */
  hasCall(callId: string): boolean {
    return this.#items.some((item) => item.wire.type === 'function_call' && item.wire.call_id === callId)
  }

  lastId(): string | null {
    return this.#items.at(-1)?.wire.id ?? null
  }

  /**
   * Puts an item after another one.
   * @param after an id, `root` for the front; the end when left out
   * @returns the id of the item before it, null at the front
   */
  insert(item: StoredItem, after?: string | null): string | null {
    const index =
      after === 'root'
        ? 0
        : after
          ? this.#items.findIndex((one) => one.wire.id === after) + 1
          : this.#items.length
    this.#items.splice(index, 0, item)
    this.#count(item.audio?.bytes ?? 0)
    return this.#items[index - 1]?.wire.id ?? null
  }

  /** The id of the item before the given one, null at the front. */
  previousId(id: string): string | null {
    const index = this.#items.findIndex((item) => item.wire.id === id)
    return this.#items[index - 1]?.wire.id ?? null
  }

  remove(id: string): boolean {
    const index = this.#items.findIndex((item) => item.wire.id === id)
    if (index >= 0) this.#items.splice(index, 1)
    return index >= 0
  }

  /** Adds generated or committed sound to an item, unless the client has cut the item already. */
  addAudio(audio: ItemAudio, chunk: Uint8Array): void {
    if (audio.truncated) return
    audio.chunks.push(chunk)
    audio.bytes += chunk.length
    this.#count(chunk.length)
  }

  /**
   * Cuts the sound of an assistant item to what was heard and drops its transcript.
   * @returns the length that there was, or why it cannot be cut
   */
  truncate(options: {
    id: string
    contentIndex: number
    audioEndMs: number
  }): { generatedMs: number } | Refusal {
    const item = this.find(options.id)
    if (!item) return unknownItem('truncate', options.id)
    const { wire, audio } = item
    if (wire.type !== 'message' || wire.role !== 'assistant' || !audio || audio.bytes === 0) {
      return refusal(
        'unsupported_content_type',
        'Only audio that the model has produced can be truncated.',
        'item_id',
      )
    }
    if (options.contentIndex !== 0) {
      return refusal('invalid_value', `No content at index ${options.contentIndex}.`, 'content_index')
    }
    const generatedMs = audioMs(audio)
    if (options.audioEndMs > generatedMs) {
      const message = `Audio content of ${Math.floor(generatedMs)}ms is already shorter than ${options.audioEndMs}ms`
      return refusal('invalid_value', message, 'audio_end_ms')
    }
    audio.bytes = options.audioEndMs * bytesPerMs(audio.format)
    audio.truncated = true
    item.wire = { ...wire, content: wire.content.map((part) => ({ type: part.type ?? 'output_audio' })) }
    return { generatedMs }
  }

  /** Counts sound that is kept now, and lets go of the oldest above the bound. */
  #count(bytes: number): void {
    this.#audioBytes += bytes
    for (const item of this.#items) {
      if (this.#audioBytes <= MAX_AUDIO_BYTES) return
      this.#audioBytes -= item.audio?.chunks.splice(0).reduce((sum, one) => sum + one.length, 0) ?? 0
    }
  }
}

/** How long the sound of an item is, in milliseconds. */
export function audioMs(audio: ItemAudio | undefined): number {
  return audio ? audio.bytes / bytesPerMs(audio.format) : 0
}

/** A refusal because no item has that id. */
export function unknownItem(action: 'retrieve' | 'truncate' | 'delete', id: string): Refusal {
  const message = `Error ${action === 'retrieve' ? 'retrieving' : action === 'truncate' ? 'truncating' : 'deleting'} item: the item with id '${id}' does not exist.`
  return refusal(`item_${action}_invalid_item_id`, message, 'item_id')
}

/** An item as `conversation.item.retrieved` shows it: with its sound, as far as it is kept. */
export function retrievedItem(item: StoredItem): WireItem {
  const wire = item.wire
  const audio = item.audio
  if (!audio || wire.type !== 'message' || audio.chunks.length === 0) return wire
  const bytes = Buffer.concat(audio.chunks).subarray(0, audio.bytes).toString('base64')
  if (wire.role === 'user') {
    const content = wire.content.map((part) =>
      part.type === 'input_audio' ? { ...part, audio: bytes } : part,
    )
    return { ...wire, content }
  }
  if (wire.role !== 'assistant') return wire
  const content = wire.content.map((part) =>
    part.type === 'output_audio' ? { ...part, audio: bytes } : part,
  )
  return { ...wire, content }
}
