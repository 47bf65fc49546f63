import { factsIn, type Said, type SaidFacts, type SaidTime } from './said-facts.ts'

/** Something the model has said that a tool's result does not bear out. */
export type Contradiction = {
  readonly kind: 'status' | 'time' | 'day' | 'weekday' | 'sum' | 'number'
  /** As it was said. */
  readonly said: string
  /** What the result says of that kind; nothing where there is no result that could. */
  readonly stands: readonly string[]
}

/** How a tool call ended, as the model was told: see ToolOutcome. `empty` for one that found nothing. */
export type ToldResult = {
  readonly status: 'done' | 'empty' | 'failed' | 'unknown' | 'refused' | 'waits'
  /** The JSON text of the result; empty where there is none. */
  readonly text: string
  /** What was said in the call before: of that nothing is invented. */
  readonly heard?: string
}

const MAX_SENTENCES = 40
const MAX_FOUND = 8

/** A question offers, and what is denied is not claimed: neither is held against the result. */
const DENIAL =
  /\b(?:not|never|no|none|nothing|nobody|unable|failed|fails?|cannot|refused|instead of|rather than)\b|n't\b|\bwithout\b/
const DEED =
  '(?:sent|texted|booked|added|put|cancelled|canceled|moved|changed|updated|called|rung|done|scheduled|noted|placed|delivered|confirmed|reached|found|made|arranged|taken care of)'
const MATTER = '(?:your|the) (?:message|text|call|event|appointment|meeting|e-?mail|table|reservation)'
const ADVERB = '(?:just |now |already |all |successfully )?'
const CLAIM = new RegExp(
  [
    `\\b(?:i|we)(?:'ve| have) ${ADVERB}${DEED}\\b`,
    `\\b(?:i|we) ${ADVERB}${DEED}\\b`,
    `\\b(?:it|that|this|everything|${MATTER})(?:'s| is| was|'s been| has been| has now been| is now) ${ADVERB}(?:${DEED}|set|in your calendar|on its way)\\b`,
    `\\b(?:it|${MATTER}) (?:has )?(?:gone|went) (?:out|through)\\b`,
    `\\b(?:has|have|'s|'ve) ${ADVERB}(?:received|got|gotten) (?:it|my|${MATTER})\\b`,
    `\\b(?:i|we)(?:'ve| have)? ${ADVERB}let [\\p{L}' ]{1,30} know\\b`,
    String.raw`\ball (?:done|set)\b`,
    '^done\\b',
  ].join('|'),
  'u',
)
/** What is free is not in the calendar, what may be is no fact, and what time it is needs no result. */
const NO_FACT = new RegExp(
  [
    String.raw`\b(?:free|available|clear|can|could|shall|should|will|would|may|might|try|if|or|now|currently)\b`,
    String.raw`'(?:ll|d)\b`,
    String.raw`\byou(?:'re| are)\b.*\bopen\b`,
    String.raw`\bit(?:'s| is) (?!at\b|on\b|in\b|from\b)`,
  ].join('|'),
)

/**
 * Compares what the model says next with what a tool has answered: whether it was done at all, and the times, days, sums
 * and long numbers that stand in the result. Only what the result speaks of is compared; a kind of fact that it has none
 * of contradicts nothing. Understands English words, and digits in any language.
 * @param transcript what the model said, as a whole
 * @returns the first few, in the order in which they were said; empty when nothing contradicts
 */
export function contradictionsIn(transcript: string, result: ToldResult): readonly Contradiction[] {
  const stands = factsIn(result.text)
  return sentencesOf(transcript)
    .filter((sentence) => !sentence.endsWith('?'))
    .flatMap((sentence) => [
      ...falseClaim(sentence, result),
      ...(isDenial(sentence) ? [] : falseFacts(factsIn(sentence), stands)),
      ...invented(sentence, result),
    ])
    .slice(0, MAX_FOUND)
}

/** A sentence ends where its sign is followed by a space: 10.30 and a.m. go on, unless a capital letter follows. */
function sentencesOf(transcript: string): readonly string[] {
  return transcript
    .replaceAll('’', "'")
    .split(/(?<=[!?])\s+|(?<!\b[ap]\.m)(?<=\.)\s+|(?<=\.)\s+(?=\p{Lu})|\n+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
    .slice(0, MAX_SENTENCES)
}

function isDenial(sentence: string): boolean {
  return DENIAL.test(sentence.toLowerCase())
}

function falseClaim(sentence: string, { status }: ToldResult): readonly Contradiction[] {
  if (status === 'done' || isDenial(sentence)) return []
  const claim = CLAIM.exec(sentence.toLowerCase())?.[0]
  return claim === undefined ? [] : [{ kind: 'status', said: claim, stands: [status] }]
}

function falseFacts(said: SaidFacts, stands: SaidFacts): readonly Contradiction[] {
  return [
    ...against('time', { said: said.times, stands: stands.times, isSame: isSameTime }),
    ...against('day', { said: said.days, stands: stands.days, isSame: isEqual }),
    ...against('weekday', { said: said.weekdays, stands: stands.weekdays, isSame: isEqual }),
    ...against('sum', { said: said.sums, stands: stands.sums, isSame: isEqual }),
    ...against('number', { said: said.numbers, stands: stands.numbers, isSame: isSameNumber }),
  ]
}

/** Where nothing was found, or nothing is known, every time, sum and number that nobody has named before is made up. */
function invented(sentence: string, { status, heard = '' }: ToldResult): readonly Contradiction[] {
  if (status !== 'empty' && status !== 'failed' && status !== 'unknown') return []
  if (isDenial(sentence) || NO_FACT.test(sentence.toLowerCase())) return []
  const said = factsIn(sentence)
  const known = factsIn(heard)
  return [
    ...unknownOf('time', { said: said.times, stands: known.times, isSame: isSameTime }),
    ...unknownOf('sum', { said: said.sums, stands: known.sums, isSame: isEqual }),
    ...unknownOf('number', { said: said.numbers, stands: known.numbers, isSame: isSameNumber }),
  ]
}

function unknownOf<One extends Said<unknown>>(
  kind: Contradiction['kind'],
  { said, stands, isSame }: Compared<One>,
): readonly Contradiction[] {
  return said
    .filter((one) => !stands.some((other) => isSame(one, other)))
    .map(({ text }) => ({ kind, said: text, stands: [] }))
}

type Compared<One> = {
  readonly said: readonly One[]
  readonly stands: readonly One[]
  readonly isSame: (said: One, stands: One) => boolean
}

function against<One extends Said<unknown>>(
  kind: Contradiction['kind'],
  facts: Compared<One>,
): readonly Contradiction[] {
  const { stands } = facts
  if (stands.length === 0) return []
  const named = [...new Set(stands.map(({ text }) => text))]
  return unknownOf(kind, facts).map((found) => ({ ...found, stands: named }))
}

function isEqual(one: Said<unknown>, other: Said<unknown>): boolean {
  return one.value === other.value
}

/** A time without its half of the day is the same in both. */
function isSameTime(one: SaidTime, other: SaidTime): boolean {
  return one.isHalf || other.isHalf ? one.value % 720 === other.value % 720 : one.value === other.value
}

/** A number may be said without its country, or only its end. */
function isSameNumber(one: Said<string>, other: Said<string>): boolean {
  const [said, stands] = [one.value.replace(/^0/, ''), other.value.replace(/^0/, '')]
  return stands.endsWith(said) || said.endsWith(stands)
}
