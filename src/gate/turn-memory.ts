import type { Taint, ToolRule } from '../policy/tool-rules.ts'

/** What the model has seen in a turn. */
export type SeenInTurn = {
  readonly hasPrivate: boolean
  /** Kinds of content that strangers may have written. */
  readonly taint: readonly Taint[]
}

const MAX_TEXTS = 8
/** Fewer digits than this at the end of a number do not tell whose it is. */
const TELLING_DIGITS = 7

/** What tools have answered lately, as far as it matters for what may leave the house in the same turn. */
export class TurnMemory {
  #privateAtMs: number | undefined
  readonly #taintedAtMs = new Map<Taint, number>()
  #texts: { readonly atMs: number; readonly taint: Taint; readonly text: string }[] = []

  /** A tool has answered the model. */
  note(rule: ToolRule, seen: { readonly text: string; readonly atMs: number }): void {
    const { atMs, text } = seen
    if (rule.isPrivate) this.#privateAtMs = atMs
    if (rule.taints === undefined) return
    this.#taintedAtMs.set(rule.taints, atMs)
    this.#texts = [...this.#texts, { atMs, taint: rule.taints, text }].slice(-MAX_TEXTS)
  }

  /** @param sinceMs when the caller's turn began; undefined when none was heard yet, and everything counts */
  inTurn(sinceMs: number | undefined): SeenInTurn {
    const counts = (atMs: number): boolean => sinceMs === undefined || atMs >= sinceMs
    return {
      hasPrivate: this.#privateAtMs !== undefined && counts(this.#privateAtMs),
      taint: [...this.#taintedAtMs].flatMap(([taint, atMs]) => (counts(atMs) ? [taint] : [])),
    }
  }

  /** Which kind of strangers' content names a destination, in whatever way it writes it. */
  sourceOf(destination: string): Taint | undefined {
    const digits = digitsOf(destination).slice(-TELLING_DIGITS)
    const isNumber = /^\+[0-9]+$/.test(destination)
    return this.#texts.findLast(({ text }) =>
      isNumber ? digitsOf(text).includes(digits) : text.toLowerCase().includes(destination.toLowerCase()),
    )?.taint
  }
}

function digitsOf(text: string): string {
  return text.replace(/[^0-9]/g, '')
}
