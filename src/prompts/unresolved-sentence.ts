/** An effect of which nobody knows what came of it. */
export type UnresolvedEffect = {
  readonly tool: string
  /** The end of the number that it was to reach, where it was one. */
  readonly last4: string | undefined
  /** Unix milliseconds. */
  readonly begunAtMs: number
}

/** What each tool would have done, as it is spoken of. */
const deeds: ReadonlyMap<string, string> = new Map([
  ['make_call', 'the call'],
  ['send_sms', 'the text message'],
  ['send_email', 'the e-mail'],
  ['calendar_create_event', 'the new event in your calendar'],
  ['calendar_update_event', 'the change in your calendar'],
  ['calendar_cancel_event', 'the cancelled event in your calendar'],
  ['take_message', 'the message that I took for you'],
])

/** More than these are not told one by one: a number of one digit is spoken as it is written. */
const MOST_MESSAGES = 9

/**
 * What the owner is told of effects that nobody knows the end of, and of messages that could not be sent to them. English,
 * as the questions are; without double quotes, and without a word that came from outside.
 * The second time it begins otherwise, so that nobody takes it for the same words said twice.
 * @param told.messages how many; 0 for none, where there are effects
 * @param told.timeZone IANA name of the owner's zone, in which the times are told
 */
export function unresolvedSentence(
  effects: readonly UnresolvedEffect[],
  told: { readonly timeZone: string; readonly isAgain: boolean; readonly messages: number },
): string {
  const begin = told.isAgain ? 'Once more' : 'One thing first'
  const waiting = told.messages > 0 ? messagesOf(told.messages) : undefined
  if (effects.length === 0) return `${begin}: ${waiting ?? ''}`
  const named = effects.map((effect) => deedOf(effect, told.timeZone)).join(', and ')
  const also = waiting === undefined ? '' : ` And ${waiting}`
  return `${begin}: I do not know what became of ${named}. I have not tried again. Please check it.${also}`
}

function messagesOf(count: number): string {
  if (count === 1) return 'there is 1 message for you that I could not send you. I have kept it.'
  const many = count > MOST_MESSAGES ? `more than ${MOST_MESSAGES}` : String(count)
  return `there are ${many} messages for you that I could not send you. I have kept them.`
}

function deedOf({ tool, last4, begunAtMs }: UnresolvedEffect, timeZone: string): string {
  const whom = last4 === undefined ? '' : ` to the number ending in ${Array.from(last4).join(' ')}`
  return `${deeds.get(tool) ?? 'something that I had begun'}${whom}, ${momentOf(begunAtMs, timeZone)}`
}

/** "Friday, 27 November, 10:15 AM". */
function momentOf(atMs: number, timeZone: string): string {
  const at = Temporal.Instant.fromEpochMilliseconds(Math.floor(atMs)).toZonedDateTimeISO(timeZone)
  const weekday = at.toLocaleString('en', { weekday: 'long' })
  const month = at.toLocaleString('en', { month: 'long' })
  const minute = String(at.minute).padStart(2, '0')
  return `${weekday}, ${at.day} ${month}, ${at.hour % 12 === 0 ? 12 : at.hour % 12}:${minute} ${at.hour < 12 ? 'AM' : 'PM'}`
}
