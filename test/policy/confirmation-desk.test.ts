import { describe, expect, it } from 'vitest'
import {
  hasOpenConfirmation,
  isQuestionOpen,
  takesKeys,
  nextDeadlineMs,
  stepDesk,
} from '../../src/policy/confirmation-desk.ts'
import { AtDesk } from './at-desk.ts'
import { proposal } from './records.ts'

const pin = { answerBy: 'callerWithPin', strength: 'S1' } as const

describe('stepDesk() from proposal to outcome', () => {
  it('answers the model at once, asks, hears a plain yes and runs what is stored', () => {
    const at = new AtDesk()
    expect(at.propose()).toEqual([
      {
        kind: 'answerTool',
        callId: 'call_1',
        output: { status: 'confirmation_required', question: 'Shall I?' },
      },
      { kind: 'ask', id: 'confirmation-1', attempt: 1, way: 'model', text: 'Shall I?' },
    ])
    at.hear()
    at.pass(1_000)
    const { id, nonce, tool, arguments: stored, hash } = proposal()
    expect(at.say('Yes, please do.')).toEqual([
      { kind: 'changed', record: at.record(), reason: 'yes' },
      { kind: 'run', id, nonce, tool, arguments: stored, hash },
    ])
    expect(at.record()).toMatchObject({
      state: 'confirmed',
      use: 'unused',
      evidence: { by: 'speech', itemId: 'item-1' },
    })
    at.feed({ kind: 'intentCommitted', id })
    expect(at.record().use).toBe('committed')
    expect(at.feed({ kind: 'finished', id, status: 'done' })).toEqual([
      { kind: 'tell', callId: 'call_1', tool, status: 'done' },
    ])
    expect(at.desk.records).toEqual([])
    expect(nextDeadlineMs(at.desk)).toBeUndefined()
  })

  it.each(['failed', 'unknown'] as const)('tells the model of a run that ended %s', (status) => {
    const at = new AtDesk()
    at.asked()
    at.key('1')
    at.feed({ kind: 'intentCommitted', id: 'confirmation-1' })
    at.feed({ kind: 'finished', id: 'confirmation-1', status })
    expect(at.told()).toEqual([`call_1 ${status}`])
  })

  it('ends a run that failed before its intent was written', () => {
    const at = new AtDesk()
    at.asked()
    at.key('1')
    at.feed({ kind: 'finished', id: 'confirmation-1', status: 'failed' })
    expect([at.told(), at.desk.records]).toEqual([['call_1 failed'], []])
  })

  it('takes no outcome for what does not run', () => {
    const at = new AtDesk()
    at.asked()
    at.feed({ kind: 'finished', id: 'confirmation-1', status: 'done' })
    at.feed({ kind: 'finished', id: 'nothing', status: 'done' })
    expect([at.told(), at.record().state]).toEqual([[], 'asked'])
  })

  it('does nothing at a time that has nothing due, and does not change what it is given', () => {
    const at = new AtDesk()
    at.asked()
    const before = structuredClone({ ...at.desk, settings: undefined })
    stepDesk(at.desk, { kind: 'key', key: '1', atMs: at.atMs })
    stepDesk(at.desk, { kind: 'time', atMs: at.atMs })
    expect({ ...at.desk, settings: undefined }).toEqual(before)
  })
})

describe('stepDesk() with the end of everything', () => {
  it.each(['hungUp', 'modelLost', 'transferred', 'stopping'] as const)(
    '%s: cancels what is open',
    (reason) => {
      const at = new AtDesk()
      at.asked()
      at.propose({ id: 'confirmation-2', callId: 'call_2', tool: 'make_call', hash: 'hash-2' })
      at.feed({ kind: 'ended', reason })
      at.key('1')
      at.say('Yes.')
      expect(at.changes().slice(-2)).toEqual([`cancelled ${reason}`, `cancelled ${reason}`])
      expect(at.told()).toEqual(['call_1 cancelled', 'call_2 cancelled'])
      expect(at.runs()).toEqual([])
      expect(hasOpenConfirmation(at.desk)).toBe(false)
    },
  )

  it.each([
    ['hungUp', ['refused']],
    ['stopping', ['refused']],
    ['modelLost', ['confirmation_required']],
    ['transferred', ['confirmation_required']],
  ] as const)('%s: answers a later proposal with %j', (reason, answers) => {
    const at = new AtDesk()
    at.feed({ kind: 'ended', reason })
    at.feed({ kind: 'ended', reason: 'modelLost' })
    at.propose()
    expect(at.answers()).toEqual(answers)
  })

  it('stops a question that is being spoken', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    expect(at.feed({ kind: 'ended', reason: 'modelLost' })[0]).toEqual({
      kind: 'stopQuestion',
      id: 'confirmation-1',
    })
  })

  it('forgets what a lost session has heard: its words can not come any more', () => {
    const at = new AtDesk()
    const itemId = at.begin()
    at.feed({ kind: 'ended', reason: 'modelLost' })
    at.propose()
    expect(at.of('ask')).toHaveLength(1)
    at.feed({ kind: 'transcript', itemId, text: 'yes' })
    expect(at.ignored()).toEqual(['unknownItem'])
  })

  it('cancels a yes that still waits for words', () => {
    const at = new AtDesk()
    at.asked()
    at.begin()
    at.key('1')
    at.feed({ kind: 'ended', reason: 'hungUp' })
    at.pass(10_000)
    expect([at.runs(), at.told()]).toEqual([[], ['call_1 cancelled']])
  })

  it('lets go on what was confirmed before', () => {
    const at = new AtDesk()
    at.asked()
    at.key('1')
    at.feed({ kind: 'ended', reason: 'hungUp' })
    at.feed({ kind: 'intentCommitted', id: 'confirmation-1' })
    at.feed({ kind: 'finished', id: 'confirmation-1', status: 'done' })
    expect([at.runs(), at.told()]).toEqual([['confirmation-1'], ['call_1 done']])
  })
})

describe('stepDesk() between a yes and its intent', () => {
  it.each([
    ['2 on the keypad', (at: AtDesk) => at.key('2'), 'denied'],
    ['a no', (at: AtDesk) => at.say('No, wait.'), 'denied'],
    ['a change', (at: AtDesk) => at.say('Actually, make it Tuesday.'), 'changed'],
  ] as const)('lets %s win', (_what, answer, told) => {
    const at = new AtDesk()
    at.asked()
    at.key('1')
    answer(at)
    expect(at.of('revoke')).toEqual([{ kind: 'revoke', id: 'confirmation-1' }])
    expect(at.of('changed').at(-1)).toMatchObject({
      record: { state: 'confirmed', use: 'revoked' },
      reason: 'revoked',
    })
    expect(at.told()).toEqual([`call_1 ${told}`])
    // Whoever writes the intent all the same is called back again.
    at.feed({ kind: 'intentCommitted', id: 'confirmation-1' })
    expect(at.of('revoke')).toHaveLength(2)
  })

  it.each([
    ['1 on the keypad', (at: AtDesk) => at.key('1')],
    ['another key', (at: AtDesk) => at.key('5')],
    ['another yes', (at: AtDesk) => at.say('Yes, yes.')],
    ['words that say nothing', (at: AtDesk) => at.say('Hello?')],
  ] as const)('takes %s for nothing', (_what, answer) => {
    const at = new AtDesk()
    at.asked()
    at.key('1')
    answer(at)
    expect([at.runs(), at.ignored(), at.told()]).toEqual([['confirmation-1'], ['decidedAlready'], []])
  })

  it.each([
    ['2 on the keypad', (at: AtDesk) => at.key('2')],
    ['a no', (at: AtDesk) => at.feed({ kind: 'transcript', itemId: 'item-1', text: 'No!' })],
  ] as const)(
    'lets %s win that began before the question was over or came after its time',
    (_what, answer) => {
      const at = new AtDesk()
      at.propose()
      at.speak()
      at.begin()
      at.pass(3_500)
      at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 1 })
      at.pass(500)
      at.key('1')
      at.pass(2_000)
      expect(at.runs()).toEqual(['confirmation-1'])
      answer(at)
      expect(at.of('revoke')).toHaveLength(1)
    },
  )

  it('lets a 2 win after the time of the question', () => {
    const at = new AtDesk()
    at.asked()
    at.pass(28_500)
    at.key('1')
    at.pass(1_000)
    at.key('2')
    expect(at.of('revoke')).toHaveLength(1)
  })

  it('lets a no win over a waiting yes whose timers are late', () => {
    const at = new AtDesk()
    at.asked()
    at.begin()
    at.key('1')
    at.atMs += 40_000
    at.key('2')
    expect([at.runs(), at.told()]).toEqual([[], ['call_1 denied']])
  })

  it('lets a no win only before the intent', () => {
    const at = new AtDesk()
    at.asked()
    at.key('1')
    at.feed({ kind: 'intentCommitted', id: 'confirmation-1' })
    at.key('2')
    at.say('No.')
    expect([at.of('revoke'), at.ignored()]).toEqual([[], ['noQuestion']])
  })

  it('calls back a run whose intent is not written within five seconds', () => {
    const at = new AtDesk()
    at.asked()
    at.key('1')
    at.pass(4_999)
    expect(at.of('revoke')).toEqual([])
    at.pass(1)
    expect([at.of('revoke').length, at.told()]).toEqual([1, ['call_1 failed']])
    expect(at.changes().at(-1)).toBe('confirmed notCommitted')
  })

  it('calls back an intent that nobody ordered', () => {
    const at = new AtDesk()
    at.asked()
    for (const id of ['confirmation-1', 'nothing']) at.feed({ kind: 'intentCommitted', id })
    expect(at.of('revoke').map(({ id }) => id)).toEqual(['confirmation-1', 'nothing'])
    expect(at.runs()).toEqual([])
  })

  it('asks nothing else meanwhile, and goes on afterwards', () => {
    const at = new AtDesk()
    at.asked()
    at.propose({ id: 'confirmation-2', callId: 'call_2', tool: 'make_call', hash: 'hash-2' })
    at.key('1')
    expect(at.of('ask')).toHaveLength(1)
    at.feed({ kind: 'intentCommitted', id: 'confirmation-1' })
    expect(at.question().id).toBe('confirmation-2')
  })
})

describe('stepDesk() with a PIN', () => {
  it('keeps the proposal, and asks without another tool call once the PIN is right', () => {
    const at = new AtDesk()
    at.propose(pin)
    expect([at.answers(), at.of('ask')]).toEqual([['pin_required'], []])
    at.pass(60_000)
    at.feed({ kind: 'pinRight' })
    expect(at.question().id).toBe('confirmation-1')
    expect(at.record()).toMatchObject({ strength: 'S3', answerBy: 'caller' })
    at.hear()
    at.pass(500)
    at.key('1')
    expect(at.runs()).toEqual(['confirmation-1'])
  })

  it('refuses it when the PIN is', () => {
    const at = new AtDesk()
    at.propose(pin)
    at.feed({ kind: 'pinRefused' })
    expect([at.told(), at.changes()]).toEqual([['call_1 denied'], ['denied pinRefused']])
  })

  it('touches nothing that needs none', () => {
    const at = new AtDesk()
    at.asked()
    at.feed({ kind: 'pinRefused' })
    at.feed({ kind: 'pinRight' })
    expect(at.record()).toMatchObject({ state: 'asked', strength: 'S2' })
  })

  it('gives the keypad to a question while one is open, and as long as a no after a yes comes in time', () => {
    const at = new AtDesk()
    const standing = () => [isQuestionOpen(at.desk), takesKeys(at.desk)]
    expect(standing()).toEqual([false, false])
    at.propose(pin)
    expect(standing()).toEqual([false, false])
    at.feed({ kind: 'pinRight' })
    expect(standing()).toEqual([true, true])
    at.hear()
    expect(standing()).toEqual([true, true])
    at.key('1')
    expect(standing()).toEqual([false, true])
    at.feed({ kind: 'intentCommitted', id: 'confirmation-1' })
    expect(standing()).toEqual([false, false])
  })
})
