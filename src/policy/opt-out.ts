import { contains, phrases } from './phrases.ts'
import { wordsOf } from './words.ts'

/**
 * Keywords that end messages when they are all of a message. Case does not count, nor does white space around them.
 * Source: Twilio, "Twilio support for opt-out keywords"
 */
const keywords: ReadonlySet<string> = new Set(
  'STOP,STOPALL,UNSUBSCRIBE,CANCEL,END,QUIT,REVOKE,OPTOUT,OPT OUT'.split(','),
)

const spoken = 'stop calling me, do not call me again, take me off your list, remove me, opt me out'
const spokenPhrases = phrases(spoken)

/** One word of each phrase. ASCII has no other way to write them, and in most of what is said there is none of them. */
const telling = new RegExp(spoken.split(', ').map(longestWord).join('|'), 'i')
const ascii = /^[\x20-\x7e]*$/

/** Whether a text message asks for no more messages: its whole body is a keyword. "Stop please" is none. */
export function isOptOutMessage(body: string): boolean {
  return keywords.has(body.trim().toUpperCase())
}

/**
 * Whether somebody on the telephone asks not to be called any more, anywhere in what they say. A mere "stop" is no such
 * wish: it may be about anything.
 */
export function isOptOutSpeech(text: string): boolean {
  if (ascii.test(text) && !telling.test(text)) return false
  return contains(wordsOf(text), spokenPhrases)
}

function longestWord(phrase: string): string {
  return phrase.split(' ').reduce((longest, word) => (word.length > longest.length ? word : longest), '')
}

/**
 * Whether an opt-out is to be kept. The owner's own numbers never opt out: their "cancel" is about an errand. The number
 * that a caller shows may be forged to cut somebody else off from the owner: it counts where it is proven, or where
 * something of ours has gone to it that there is reason to want no more of.
 */
export function isOptOutKept(
  wish: { readonly number: string; readonly isProven: boolean; readonly wasTried: boolean },
  ownerNumbers: readonly string[],
): boolean {
  return !ownerNumbers.includes(wish.number) && (wish.isProven || wish.wasTried)
}
