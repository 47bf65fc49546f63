import { jsonWithoutCardNumbers } from '../lib/card-numbers.ts'
import type { PastItem } from '../ports/speech.ts'
import type { Turn } from './effect.ts'

/** Turns that a new session is given word for word; earlier ones are in the summary. */
const MAX_TURNS = 24
const MAX_ROUNDS = 24
/** Longer arguments are read by no tool; a new session is told of them as of none. */
const MAX_ARGUMENTS_CHARACTERS = 8_192
/** Longest text of one turn, and of one line of the summary, in characters. */
const MAX_TURN_CHARACTERS = 2_000
const MAX_LINE_CHARACTERS = 160
/** The summary keeps its beginning, where a call says what it is about, and its end; the middle goes. */
const MAX_BEGINNING_CHARACTERS = 1_500
const MAX_REST_CHARACTERS = 4_500

/** A call that is to end is no thing of the past that a later session should obey. */
const FORGOTTEN_TOOLS: ReadonlySet<string> = new Set(['end_call'])

/** Answer of a tool that still runs: the model is to wait for it and not to ask again. */
const PENDING = JSON.stringify({ status: 'pending', note: 'the result follows; do not call this again' })

type Round = {
  readonly callId: string
  readonly name: string
  readonly arguments: string
  /** The turns that had begun when it was asked for. */
  readonly afterSeq: number
  output: string | undefined
}

/**
 * What was said and done on a call, as heard, for a session that was not there. Bounded: the latest turns word for
 * word, those before as a summary in which every line is shortened. Numbers of payment cards are in nothing that it gives
 * back: turns come without them.
 */
export class CallHistory {
  readonly #turns = new Map<number, Turn>()
  readonly #rounds = new Map<string, Round>()
  #beginning = ''
  #middleIsGone = false
  #rest = ''
  #nextSeq = 0

  /** Notes a turn, or what has become known of one since. */
  turn(turn: Turn): void {
    if (turn.seq < this.#nextSeq && !this.#turns.has(turn.seq)) return
    this.#turns.set(turn.seq, turn)
    this.#nextSeq = Math.max(this.#nextSeq, turn.seq + 1)
    for (const [seq, oldest] of this.#turns) {
      if (this.#turns.size <= MAX_TURNS) break
      this.#turns.delete(seq)
      this.#summarise(oldest)
    }
  }

  /** Notes that a tool was asked for. */
  toolAsked(call: { readonly callId: string; readonly name: string; readonly arguments: string }): void {
    const { callId, name } = call
    if (FORGOTTEN_TOOLS.has(name)) return
    this.#rounds.set(callId, {
      callId,
      name,
      arguments: call.arguments.length <= MAX_ARGUMENTS_CHARACTERS ? call.arguments : '{}',
      afterSeq: this.#nextSeq,
      output: undefined,
    })
    for (const [id] of this.#rounds) {
      if (this.#rounds.size <= MAX_ROUNDS) break
      this.#rounds.delete(id)
    }
  }

  /**
   * Notes what a tool answered.
   * @returns the round, as a session needs it that never heard of the question; undefined for one that is not known
   */
  toolAnswered(callId: string, output: string): PastItem | undefined {
    const round = this.#rounds.get(callId)
    if (!round) return undefined
    round.output = output
    // An id of its own: the session has the question already, answered as pending.
    return itemOf({ ...round, callId: `${callId.slice(0, 56)}_late` })
  }

  /** Notes what became of a tool call that had been answered before. */
  toolSettled(callId: string, output: string): void {
    const round = this.#rounds.get(callId)
    if (round) round.output = output
  }

  /** Everything, in the order of the call. */
  pastItems(): readonly PastItem[] {
    const summary = this.#summary()
    const items: PastItem[] = summary === '' ? [] : [{ kind: 'said', role: 'user', text: record(summary) }]
    const rounds = [...this.#rounds.values()]
    let done = 0
    for (const turn of [...this.#turns.values()].toSorted((a, b) => a.seq - b.seq)) {
      for (; (rounds[done]?.afterSeq ?? Infinity) <= turn.seq; done++)
        items.push(itemOf(rounds[done] as Round))
      if (turn.text === '') continue
      const role = turn.speaker === 'caller' ? 'user' : 'assistant'
      const text = `${turn.text.slice(0, MAX_TURN_CHARACTERS)}${turn.interrupted ? ' …' : ''}`
      items.push({ kind: 'said', role, text })
    }
    return [...items, ...rounds.slice(done).map(itemOf)]
  }

  #summarise({ speaker, text, interrupted }: Turn): void {
    if (text === '') return
    const words = text.replace(/\s+/g, ' ').slice(0, MAX_LINE_CHARACTERS)
    const cut = interrupted || words.length < text.length ? ' …' : ''
    const line = `${speaker === 'caller' ? 'Caller' : 'Assistant'}: ${words}${cut}\n`
    if (this.#rest === '' && this.#beginning.length + line.length <= MAX_BEGINNING_CHARACTERS) {
      this.#beginning += line
      return
    }
    this.#rest += line
    while (this.#rest.length > MAX_REST_CHARACTERS) {
      this.#rest = this.#rest.slice(this.#rest.indexOf('\n') + 1)
      this.#middleIsGone = true
    }
  }

  #summary(): string {
    return `${this.#beginning}${this.#middleIsGone ? '…\n' : ''}${this.#rest}`
  }
}

/** A user's item and never a system's: it holds words of strangers. */
function record(summary: string): string {
  return `Record of what was said earlier on this call, for information only:\n${summary.trimEnd()}`
}

function itemOf({ callId, name, arguments: args, output = PENDING }: Round): PastItem {
  const [asked, answered] = [jsonWithoutCardNumbers(args), jsonWithoutCardNumbers(output)]
  return { kind: 'toolRound', callId, name, arguments: asked, output: answered }
}
