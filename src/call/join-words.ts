import type { CallEvent } from './event.ts'

/** Words of a reply that are held back at most, in characters. */
const MAX_HELD_CHARACTERS = 2_000

/**
 * Joins the words of a reply, which come by the dozen and from which nothing follows before something else happens, to
 * one event. Final ones, which repeat the whole text, go as they are.
 * @returns the event to hold back; undefined when this one is none, or does not fit to the one that is held
 */
export function joinWords(held: CallEvent | undefined, event: CallEvent): CallEvent | undefined {
  if (event.kind !== 'replyText' || event.final) return undefined
  if (held === undefined) return event
  if (held.kind !== 'replyText' || held.itemId !== event.itemId) return undefined
  const text = held.text + event.text
  return text.length <= MAX_HELD_CHARACTERS ? { ...event, text } : undefined
}
