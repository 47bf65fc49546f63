import { z } from 'zod'
import type { FakeOpenAiLogEntry } from '../openai/run-log.ts'
import type { World } from '../world.ts'

const call = z.object({ item: z.object({ type: z.literal('function_call'), call_id: z.string() }) })
const output = z.object({ item: z.object({ type: z.literal('function_call_output'), call_id: z.string() }) })

/** What happens in the one call that is under way. */
export class LongCallWatch implements Disposable {
  readonly #watching: Disposable
  readonly #turnsAtMs: number[] = []
  /** How often each tool call was answered in the session that asked, by session and id. */
  readonly #rounds = new Map<string, number>()
  #appendedAtMs: number | undefined
  #waitsSinceMs: number | undefined
  #longestGapMs = 0
  #longestWaitMs = 0

  constructor(world: World) {
    this.#watching = world.watch(({ side, entry }) => {
      if (side === 'openai') return this.#onOpenAi(entry)
      if (entry.kind === 'stream' && entry.direction === 'in' && entry.event === 'media')
        this.#onHeard(entry.atMs)
    })
  }

  /** The longest time between two pieces of caller audio that a session was given, whichever. */
  longestGapMs(): number {
    return this.#longestGapMs
  }

  /** The longest time from the end of a question, as the model heard it, to the first sound after it. */
  longestWaitMs(): number {
    return this.#longestWaitMs
  }

  /** How many questions had been asked by then. */
  turnsBefore(atMs: number): number {
    return this.#turnsAtMs.filter((turnAtMs) => turnAtMs < atMs).length
  }

  /** Tool calls that the model asked for, those that were answered, and those that were more than once. */
  asked(): number {
    return this.#rounds.size
  }
  answered(): number {
    return [...this.#rounds.values()].filter((answers) => answers > 0).length
  }
  answeredTwice(): number {
    return [...this.#rounds.values()].filter((answers) => answers > 1).length
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]()
  }

  #onOpenAi(entry: FakeOpenAiLogEntry): void {
    if (entry.kind === 'client') {
      if (entry.type === 'input_audio_buffer.append') this.#onAppended(entry.atMs)
      if (entry.type === 'conversation.item.create') this.#onItem(entry.sessionNumber, entry.event)
    }
    if (entry.kind !== 'server') return
    if (entry.type === 'response.output_item.done') {
      const asked = call.safeParse(entry.event).data
      if (asked) this.#rounds.set(`${entry.sessionNumber} ${asked.item.call_id}`, 0)
    }
    if (entry.type !== 'input_audio_buffer.speech_stopped') return
    this.#turnsAtMs.push(entry.atMs)
    this.#waitsSinceMs = entry.atMs
  }

  #onAppended(atMs: number): void {
    this.#longestGapMs = Math.max(this.#longestGapMs, atMs - (this.#appendedAtMs ?? atMs))
    this.#appendedAtMs = atMs
  }

  #onItem(sessionNumber: number, event: unknown): void {
    const answered = output.safeParse(event).data
    if (!answered) return
    const round = `${sessionNumber} ${answered.item.call_id}`
    const answers = this.#rounds.get(round)
    // What a session is told of the rounds of another one is no answer.
    if (answers !== undefined) this.#rounds.set(round, answers + 1)
  }

  #onHeard(atMs: number): void {
    if (this.#waitsSinceMs === undefined) return
    this.#longestWaitMs = Math.max(this.#longestWaitMs, atMs - this.#waitsSinceMs)
    this.#waitsSinceMs = undefined
  }
}
