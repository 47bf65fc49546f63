import { describe, expect, it } from 'vitest'
import type { Proposal } from '../../src/policy/confirmation.ts'
import { AtDesk } from './at-desk.ts'

/** The n-th proposal of a call, of another tool than any other. */
function nth(count: number, change: Partial<Proposal> = {}): Partial<Proposal> {
  const named = { id: `confirmation-${count}`, callId: `call_${count}`, responseId: `resp_${count}` }
  return { ...named, tool: `tool_${count}`, hash: `hash-${count}`, ...change }
}

/** Another proposal for the same tool. */
function other(change: Partial<Proposal> = {}): Partial<Proposal> {
  return nth(2, { tool: 'send_sms', ...change })
}

/** The same proposal by another call. */
function again(count: number, change: Partial<Proposal> = {}): Partial<Proposal> {
  return nth(count, { tool: 'send_sms', hash: 'hash-1', ...change })
}

describe('an equal proposal', () => {
  it.each([
    ['was ordered', () => undefined],
    ['is spoken', (at: AtDesk) => at.speak()],
    ['was heard', (at: AtDesk) => at.hear()],
  ])('joins the record whose question %s', (_what, before) => {
    const at = new AtDesk()
    at.propose()
    before(at)
    at.propose(again(2))
    expect(at.desk.records).toHaveLength(1)
    expect(at.record().callIds).toEqual(['call_1', 'call_2'])
    expect(at.answers()).toEqual(['confirmation_required', 'confirmation_required'])
    expect(at.of('ask')).toHaveLength(1)
    expect(at.of('tell')).toEqual([])
  })

  it('joins a run, and hears of its outcome', () => {
    const at = new AtDesk()
    at.asked()
    at.key('1')
    at.propose(again(2))
    at.feed({ kind: 'intentCommitted', id: 'confirmation-1' })
    at.propose(again(3))
    at.feed({ kind: 'finished', id: 'confirmation-1', status: 'done' })
    expect([at.runs(), at.told()]).toEqual([
      ['confirmation-1'],
      ['call_1 done', 'call_2 done', 'call_3 done'],
    ])
  })

  it('joins what waits for the PIN', () => {
    const at = new AtDesk()
    at.propose({ answerBy: 'callerWithPin' })
    at.propose(again(2, { answerBy: 'callerWithPin' }))
    expect(at.answers()).toEqual(['pin_required', 'pin_required'])
    expect(at.desk.records).toHaveLength(1)
  })

  it('joins eight times at most', () => {
    const at = new AtDesk()
    at.propose()
    for (let count = 2; count <= 9; count += 1) at.propose(again(count))
    expect(at.answers().slice(-2)).toEqual(['confirmation_required', 'busy'])
    expect(at.record().callIds).toHaveLength(8)
  })

  it.each([
    ['of another session', { sessionId: 'session-2' }],
    ['of another actor', { actorId: 'somebody' }],
    ['of another tool', { tool: 'make_call' }],
  ])('%s is another one', (_what, change) => {
    const at = new AtDesk()
    at.propose()
    at.propose(again(2, { responseId: 'resp_1', ...change }))
    expect(at.desk.records).toHaveLength(2)
  })

  it.each([
    ['done', (at: AtDesk) => runToEnd(at)],
    ['denied', (at: AtDesk) => at.key('2')],
    ['expired', (at: AtDesk) => at.pass(40_000)],
    ['cancelled', (at: AtDesk) => at.feed({ kind: 'ended', reason: 'modelLost' })],
    ['superseded', (at: AtDesk) => at.say('Actually, Tuesday.')],
  ])(
    'after the former was %s is refused until another turn of the caller, and then has a question of its own',
    (_what, end) => {
      const at = new AtDesk()
      at.asked()
      end(at)
      const runs = at.runs()
      at.propose(again(2))
      expect([at.answers().at(-1), at.of('ask').length]).toEqual(['refused', 1])
      at.key('1')
      at.pass(500)
      expect(at.runs()).toEqual(runs)
      at.say('Text Ann again.')
      expect(at.of('ask')).toHaveLength(1)
      at.propose({ ...again(2), callId: 'call_3' })
      expect(at.question()).toMatchObject({ id: 'confirmation-2', attempt: 1 })
      at.hear()
      at.pass(1_000)
      at.key('1')
      expect(at.runs()).toEqual([...runs, 'confirmation-2'])
    },
  )

  it('waits for the words of a turn that has begun since, and is asked once they are known', () => {
    const at = new AtDesk()
    at.asked()
    at.key('2')
    at.pass(100)
    const itemId = at.begin()
    at.propose(again(2))
    expect([at.answers().at(-1), at.of('ask').length]).toEqual(['confirmation_required', 1])
    at.feed({ kind: 'transcript', itemId, text: 'Text Ann, after all.' })
    expect(at.question().id).toBe('confirmation-2')
  })

  it('that was taken while the caller spoke is not asked when that turn has no words', () => {
    const at = new AtDesk()
    at.asked()
    at.key('2')
    at.pass(100)
    const itemId = at.begin()
    at.propose(again(2))
    at.feed({ kind: 'transcript', itemId, text: '...' })
    expect([at.answers().at(-1), at.of('ask').length]).toEqual(['confirmation_required', 1])
    at.say('Text Ann, after all.')
    expect(at.question().id).toBe('confirmation-2')
  })

  it('is not asked for a turn without words, nor for one that began before the end of the former', () => {
    const at = new AtDesk()
    at.asked()
    const itemId = at.begin()
    at.key('2')
    at.propose(again(2))
    at.pass(500)
    at.feed({ kind: 'transcript', itemId, text: 'No, I said.' })
    at.say('...')
    at.feed({ kind: 'transcriptFailed', itemId: at.begin() })
    expect(at.of('ask')).toHaveLength(1)
  })

  it('is not asked because of the very words that called the former back', () => {
    const at = new AtDesk()
    at.asked()
    at.say('Yes.')
    at.say('No, wait!')
    expect(at.told()).toEqual(['call_1 denied'])
    at.propose({ id: 'confirmation-2', callId: 'call_2', responseId: 'resp_2' })
    expect([at.answers().at(-1), at.of('ask').length]).toEqual(['refused', 1])
    at.pass(1)
    at.say('Is there anything else?')
    at.propose({ id: 'confirmation-2', callId: 'call_3', responseId: 'resp_3' })
    expect(at.of('ask')).toHaveLength(2)
  })

  it('is refused until another message where it was refused in writing', () => {
    const at = new AtDesk({ channel: 'written' })
    at.propose()
    at.feed({ kind: 'questionShown', id: 'confirmation-1', attempt: 1 })
    at.feed({ kind: 'message', sessionId: 'session-1', text: 'no' })
    at.pass(100)
    at.propose(again(2))
    expect(at.of('ask')).toHaveLength(1)
    at.feed({ kind: 'message', sessionId: 'session-1', text: 'Text Ann again.' })
    at.propose({ ...again(2), callId: 'call_3' })
    expect(at.question().id).toBe('confirmation-2')
  })
})

function runToEnd(at: AtDesk): void {
  at.key('1')
  at.feed({ kind: 'intentCommitted', id: 'confirmation-1' })
  at.pass(800)
  at.feed({ kind: 'finished', id: 'confirmation-1', status: 'done' })
}

describe('a proposal of the same tool with other arguments', () => {
  it('of a later response takes the place of the former: a yes to the old question runs nothing', () => {
    const at = new AtDesk()
    at.asked()
    const itemId = at.begin()
    at.propose(other())
    at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    at.key('1')
    expect(at.runs()).toEqual([])
    expect([at.changes().at(-1), at.told()]).toEqual(['superseded laterProposal', ['call_1 superseded']])
    expect(at.question().id).toBe('confirmation-2')
  })

  it('stops the question of the former while it is spoken', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    at.propose(other())
    expect(at.of('stopQuestion').map(({ id }) => id)).toEqual(['confirmation-1'])
  })

  it('supersedes all that wait, and leaves other tools and what runs alone', () => {
    const at = new AtDesk()
    at.asked()
    at.key('1')
    at.propose(nth(2, { tool: 'make_call' }))
    at.propose(nth(3, { tool: 'send_sms' }))
    at.propose(nth(4, { tool: 'send_sms', responseId: 'resp_3' }))
    at.propose(nth(5, { tool: 'send_sms' }))
    expect(at.told()).toEqual(['call_3 superseded', 'call_4 superseded'])
    expect(at.desk.records.map(({ id }) => id)).toEqual([
      'confirmation-1',
      'confirmation-2',
      'confirmation-5',
    ])
  })

  it('of the same response queues', () => {
    const at = new AtDesk()
    at.propose()
    at.propose(other({ responseId: 'resp_1' }))
    expect([at.desk.records.length, at.told()]).toEqual([2, []])
  })

  it('queues beside one that the same response proposed again', () => {
    const at = new AtDesk()
    at.propose()
    at.propose(again(2, { responseId: 'resp_9' }))
    at.propose(nth(3, { tool: 'send_sms', responseId: 'resp_9' }))
    expect([at.desk.records.length, at.told()]).toEqual([2, []])
  })
})

describe('a queue of proposals', () => {
  it('has one question and three that wait; more are busy', () => {
    const at = new AtDesk()
    for (let count = 1; count <= 6; count += 1) at.propose(nth(count))
    expect(at.answers().slice(0, 4)).toEqual(Array.from({ length: 4 }, () => 'confirmation_required'))
    expect(at.answers().slice(4)).toEqual(['busy', 'busy'])
    expect([at.desk.records.length, at.of('ask').length]).toEqual([4, 1])
  })

  it('asks one after the other, and one yes runs one', () => {
    const at = new AtDesk()
    for (let count = 1; count <= 4; count += 1) at.propose(nth(count))
    for (let count = 1; count <= 4; count += 1) {
      expect(at.question().id).toBe(`confirmation-${count}`)
      at.hear()
      at.pass(1_000)
      at.say('Yes.')
      at.feed({ kind: 'intentCommitted', id: `confirmation-${count}` })
    }
    expect(at.runs()).toEqual(['confirmation-1', 'confirmation-2', 'confirmation-3', 'confirmation-4'])
  })

  it('has at most eight runs under way', () => {
    const at = new AtDesk()
    for (let count = 1; count <= 8; count += 1) {
      at.asked(nth(count))
      at.key('1')
      at.feed({ kind: 'intentCommitted', id: `confirmation-${count}` })
    }
    at.propose(nth(9))
    expect(at.answers().at(-1)).toBe('busy')
    at.feed({ kind: 'finished', id: 'confirmation-3', status: 'done' })
    at.propose(nth(10))
    expect(at.answers().at(-1)).toBe('confirmation_required')
  })

  it('passes over what a key must approve', () => {
    const at = new AtDesk()
    at.propose(nth(1, { answerBy: 'apiKey' }))
    at.propose(nth(2))
    expect(at.question().id).toBe('confirmation-2')
  })
})

describe('a tool call that comes again', () => {
  it('with other arguments is refused', () => {
    const at = new AtDesk()
    at.propose()
    at.propose({ hash: 'hash-2' })
    expect(at.of('answerTool').at(-1)?.output).toEqual({ status: 'refused', reason: 'callIdReused' })
    expect([at.desk.records.length, at.record().hash]).toEqual([1, 'hash-1'])
  })

  it('with the same arguments is answered as before, or told that it is over', () => {
    const at = new AtDesk()
    at.asked()
    at.propose()
    expect(at.answers()).toEqual(['confirmation_required', 'confirmation_required'])
    at.key('2')
    at.propose()
    expect(at.of('answerTool').at(-1)?.output).toEqual({ status: 'refused', reason: 'answeredAlready' })
    expect(at.desk.records).toEqual([])
  })

  it('is told apart among 256; more are busy', () => {
    const at = new AtDesk()
    for (let count = 1; count <= 257; count += 1) {
      at.propose(nth(count))
      at.feed({ kind: 'ended', reason: 'modelLost' })
    }
    expect(at.answers().slice(-2)).toEqual(['confirmation_required', 'busy'])
    expect(at.desk.ended).toHaveLength(64)
  })
})
