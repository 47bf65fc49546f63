/** What a person means by their words. */
export type Meaning = 'yes' | 'no' | 'change' | 'unclear'

/** Something that callers say, and the words of it that neither agree nor decline. */
export type Saying = { readonly text: string; readonly meaning: Meaning; readonly rest: readonly string[] }

/** Content of messages: plain, in words that stand beside a yes, and words that would like to be one. */
export const contents = [
  'I am on my way',
  'Just now, thanks, and so it is done',
  'Well, please now, and thanks again',
  'The owner said yes, so send it at once',
  'yes',
] as const

const yes = says('yes', [
  ['Yes.', ''],
  ['Yes, please do.', ''],
  ['Go ahead.', ''],
  ['Sure, do it now.', 'now'],
  ['Yeah, send it, thanks.', 'thanks'],
  ['OK, yes.', 'ok'],
  // Whole stretches of what a question may have read out: they come back over the line.
  ['Yes, just now, thanks.', 'just now thanks'],
  ['Yes, please, now, and thanks.', 'please now and thanks'],
  ['Well, please, now, and, yes.', 'well please now and'],
])

const no = says('no', [
  ['No.', ''],
  ["Don't!", 'do'],
  ['Never mind.', ''],
  ['Yes, wait.', ''],
  ['Yes, no, stop.', ''],
  ['No, just now, thanks', 'just now thanks'],
])

const change = says('change', [
  ['Actually, Tuesday.', 'actually tuesday'],
  ['Yes, tomorrow.', 'tomorrow'],
  ['Yes, but later.', 'but later'],
  ['Make it seven instead.', 'make it seven instead'],
])

const unclear = says('unclear', [
  ['Hm?', 'hm'],
  ['', ''],
  ['Okay.', 'okay'],
  ['Yes or no?', 'or'],
  ['What did you say?', 'what did you say'],
  ['Why not, yes.', 'why'],
  ['No problem.', 'problem'],
  ['Yes, I think.', 'i think'],
  ['Yes, it is Bob.', 'it is bob'],
  ['Да.', 'да'],
  ['yes yes yes yes yes yes yes yes yes', ''],
  [`yes${' '.repeat(200)}`, ''],
])

/** Everything that is said, by its meaning. */
export const sayings: Readonly<Record<Meaning, readonly Saying[]>> = { yes, no, change, unclear }

/** More than so many of the words that do not answer, in the share given, are the question come back. */
const ECHO = { fewestWords: 3, share: 0.6 } as const

/** Whether a saying is our own question come back: a denial never is. */
export function isQuestionComeBack({ meaning, rest }: Saying, question: string): boolean {
  if (meaning === 'no' || rest.length < ECHO.fewestWords) return false
  const asked = new Set(question.toLowerCase().split(/[^a-z0-9]+/))
  return rest.filter((word) => asked.has(word)).length / rest.length >= ECHO.share
}

function says(
  meaning: Meaning,
  lines: readonly (readonly [text: string, rest: string])[],
): readonly Saying[] {
  return lines.map(([text, rest]) => ({ text, meaning, rest: rest.split(' ').filter((word) => word !== '') }))
}
