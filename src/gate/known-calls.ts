import type { ToolOutcome } from '../ports/tools.ts'

/** Tool calls of one session that are told apart. */
const MAX_CALLS = 256
/** Answers that are given again; of older calls it is only known that they were answered. */
const MAX_ANSWERS = 16

/** What is known of a call by its id: nothing, its answer, or that it was another one. */
export type KnownCall =
  | { readonly kind: 'new' }
  | { readonly kind: 'full' }
  | { readonly kind: 'other' }
  | { readonly kind: 'same'; readonly answer: Promise<ToolOutcome> | undefined }

/** The model's tool calls so far. One that comes again is answered again, and not done again. */
export class KnownCalls {
  readonly #keys = new Map<string, string>()
  readonly #answers = new Map<string, Promise<ToolOutcome>>()

  /** @param key what the call asks for: equal for equals */
  find(callId: string, key: string): KnownCall {
    const known = this.#keys.get(callId)
    if (known === undefined) return { kind: this.#keys.size < MAX_CALLS ? 'new' : 'full' }
    return known === key ? { kind: 'same', answer: this.#answers.get(callId) } : { kind: 'other' }
  }

  /** Remembers a new call and its answer. */
  add(callId: string, key: string, answer: Promise<ToolOutcome>): void {
    this.#keys.set(callId, key)
    this.#answers.set(callId, answer)
    const [oldest] = this.#answers.keys()
    if (this.#answers.size > MAX_ANSWERS && oldest !== undefined) this.#answers.delete(oldest)
  }
}
