import type { Phrases } from './phrases.ts'

/**
 * The words by which one language agrees and declines. The order in which the classifier asks for them is the same in
 * every language: `vague`, `denials`, `questions`, `innerQuestions`, `changes` and `conditions` and `numbers`, `yes`.
 */
export type ConsentLexicon = {
  /** ISO 639-1. */
  readonly language: string
  /** Phrases that count as one word, and the word they count as. */
  readonly joined: readonly { readonly phrase: Phrases; readonly word: string }[]
  /** What says neither yes nor no, although it has the words for it. */
  readonly vague: Phrases
  readonly denials: Phrases
  /** Words of questions, and of talk about what is said. */
  readonly questions: ReadonlySet<string>
  /** Words that ask anywhere but at the end, where they agree: "yes, you can". */
  readonly innerQuestions: ReadonlySet<string>
  /** Phrases in which an inner question word does not ask. */
  readonly statements: Phrases
  readonly changes: ReadonlySet<string>
  readonly conditions: ReadonlySet<string>
  readonly numbers: ReadonlySet<string>
  readonly yes: Phrases
  /** What may stand beside a yes without meaning anything. */
  readonly fillers: ReadonlySet<string>
}
