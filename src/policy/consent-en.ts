import type { ConsentLexicon } from './consent-lexicon.ts'
import { phrases, wordSet } from './phrases.ts'

/** How English agrees and declines. `n't` has become `not` before these lists are asked. */
export const english: ConsentLexicon = {
  language: 'en',
  joined: [
    { phrase: phrases('all right'), word: 'alright' },
    { phrase: phrases('thank you'), word: 'thanks' },
  ],
  vague: phrases('or, not sure, no problem, no worries, why not'),
  denials: phrases(
    'no, nope, nah, not, never, stop, cancel, wait, hold on, hold off, hang on, abort, reject, deny, wrong',
    'incorrect, negative, never mind, forget it, scratch that, leave it',
  ),
  questions: wordSet(
    'what, who, which, why, how, where, say, said, told, asked, ignore, already, earlier, repeat, again',
    'maybe, perhaps, guess, think',
  ),
  innerQuestions: wordSet('is, did, does, shall, should, would, could, can'),
  statements: phrases('that is correct, that is right'),
  changes: wordSet('but, instead, change, actually, except, different, another, rather'),
  conditions: wordSet(
    'only, unless, if, when, before, after, later, tomorrow, also, plus, both, all, every, always, everything',
  ),
  numbers: wordSet(
    'zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen',
    'fifteen, sixteen, seventeen, eighteen, nineteen, twenty, thirty, forty, fifty, sixty, seventy, eighty',
    'ninety, hundred, thousand, million, billion, first, third, fourth, fifth, half, dozen, twice, double',
  ),
  yes: phrases(
    'yes, yeah, yep, yup, confirm, confirmed, approve, approved, correct, proceed, sure, for sure, sure thing',
    'absolutely, definitely, certainly, affirmative, agreed, of course, sounds good, go ahead, go for it',
    "do it, do so, do that, please do, i do, that's right, that's correct, that is right, that is correct",
    "let's do it, sounds great, that works, exactly, indeed, i'm sure, i am sure, you may, you can, you should",
    'send it, send the message, send the text, send the email, book it, make the call, call him, call her',
    'call them, ring him, ring her, ring them, text him, text her, text them, email him, email her, email them',
  ),
  fillers: wordSet(
    "um, uh, oh, ah, er, well, so, ok, okay, alright, please, thanks, now, just, the, it, that, and, i, sir, ma'am",
  ),
}
