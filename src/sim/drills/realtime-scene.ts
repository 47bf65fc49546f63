import type { Random } from '../caller/random.ts'
import { pick } from './odd-values.ts'

/** Ids of one sort that are kept; the oldest goes. */
const MOST_IDS = 12

/** What a session has been told and has said so far: the ids that an event can name, right ones and old ones. */
export class RealtimeScene {
  readonly #random: Random
  readonly #ids = new Map<IdKind, string[]>()
  #made = 0
  /** The session as the model's server has it; undefined until it has told it. */
  session: unknown

  constructor(random: Random) {
    this.#random = random
  }

  /** Notes an id that came over the connection. */
  note(kind: IdKind, id: string): void {
    const known = this.#ids.get(kind) ?? []
    if (known.at(-1) === id) return
    this.#ids.set(kind, [...known, id].slice(-MOST_IDS))
  }

  /** Reads the ids out of an event of either side. */
  read(event: unknown): void {
    const text = (...path: readonly string[]): string | undefined => {
      const found = path.reduce<unknown>(
        (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined),
        event,
      )
      return typeof found === 'string' ? found : undefined
    }
    const seen = [
      ['response', text('response_id') ?? text('response', 'id')],
      ['item', text('item_id') ?? text('item', 'id')],
      ['call', text('call_id') ?? text('item', 'call_id')],
    ] as const
    for (const [kind, id] of seen) if (id !== undefined) this.note(kind, id)
  }

  /** Notes what the client has sent: by its ids a refusal names it. */
  readClient(event: unknown): void {
    this.read(event)
    const id: unknown =
      typeof event === 'object' && event !== null ? Reflect.get(event, 'event_id') : undefined
    if (typeof id === 'string') this.note('event', id)
  }

  /** An id that was never seen. It is remembered, and may come again. */
  fresh(kind: IdKind): string {
    const id = `${prefixes[kind]}${this.#random.hex(8)}${this.#made++}`
    this.note(kind, id)
    return id
  }

  /** An id that was seen, mostly the last one; at times one that nobody knows, or that is none. */
  some(kind: IdKind): string {
    const known = this.#ids.get(kind) ?? []
    const chance = this.#random.whole(20)
    if (chance === 0) return pick(this.#random, ODD_IDS)
    if (known.length === 0 || chance === 1) return this.fresh(kind)
    return chance < 12 ? (known.at(-1) ?? '') : pick(this.#random, known)
  }
}

/** What ids name: responses, items, tool calls, and events of the client. */
export type IdKind = 'response' | 'item' | 'call' | 'event'

const prefixes: Readonly<Record<IdKind, string>> = {
  response: 'resp_f',
  item: 'item_f',
  call: 'call_f',
  event: 'create_',
}

/** Empty, like ids of our own, like names that every object has, and too long. */
const ODD_IDS = ['', 'item_1', 'create_1', 'clip:0', 'lost:x', '__proto__', 'constructor', 'x'.repeat(257)]
