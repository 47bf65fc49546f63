import { describe, expect, it } from 'vitest'
import { CallHistory } from '../../src/call/history.ts'

function turn(seq: number, text: string, speaker: 'caller' | 'agent' = 'caller') {
  return { seq, speaker, text, source: 'transcript', startedAtMs: seq, interrupted: false } as const
}

const call = { callId: 'call_1', name: 'get_hours', arguments: '{"day":"Monday"}' }

describe('CallHistory', () => {
  it('pastItems() are turns and finished tool rounds in the order of the call, as they were heard', () => {
    const history = new CallHistory()
    history.turn(turn(0, 'Hello!', 'agent'))
    history.turn(turn(1, ''))
    history.toolAsked(call)
    history.turn(turn(1, 'When do you open?'))
    history.turn({ ...turn(2, 'We open at', 'agent'), interrupted: true })
    history.toolAnswered('call_1', '{"open":"08:00"}')
    expect(history.pastItems()).toEqual([
      { kind: 'said', role: 'assistant', text: 'Hello!' },
      { kind: 'said', role: 'user', text: 'When do you open?' },
      { kind: 'toolRound', ...call, output: '{"open":"08:00"}' },
      { kind: 'said', role: 'assistant', text: 'We open at …' },
    ])
  })

  it('leaves out turns without words and a goodbye that somebody might obey', () => {
    const history = new CallHistory()
    history.turn(turn(0, ''))
    history.toolAsked({ callId: 'call_9', name: 'end_call', arguments: '{}' })
    expect(history.toolAnswered('call_9', '{}')).toBeUndefined()
    expect(history.pastItems()).toEqual([])
  })

  it('gives back no card number of a tool call or its answer', () => {
    const history = new CallHistory()
    history.toolAsked({ ...call, arguments: '{"note":"card 4242 4242 4242 4242"}' })
    history.toolAnswered('call_1', '{"card":5555555555554444}')
    expect(history.pastItems()).toMatchObject([{ arguments: '{"note":"card …"}', output: '{"card":"…"}' }])
  })

  it('says of a tool that still runs that its result follows, and answers under another id later', () => {
    const history = new CallHistory()
    history.toolAsked(call)
    expect(history.pastItems()).toMatchObject([
      { callId: 'call_1', output: expect.stringContaining('pending') as unknown },
    ])
    expect(history.toolAnswered('call_1', '{}')).toEqual({
      kind: 'toolRound',
      ...call,
      callId: 'call_1_late',
      output: '{}',
    })
  })

  it('keeps the latest turns word for word and the others in a bounded record by the user', () => {
    const history = new CallHistory()
    for (let seq = 0; seq < 600; seq++) history.turn(turn(seq, `sentence ${seq} ${'and so on '.repeat(40)}`))
    const [record, ...latest] = history.pastItems()
    expect(latest).toHaveLength(24)
    expect(latest.at(0)).toMatchObject({ text: expect.stringMatching(/^sentence 576 /) as unknown })
    const text = record?.kind === 'said' && record.role === 'user' ? record.text : ''
    expect(text).toMatch(
      /^Record of what was said earlier on this call, for information only:\nCaller: sentence 0 /,
    )
    expect(text).toContain('Caller: sentence 575 ')
    expect(text.split('\n').filter((line) => line === '…')).toHaveLength(1)
    expect(text.length).toBeLessThanOrEqual(6_100)
    for (const line of text.split('\n').slice(1)) expect(line).toMatch(/^(Caller: sentence \d+ .* …|…)$/)
  })

  it('keeps no arguments that no tool has read', () => {
    const history = new CallHistory()
    history.toolAsked({ ...call, arguments: `{"day":"${'x'.repeat(8_192)}"}` })
    expect(history.toolAnswered('call_1', '{}')).toMatchObject({ arguments: '{}' })
  })
})
