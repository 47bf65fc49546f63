import { describe, expect, it } from 'vitest'
import { isHalfAnswered, released, unfinished, withAnswer, withCall } from '../../src/openai/tool-rounds.ts'
import type { RoundCall } from '../../src/openai/tool-rounds.ts'

const call = (callId: string, responseId: string, answered = false): RoundCall => ({
  callId,
  responseId,
  answered,
})

describe('tool rounds', () => {
  it('withAnswer() keeps a round until its last call, and that of the running response for more calls', () => {
    const round = [call('a', 'r1'), call('b', 'r1')]
    const half = withAnswer(round, 'a', undefined)
    expect(half).toEqual([call('a', 'r1', true), call('b', 'r1')])
    expect(withAnswer(half, 'b', undefined)).toEqual([])
    expect(withAnswer(half, 'b', 'r1')).toHaveLength(2)
    expect(unfinished(withAnswer(half, 'b', 'r1'), undefined)).toEqual([])
  })

  it('isHalfAnswered() looks at one response at a time', () => {
    expect(isHalfAnswered([call('a', 'r1', true), call('b', 'r1')])).toBe(true)
    expect(isHalfAnswered([call('a', 'r1', true), call('b', 'r2')])).toBe(false)
    expect(isHalfAnswered([])).toBe(false)
  })

  it('a call that is announced after its sibling was answered holds the round back', () => {
    const answered = withAnswer([call('a', 'r1')], 'a', 'r1')
    expect(isHalfAnswered(withCall(answered, { callId: 'b', responseId: 'r1' }))).toBe(true)
  })

  it('released() lets the rest of a round go', () => {
    expect(isHalfAnswered(released([call('a', 'r1', true), call('b', 'r1')]))).toBe(false)
  })
})
