import { describe, expect, it } from 'vitest'
import { hasOpenConfirmation } from '../../src/policy/confirmation-desk.ts'
import { AtDesk } from './at-desk.ts'

const byKey = { answerBy: 'apiKey', strength: 'S1' } as const

function approve(at: AtDesk, change: { id?: string; hash?: string } = {}): string | undefined {
  at.feed({ kind: 'approved', id: 'confirmation-1', hash: 'hash-1', keyName: 'desk', ...change })
  return at.of('approval').at(-1)?.verdict
}

describe('stepDesk() with a key of the API', () => {
  it('runs what it names, once', () => {
    const at = new AtDesk()
    at.propose(byKey)
    expect(at.of('ask')).toEqual([])
    expect(approve(at)).toBe('accepted')
    expect(at.record()).toMatchObject({ state: 'confirmed', evidence: { by: 'apiKey', keyName: 'desk' } })
    expect([approve(at), at.runs()]).toEqual(['gone', ['confirmation-1']])
  })

  it('approves nothing that is over, unknown or has other arguments', () => {
    const at = new AtDesk()
    at.propose(byKey)
    expect(approve(at, { hash: 'hash-2' })).toBe('mismatch')
    expect(approve(at, { id: 'nothing' })).toBe('unknown')
    at.feed({ kind: 'ended', reason: 'modelLost' })
    expect(approve(at)).toBe('gone')
    expect(at.runs()).toEqual([])
  })

  it('may approve while the question is spoken, which then stops', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    approve(at)
    expect(at.of('stopQuestion')).toHaveLength(1)
    expect(at.runs()).toEqual(['confirmation-1'])
  })

  it('leaves a question that is open to the caller', () => {
    const at = new AtDesk()
    at.propose({ ...byKey, id: 'kept', callId: 'call_0', hash: 'hash-0' })
    at.asked()
    approve(at, { id: 'kept', hash: 'hash-0' })
    at.say('No.')
    expect(at.told()).toEqual(['call_1 denied'])
    expect(at.runs()).toEqual(['kept'])
    // Nobody was asked about the other one: a key of the telephone is no answer to it.
    at.key('2')
    expect(at.ignored()).toEqual(['noQuestion'])
  })

  it('takes no no away from what the caller confirmed', () => {
    const at = new AtDesk()
    at.propose({ ...byKey, id: 'kept', callId: 'call_0', hash: 'hash-0', tool: 'make_call' })
    at.asked()
    approve(at, { id: 'kept', hash: 'hash-0' })
    at.key('1')
    at.key('2')
    expect([at.runs(), at.of('revoke').map(({ id }) => id)]).toEqual([
      ['kept', 'confirmation-1'],
      ['confirmation-1'],
    ])
  })

  it('has ten lives of a question for it', () => {
    const at = new AtDesk()
    at.propose(byKey)
    at.pass(299_999)
    expect(hasOpenConfirmation(at.desk)).toBe(true)
    at.pass(1)
    expect([approve(at), at.told(), at.changes()]).toEqual([
      'gone',
      ['call_1 expired'],
      ['expired neverAsked'],
    ])
  })
})
