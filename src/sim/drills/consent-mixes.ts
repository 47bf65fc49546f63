import type { Random } from '../caller/random.ts'
import { pick } from './odd-values.ts'

// The lists of the specification, written down again: what is tested is not asked.
const yesWords =
  listed(`yes, yeah, yep, confirm, go ahead, do it, correct, that's right, sure, of course, sounds good,
  send it, call him, book it, proceed, i do, you may`)
const fillers = listed('um, well, so, ok, please, thanks, now, just, it, that, and, i, sir')
const denials =
  listed(`no, nope, nah, not, never, stop, cancel, wait, hold on, hold off, hang on, abort, reject, deny,
  wrong, incorrect, negative, never mind, forget it, scratch that, leave it, don't, dont, can't, won’t, DON’T`)
const questions =
  listed(`what, who, which, why, how, where, say, said, told, asked, ignore, already, earlier, repeat,
  again, maybe, perhaps, guess, think`)
const conditions =
  listed(`or, but, instead, change, actually, except, different, another, rather, only, unless, if, when,
  before, after, later, tomorrow, also, plus, both, all, every, always, everything, two, ten, hundred, 7, 5:30`)
const inner = listed('is, did, does, shall, should, would, could, can')
const noise = listed('bob, the, number, tuesday, right, to, call, you, nо, yеs, 👍, correct?')
const forbidding = [...denials, ...questions, ...conditions]
const harmless = [...yesWords, ...yesWords, ...fillers, ...noise]
const joints = [' ', ' ', ' ', ', ', '. ', '! ', ' - ', '\u200b', ' \u2066', '\u00a0', ' (', '; ']
/** What people say when they mean yes and nothing else. */
const plainAnswers =
  listed(`yes, yes please, yes please do, yes go ahead, yes do it, yeah, yeah sure, yeah go ahead, yep,
  yup, sure, sure thing, sure go ahead, of course, absolutely, definitely, correct, that's correct, that's right,
  yes that's right, confirm, confirmed, i confirm, approved, go ahead, go ahead please, please do, do it, do it please,
  please do it, yes send it, send it, please send it, yes send the message, call her, yes call him, please call them,
  book it, yes book it please, make the call, yes make the call, sounds good, sounds good to me, yes sounds good,
  that works, exactly, indeed, affirmative, agreed, yes i do, yes i'm sure, i am sure, you may, yes you can,
  ok yes, okay yes please, alright yes, all right go ahead, um yes, uh yeah, well yes, oh yes, yes now, yes thanks,
  yes thank you, yes yes, yes yes yes, yes ma'am, yes sir, yes it is correct, let's do it, go for it, proceed,
  please proceed, yes and thank you, certainly, yes certainly, yes of course, for sure`)

/** One to eight phrases, one of which forbids a yes wherever it stands: whatever it is, it is no yes. */
export function forbiddingMix(random: Random): string {
  const parts = Array.from({ length: random.whole(7) }, () => pick(random, harmless))
  const forbidden =
    random.next() < 0.9 ? pick(random, forbidding) : `${pick(random, inner)} ${pick(random, harmless)}`
  parts.splice(random.whole(parts.length + 1), 0, random.next() < 0.2 ? forbidden.toUpperCase() : forbidden)
  const joined = parts.map((part, at) => (at === 0 ? part : `${pick(random, joints)}${part}`)).join('')
  // "All right" is a filler by rule, and "that is correct" states: these two are no conditions.
  const isStatement = /all\P{L}+right|that\P{L}+is\P{L}+(correct|right)/iu.test(joined)
  return isStatement ? pick(random, denials) : joined
}

/** One to six phrases of any kind that does not forbid. */
export function harmlessMix(random: Random): readonly string[] {
  return Array.from({ length: 1 + random.whole(6) }, () => pick(random, harmless))
}

/** Whether a text consists of words that agree and of fillers: only such a one may be a yes. */
export function isOfAgreement(text: string): boolean {
  return text.split(' ').every((word) => agreeing.has(word))
}

/** What somebody says who agrees plainly, as a transcription may write it. */
export function plainAnswer(random: Random): string {
  const said = pick(random, plainAnswers)
  const start = random.whole(2) === 0 ? said : said.slice(0, 1).toUpperCase() + said.slice(1)
  return `${start.replace(' ', pick(random, [' ', ' ', ', ']))}${pick(random, ['.', '.', '!', ''])}`
}

const agreeing = new Set(
  [...yesWords, ...fillers, 'the', 'you', 'call', 'right', 'correct?'].flatMap((phrase) => phrase.split(' ')),
)

function listed(text: string): readonly string[] {
  return text.split(',').map((phrase) => phrase.trim())
}
