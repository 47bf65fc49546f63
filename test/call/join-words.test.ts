import { describe, expect, it } from 'vitest'
import type { CallEvent } from '../../src/call/event.ts'
import { joinWords } from '../../src/call/join-words.ts'

function words(text: string, more: { itemId?: string; final?: boolean; atMs?: number } = {}): CallEvent {
  const { itemId = 'item_1', final = false, atMs = 0 } = more
  return { kind: 'replyText', responseId: 'resp_1', itemId, text, final, atMs }
}

describe('joinWords()', () => {
  it('makes one event of the words of one item', () => {
    const held = joinWords(undefined, words('We open', { atMs: 5 }))
    expect(held && joinWords(held, words(' at nine.', { atMs: 9 }))).toEqual(
      words('We open at nine.', { atMs: 9 }),
    )
  })

  it('leaves final words, other items and other events as they are', () => {
    const held = words('We open')
    expect(joinWords(held, words('We open at nine.', { final: true }))).toBeUndefined()
    expect(joinWords(undefined, words('We open at nine.', { final: true }))).toBeUndefined()
    expect(joinWords(held, words('Then', { itemId: 'item_2' }))).toBeUndefined()
    expect(joinWords(held, { kind: 'dtmf', digit: '1', atMs: 0 })).toBeUndefined()
  })

  it('holds back no more than a bound', () => {
    expect(joinWords(words('a'.repeat(1_999)), words('b'))).toBeDefined()
    expect(joinWords(words('a'.repeat(2_000)), words('b'))).toBeUndefined()
  })
})
