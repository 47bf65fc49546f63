import type { Errand, EventTime } from './errand.ts'
import {
  excerptOf,
  numberInDigits,
  numberInGroups,
  plainLine,
  spokenAddress,
  spokenTime,
  spokenZone,
} from './spoken.ts'
import type { Taint } from './tool-rules.ts'

/** What a question says besides the errand. */
export type QuestionContext = {
  /** Who the destination is, where a contact says so. */
  readonly name?: string | undefined
  /** Whether it was never reached before: then it is read out whole, and the owner answers for it. */
  readonly isFirstDestination: boolean
  /** Untrusted content that the turn held. */
  readonly taint: readonly Taint[]
  /** Where the destination is from, when nothing but untrusted content names it. */
  readonly destinationFrom?: Taint | undefined
  /** How it can be answered: by voice or keypad, by the keypad alone where speech is not transcribed, in writing. */
  readonly answer: 'voice' | 'keypad' | 'text'
  /** Whether private words, a stranger's words and a way out meet: then more of what is sent is read out. */
  readonly hasThreeLegs: boolean
}

/** What the owner hears when a PIN is needed. */
export const pinPrompt = 'Please enter your PIN on the keypad, then press the pound key.'

const SHORT = { maxWords: 12 }
const LONG = { maxWords: 60 }

/**
 * The question about an errand, as it is put the first, the second and the third time. Built from the stored arguments
 * alone; the caller's answer is bound to them. English: the first of CONFIRMATION_LANGUAGES that has a lexicon.
 * @throws RangeError for a time that is none
 */
export function questionsFor(errand: Errand, context: QuestionContext): readonly [string, string, string] {
  const asked = `${origin(context)}Shall I ${deed(errand, context)}?${statement(errand, context)}`
  switch (context.answer) {
    case 'voice':
      return [
        `${asked} Say yes or no, or press 1 for yes, 2 for no.`,
        `Let me ask once more. ${asked} Say just yes or no, or press 1 for yes, 2 for no.`,
        `Please answer on the keypad. ${asked} Press 1 for yes, or 2 for no.`,
      ]
    case 'keypad': {
      const again = `Please answer on the keypad. ${asked} Press 1 for yes, or 2 for no.`
      return [`${asked} Press 1 for yes, or 2 for no.`, again, again]
    }
    case 'text': {
      const again = `Let me ask once more. ${asked} Reply just yes or no.`
      return [`${asked} Reply yes or no.`, again, again]
    }
  }
}

/** What the caller hears when a question could not be put: nothing was done. */
export function notAskedSentence(tool: string): string {
  return `I could not ask you about ${subjects.get(tool) ?? 'that'}, so I have not done it.`
}

const subjects: ReadonlyMap<string, string> = new Map([
  ['make_call', 'the call'],
  ['send_sms', 'the text message'],
  ['send_email', 'the e-mail'],
  ['web_research', 'the search'],
  ['calendar_create_event', 'the new event'],
  ['calendar_update_event', 'the change in your calendar'],
  ['calendar_cancel_event', 'the event'],
])

const origins: Readonly<Record<Taint, string>> = {
  eMail: 'an e-mail',
  webPage: 'a web page',
  calendar: 'a calendar entry',
  message: 'a message',
}

function origin({ taint, destinationFrom }: QuestionContext): string {
  const from = [...new Set(taint)].map((kind) => origins[kind]).join(' and ')
  const came = from === '' ? '' : `This came from ${from}. `
  return destinationFrom ? `${came}The recipient is only known from ${origins[destinationFrom]}. ` : came
}

function deed(errand: Errand, context: QuestionContext): string {
  const excerpt = context.hasThreeLegs ? LONG : SHORT
  switch (errand.kind) {
    case 'call':
      return `call ${recipient(errand.number, context)}: ${excerptOf(errand.content, excerpt)}`
    case 'sms':
      return `text ${recipient(errand.number, context)}: ${excerptOf(errand.content, excerpt)}`
    case 'email':
      return `e-mail ${named(context)}${spokenAddress(errand.address)}, about ${subjectOf(errand.subject)}: ${excerptOf(errand.content, excerpt)}`
    case 'search':
      return `search the web for: ${excerptOf(errand.content, excerpt)}`
    case 'createEvent':
      return `add ${titled(errand.event)} to your calendar, ${spokenTime(errand.event)}`
    case 'updateEvent':
      return `update ${titled(errand.event)}, ${spokenTime(errand.event)}, to ${changed(errand.event, errand.change)}`
    case 'cancelEvent':
      return `take ${titled(errand.event)}, ${spokenTime(errand.event)}, out of your calendar`
  }
}

function recipient(number: string, context: QuestionContext): string {
  const { isFirstDestination } = context
  return isFirstDestination
    ? `${named(context)}for the first time, ${numberInDigits(number)}`
    : `${named(context)}${numberInGroups(number)}`
}

function named({ name }: QuestionContext): string {
  const said = plainLine(name ?? '')
  return said === '' ? '' : `${said}, `
}

function subjectOf(subject: string): string {
  const said = plainLine(subject)
  return said === '' ? 'nothing' : said
}

function titled({ title }: EventTime): string {
  const said = plainLine(title)
  return said === '' ? 'an event without a title' : said
}

function changed(event: EventTime, change: Partial<EventTime>): string {
  const { title, start, end, timeZone } = change
  const newTime = start !== undefined || end !== undefined || timeZone !== undefined
  // An end of the former day means nothing once the start has moved: it is only said when it is new.
  const kept = start === undefined ? event.end : undefined
  const until = end ?? kept
  const time = {
    start: start ?? event.start,
    timeZone: timeZone ?? event.timeZone,
    ...(until !== undefined && { end: until }),
  }
  return [
    ...(title === undefined ? [] : [titled({ ...event, title })]),
    ...(newTime ? [spokenTime(time)] : []),
    ...(title === undefined && !newTime ? [`the same, ${spokenZone(event.timeZone)}`] : []),
  ].join(', ')
}

/** Whoever sends somebody unknown a call or a message answers for it: that is asked together with the errand. */
function statement(errand: Errand, { isFirstDestination }: QuestionContext): string {
  if (!isFirstDestination) return ''
  switch (errand.kind) {
    case 'call':
      return ' With a yes you tell me that they expect this call or are a business.'
    case 'sms':
    case 'email':
      return ' With a yes you tell me that they expect this message or are a business.'
    case 'search':
    case 'createEvent':
    case 'updateEvent':
    case 'cancelEvent':
      return ''
  }
}
