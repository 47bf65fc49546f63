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

/**
 * What the owner is told of effects that nobody knows the end of. English, as the questions are; without double quotes,
 * and without a word that came from outside.
 * The second time it begins otherwise, so that nobody takes it for the same words said twice.
 * @param told.timeZone IANA name of the owner's zone, in which the times are told
 */
export function unresolvedSentence(
  effects: readonly UnresolvedEffect[],
  { timeZone, isAgain }: { readonly timeZone: string; readonly isAgain: boolean },
): string {
  const told = effects.map((effect) => deedOf(effect, timeZone)).join(', and ')
  return `${isAgain ? 'Once more' : 'One thing first'}: I do not know what became of ${told}. I have not tried again. Please check it.`
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
