const maxItems = 256
const maxResponses = 64
const maxCalls = 256

type Item = {
  readonly responseId: string
  readonly role: string
  generatedBytes: number
  /** Where it was cut before, -1 when taken away; a second cut can only be shorter. */
  cutMs: number
}

/** How to tell the provider that less was heard of an item than was generated. */
export type Cut =
  | { readonly kind: 'truncate'; readonly audioEndMs: number }
  /** An item without audio cannot be truncated, only taken away. */
  | { readonly kind: 'delete' }
  | { readonly kind: 'nothing' }

/**
 * What a session must remember of its conversation, by id: responses that the caller hears, spoken items with the
 * audio generated so far, tool calls without an answer. Beyond 64 responses, 256 items and 256 calls the oldest
 * are forgotten: none of those can still be playing.
 */
export class ItemLedger {
  readonly #bytesPerMs: number
  readonly #items = new Map<string, Item>()
  readonly #responses = new Map<string, 'running' | 'done'>()
  readonly #calls = new Map<string, 'open' | 'answered'>()

  /** @param bytesPerMs of the session's output format */
  constructor(bytesPerMs: number) {
    this.#bytesPerMs = bytesPerMs
  }

  /** Remembers a response of the default conversation: only such a one is heard by the caller. */
  startResponse(responseId: string): void {
    // One that has ended does not begin again.
    if (this.#responses.has(responseId)) return
    this.#responses.set(responseId, 'running')
    dropOldest(this.#responses, maxResponses)
  }

  /** Nothing more of it is to be heard: what an interruption has dropped must not come back after its end. */
  endResponse(responseId: string): void {
    if (this.#responses.has(responseId)) this.#responses.set(responseId, 'done')
  }

  hasResponse(responseId: string): boolean {
    return this.#responses.has(responseId)
  }

  /** Whether audio of this response is heard. */
  isRunning(responseId: string): boolean {
    return this.#responses.get(responseId) === 'running'
  }

  /** @returns true when the item was not known yet */
  startItem(itemId: string, of: { readonly responseId: string; readonly role: string }): boolean {
    if (this.#items.has(itemId)) return false
    this.#items.set(itemId, { ...of, generatedBytes: 0, cutMs: Infinity })
    dropOldest(this.#items, maxItems)
    return true
  }

  addAudio(itemId: string, bytes: number): void {
    const item = this.#items.get(itemId)
    if (item) item.generatedBytes += bytes
  }

  /** Whole milliseconds of audio generated so far. */
  generatedMs(itemId: string): number {
    return Math.floor((this.#items.get(itemId)?.generatedBytes ?? 0) / this.#bytesPerMs)
  }

  /**
   * Cuts an item at what was heard, never beyond what was generated: the provider refuses a cut in audio that does
   * not exist. Whether a fully heard item is worth a cut (it loses its transcript) is the asker's decision.
   */
  cut(itemId: string, heardMs: number): Cut {
    const item = this.#items.get(itemId)
    if (!item || item.role !== 'assistant' || Number.isNaN(heardMs)) return { kind: 'nothing' }
    const audioEndMs = Math.floor(Math.min(Math.max(heardMs, 0), this.generatedMs(itemId)))
    if (audioEndMs >= item.cutMs) return { kind: 'nothing' }
    if (item.generatedBytes === 0) {
      item.cutMs = -1
      return { kind: 'delete' }
    }
    item.cutMs = audioEndMs
    return { kind: 'truncate', audioEndMs }
  }

  /** @returns false when this call was announced before */
  startCall(callId: string): boolean {
    if (this.#calls.has(callId)) return false
    this.#calls.set(callId, 'open')
    dropOldest(this.#calls, maxCalls)
    return true
  }

  /** @returns false when the conversation holds no such call, or an answer to it: a second one would be refused */
  answerCall(callId: string): boolean {
    if (this.#calls.get(callId) !== 'open') return false
    this.#calls.set(callId, 'answered')
    return true
  }
}

function dropOldest(kept: Map<string, unknown>, most: number): void {
  if (kept.size <= most) return
  for (const key of kept.keys()) {
    kept.delete(key)
    return
  }
}
