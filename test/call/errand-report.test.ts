import { describe, expect, it } from 'vitest'
import { errandReport } from '../../src/call/errand-report.ts'
import type { CompleteCall, TurnRecord } from '../../src/ports/storage.ts'
import { ringingCall, startedAtMs, turnOf } from '../storage/records.ts'

const errand = { ref: 'intent_x1', callSid: 'CA1', sessionId: 'CA2', number: '+14155550123' }

function recordOf(turns: readonly TurnRecord[], answered = true): CompleteCall {
  const call = { ...ringingCall('CA1'), durationSeconds: 65, ...(answered && { answeredAtMs: startedAtMs }) }
  return { call, turns, streams: [], sessions: [], messages: [] }
}

describe('errandReport()', () => {
  it('tells what was said last, who said it, and how long it took', () => {
    const fixed = { ...turnOf('CA1', 0, 'This is a computer.'), source: 'fixed' } as const
    const turns = [
      fixed,
      turnOf('CA1', 1, 'Who is it?'),
      turnOf('CA1', 2, 'A table for two?'),
      turnOf('CA1', 3, ''),
    ]
    expect(errandReport({ ...errand, record: recordOf(turns), status: 'failed' })).toEqual({
      ...errand,
      status: 'answered',
      durationSeconds: 65,
      said: [
        { speaker: 'callee', text: 'Who is it?' },
        { speaker: 'agent', text: 'A table for two?' },
      ],
      isCut: false,
      messages: 0,
    })
  })

  it('keeps twelve turns and two thousand characters, the last ones', () => {
    const many = Array.from({ length: 30 }, (_, seq) => turnOf('CA1', seq))
    const report = errandReport({ ...errand, record: recordOf(many), status: 'answered' })
    expect(report).toMatchObject({ isCut: true, said: { length: 12, 11: { text: 'turn 29' } } })
    const long = [turnOf('CA1', 1, 'a'.repeat(1_500)), turnOf('CA1', 2, 'b'.repeat(1_500))]
    const cut = errandReport({ ...errand, record: recordOf(long), status: 'answered' })
    expect(cut.said.map(({ text }) => text)).toEqual([`…${'a'.repeat(500)}`, 'b'.repeat(1_500)])
    expect(cut.isCut).toBe(true)
  })

  it('has failed when somebody answered and we did not speak with them', () => {
    const report = errandReport({ ...errand, record: recordOf([], false), status: 'answered' })
    expect(report.status).toBe('failed')
  })

  it.each(['busy', 'no-answer', 'failed', 'canceled'] as const)('is %s when nobody answered', (status) => {
    const nothing = { said: [], isCut: false, messages: 0 }
    expect(errandReport({ ...errand, record: undefined, status })).toEqual({ ...errand, status, ...nothing })
    expect(errandReport({ ...errand, record: recordOf([], false), status })).toEqual({
      ...errand,
      status,
      ...nothing,
    })
  })
})
