import { english } from './consent-en.ts'
import type { ConsentLexicon } from './consent-lexicon.ts'
import { withoutDigitWord } from './digit-words.ts'
import { contains, replaced } from './phrases.ts'
import { wordsOf } from './words.ts'

/** What an answer says: agreed, declined, wanted otherwise, or nothing that can be relied on. */
export type Consent = 'yes' | 'no' | 'change' | 'unknown'

const MAX_CHARACTERS = 200
const MAX_WORDS = 8
/** From this share of common words on, an answer is our own question coming back. */
const ECHO_SHARE = 0.6
/** Fewer words than this are too few to recognise an echo by. */
const MIN_ECHO_WORDS = 3

const known: readonly ConsentLexicon[] = [english]

/** The lexicons of the languages that are known, of those asked for: answers in any other language are unknown. */
export function consentLexicons(languages: readonly string[]): readonly ConsentLexicon[] {
  return known.filter(({ language }) => languages.includes(language))
}

/**
 * Reads an answer to one of our questions. Only words that agree, with nothing beside them that could mean anything,
 * are a yes; a denial is a no, whatever else is said. In several languages a no and a change count in any of them.
 * Pure and linear in the text.
 */
export function classifyAnswer(text: string, lexicons: readonly ConsentLexicon[]): Consent {
  if (text.length > MAX_CHARACTERS) return 'unknown'
  const words = wordsOf(text)
  const verdicts = lexicons.map((lexicon) => classify(joined(words, lexicon), lexicon))
  return (['no', 'change', 'yes'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'unknown'
}

/**
 * Whether an answer is the question itself, come back over the caller's line: more than half of what is not a yes or a
 * no are words of the question. A denial is never an echo: declining must always work.
 */
export function isEcho(
  { answer, question }: { readonly answer: string; readonly question: string },
  lexicons: readonly ConsentLexicon[],
): boolean {
  return lexicons.some((lexicon) => {
    const spoken = joined(wordsOf(answer), lexicon)
    if (contains(spoken, lexicon.denials)) return false
    const rest = telling(spoken, lexicon)
    const asked = new Set(telling(joined(wordsOf(question), lexicon), lexicon))
    const common = rest.filter((word) => asked.has(word)).length
    return rest.length >= MIN_ECHO_WORDS && common / rest.length >= ECHO_SHARE
  })
}

/** The rules of one language, in their order; the first that speaks decides. */
function classify(words: readonly string[], lexicon: ConsentLexicon): Consent {
  if (words.length === 0) return 'unknown'
  const denied = contains(words, lexicon.denials)
  if (words.length > MAX_WORDS) return denied ? 'no' : 'unknown'
  if (contains(words, lexicon.vague)) return 'unknown'
  if (denied) return 'no'
  if (asks(words, lexicon)) return 'unknown'
  const agrees = contains(words, lexicon.yes)
  const changes = words.some((word) => lexicon.changes.has(word))
  if (changes || words.some((word) => isCondition(word, lexicon)))
    return agrees || changes ? 'change' : 'unknown'
  if (!agrees) return 'unknown'
  return replaced(words, lexicon.yes).every((word) => lexicon.fillers.has(word)) ? 'yes' : 'unknown'
}

function asks(words: readonly string[], lexicon: ConsentLexicon): boolean {
  return words.some((word) => lexicon.questions.has(word)) || asksInside(words, lexicon)
}

/** Whether a word that only asks before the end stands there, outside of a statement. */
function asksInside(words: readonly string[], lexicon: ConsentLexicon): boolean {
  const inner = replaced(words, lexicon.statements, ['(statement)']).slice(0, -1)
  return inner.some((word) => lexicon.innerQuestions.has(word))
}

function isCondition(word: string, lexicon: ConsentLexicon): boolean {
  return lexicon.conditions.has(word) || lexicon.numbers.has(word) || /\p{N}/u.test(word)
}

/** The words without those that answer, numbers digit by digit: "415" is an echo of "4 1 5". */
function telling(words: readonly string[], lexicon: ConsentLexicon): readonly string[] {
  const rest = replaced(replaced(words, lexicon.yes), lexicon.denials)
  return rest.map(withoutDigitWord).flatMap((word) => (/^[0-9]+$/.test(word) ? Array.from(word) : [word]))
}

/** The words with every joined phrase as the one word it counts as. */
function joined(words: readonly string[], lexicon: ConsentLexicon): readonly string[] {
  return lexicon.joined.reduce((now, { phrase, word }) => replaced(now, phrase, [word]), words)
}
