import { z } from 'zod'
import type { SessionRecord } from '../openai/session-record.ts'
import { wordsOf } from './long-call-scenario.ts'

/** What comes of the past comes at once. */
const TOLD_WITHIN_MS = 500

const created = z.object({
  item: z.object({ content: z.array(z.object({ text: z.string().optional() })).optional() }),
})

/**
 * What a later session of a long call was told of what had happened before its first audio.
 * @param exchanges how many there had been by then
 */
export function toldOf(
  { received, firstAppendAtMs = 0 }: SessionRecord,
  exchanges: number,
): { readonly items: number; readonly knowsFirst: boolean; readonly knowsLast: boolean } {
  const items = received.filter(
    ({ type, atMs }) => type === 'conversation.item.create' && atMs <= firstAppendAtMs + TOLD_WITHIN_MS,
  )
  const texts = items.flatMap(({ event }) => created.safeParse(event).data?.item.content ?? [])
  const knows = (words: string): boolean => texts.some(({ text }) => text?.includes(words))
  return {
    items: items.length,
    knowsFirst: knows(wordsOf(0).question),
    knowsLast: knows(wordsOf(exchanges - 1).answer),
  }
}
