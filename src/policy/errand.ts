/** What a question is about: the stored arguments of a tool, read for people. */
export type Errand =
  | { readonly kind: 'call'; readonly number: string; readonly content: string }
  | { readonly kind: 'sms'; readonly number: string; readonly content: string }
  | { readonly kind: 'email'; readonly address: string; readonly subject: string; readonly content: string }
  | { readonly kind: 'search'; readonly content: string }
  | { readonly kind: 'createEvent'; readonly event: EventTime }
  /** `event` is what stands in the calendar now, `change` what is to be different. */
  | { readonly kind: 'updateEvent'; readonly event: EventTime; readonly change: Partial<EventTime> }
  | { readonly kind: 'cancelEvent'; readonly event: EventTime }

/** An event of the calendar as it is spoken of. */
export type EventTime = {
  readonly title: string
  /** Local date and time, `2026-11-24T10:30`. */
  readonly start: string
  readonly end?: string
  /** IANA name of the zone that both are in. */
  readonly timeZone: string
  /** Which version of the event this is, for one that the calendar holds. */
  readonly version?: number
}

/** Arguments about which no question can be asked. */
export class ErrandError extends Error {
  readonly code = 'ERRAND'
}

type Arguments = Readonly<Record<string, unknown>>

/**
 * Reads the stored arguments of a tool for a question.
 * @param event what the calendar holds, for the tools that change it
 * @throws ErrandError for a tool or for arguments about which no question can be asked: then nothing is done
 */
export function errandOf(tool: string, input: Arguments, event?: EventTime): Errand {
  switch (tool) {
    case 'make_call':
      return { kind: 'call', number: textOf(input, 'to_number'), content: textOf(input, 'purpose') }
    case 'send_sms':
      return { kind: 'sms', number: textOf(input, 'to_number'), content: textOf(input, 'body') }
    case 'send_email':
      return {
        kind: 'email',
        address: textOf(input, 'to'),
        subject: textOf(input, 'subject'),
        content: textOf(input, 'body'),
      }
    case 'web_research':
      return { kind: 'search', content: textOf(input, 'query') }
    case 'calendar_create_event':
      return { kind: 'createEvent', event: newEvent(input) }
    case 'calendar_update_event':
      return { kind: 'updateEvent', event: knownEvent(tool, event), change: changeOf(input) }
    case 'calendar_cancel_event':
      return { kind: 'cancelEvent', event: knownEvent(tool, event) }
  }
  throw new ErrandError(`Cannot ask about ${tool}: no question is known for it`)
}

function newEvent(input: Arguments): EventTime {
  return {
    title: textOf(input, 'title'),
    start: textOf(input, 'start'),
    ...('end' in input && { end: textOf(input, 'end') }),
    timeZone: textOf(input, 'time_zone'),
  }
}

function changeOf(input: Arguments): Partial<EventTime> {
  return {
    ...('title' in input && { title: textOf(input, 'title') }),
    ...('start' in input && { start: textOf(input, 'start') }),
    ...('end' in input && { end: textOf(input, 'end') }),
    ...('time_zone' in input && { timeZone: textOf(input, 'time_zone') }),
  }
}

function knownEvent(tool: string, event: EventTime | undefined): EventTime {
  if (!event) throw new ErrandError(`Cannot ask about ${tool}: the event is not known`)
  return event
}

function textOf(input: Arguments, name: string): string {
  const value = input[name]
  if (typeof value !== 'string') throw new ErrandError(`Cannot ask about ${name}: it is no text`)
  return value
}
