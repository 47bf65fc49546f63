import { describe, expect, it } from 'vitest'
import { AtDesk, audioMs } from './at-desk.ts'

const gaveUp = { kind: 'announceCancelled', id: 'confirmation-1', tool: 'send_sms' }

/** Lets the question be sent in 500 ms, and its mark come back so long after its first frame. */
function markAfter(at: AtDesk, elapsedMs: number): void {
  at.speak()
  at.pass(elapsedMs - 500)
  const { id, attempt } = at.question()
  at.feed({ kind: 'questionMark', id, attempt })
}

describe('a question is asked', () => {
  it('when its mark came back after 80 % of its audio, not a millisecond sooner', () => {
    const soon = new AtDesk()
    soon.propose()
    markAfter(soon, 0.8 * audioMs - 1)
    expect(soon.changes()).toEqual(['proposed unheard'])
    const enough = new AtDesk()
    enough.propose()
    markAfter(enough, 0.8 * audioMs)
    expect(enough.changes()).toEqual(['asked heard'])
    expect(enough.record().askedAtMs).toBe(1_000 + 0.8 * audioMs)
  })

  it('never without a mark, a first frame or a length', () => {
    const { id, attempt } = { id: 'confirmation-1', attempt: 1 }
    const noMark = new AtDesk()
    noMark.propose()
    noMark.speak()
    noMark.pass(audioMs)
    noMark.key('1')
    const noFrame = new AtDesk()
    noFrame.propose()
    noFrame.feed({ kind: 'questionSent', id, attempt, audioMs, spoken: 'Shall I?' })
    noFrame.pass(audioMs)
    noFrame.feed({ kind: 'questionMark', id, attempt })
    noFrame.key('1')
    const notSent = new AtDesk()
    notSent.propose()
    notSent.feed({ kind: 'questionStarted', id, attempt })
    notSent.pass(audioMs)
    notSent.feed({ kind: 'questionMark', id, attempt })
    notSent.key('1')
    const lengths = [0, -1, Number.NaN].map((length) => {
      const at = new AtDesk()
      at.propose()
      at.feed({ kind: 'questionStarted', id, attempt })
      at.feed({ kind: 'questionSent', id, attempt, audioMs: length, spoken: 'Shall I?' })
      at.pass(1_000)
      at.feed({ kind: 'questionMark', id, attempt })
      at.key('1')
      return at
    })
    for (const at of [noMark, noFrame, notSent, ...lengths])
      expect([at.runs(), at.changes().includes('asked heard')]).toEqual([[], false])
  })

  it('never by a first frame that is told of after the last', () => {
    const at = new AtDesk()
    at.propose()
    const { id, attempt } = at.question()
    at.feed({ kind: 'questionSent', id, attempt, audioMs, spoken: 'Shall I?' })
    expect(at.changes()).toEqual(['proposed unheard'])
  })

  it('counted from its first frame, whatever frame comes again', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    at.pass(1_000)
    at.feed({ kind: 'questionStarted', id: 'confirmation-1', attempt: 1 })
    at.feed({ kind: 'questionSent', id: 'confirmation-1', attempt: 1, audioMs: 1, spoken: 'Shall I?' })
    expect(at.record().asking).toMatchObject({ startedAtMs: 1_000, audioMs })
  })

  it.each([
    ['another question', { id: 'confirmation-2', attempt: 1 }],
    ['an attempt to come', { id: 'confirmation-1', attempt: 2 }],
  ])('by no word on %s', (_what, other) => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    at.pass(audioMs)
    for (const kind of ['questionStarted', 'questionMark', 'questionShown', 'questionFailed'] as const)
      expect(at.feed({ kind, ...other })).toEqual([])
    expect(at.feed({ kind: 'questionSent', ...other, audioMs, spoken: 'Shall I?' })).toEqual([])
    expect(at.changes()).toEqual([])
  })

  it('once: a mark that comes again moves nothing', () => {
    const at = new AtDesk()
    at.asked()
    expect(at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 1 })).toEqual([])
    expect(at.feed({ kind: 'cleared' })).toEqual([])
    expect(at.record().askedAtMs).toBe(1_000 + audioMs)
  })
})

describe('a question that is not heard', () => {
  it('is asked again, and given up and said to be at the second time: marks too soon', () => {
    const at = new AtDesk()
    at.propose()
    markAfter(at, 2_000)
    expect(at.question()).toMatchObject({ attempt: 2, way: 'model', text: 'Shall I, again?' })
    markAfter(at, 2_000)
    expect(at.changes()).toEqual(['proposed unheard', 'cancelled unheard'])
    expect([at.effects.at(-1), at.told()]).toEqual([gaveUp, ['call_1 cancelled']])
  })

  it('is asked again, and given up at the second time: no mark within its length and five seconds', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    at.pass(audioMs + 5_000 - 500 - 1)
    expect(at.of('ask')).toHaveLength(1)
    at.pass(1)
    expect([at.of('ask').length, at.of('stopQuestion').length]).toEqual([2, 1])
    at.speak()
    at.pass(audioMs + 5_000)
    expect(at.changes()).toEqual(['proposed unheard', 'cancelled unheard'])
    expect(at.effects.at(-1)).toEqual(gaveUp)
  })

  it('is heard when the mark comes back at the last moment', () => {
    const at = new AtDesk()
    at.propose()
    markAfter(at, audioMs + 4_999)
    expect(at.changes()).toEqual(['asked heard'])
  })

  it('is given up when nothing of it is ever sent', () => {
    const at = new AtDesk()
    at.propose()
    at.pass(19_999)
    expect(at.of('ask')).toHaveLength(1)
    at.pass(20_001)
    expect(at.changes()).toEqual(['proposed unheard', 'cancelled unheard'])
  })
})

describe('a question that is cut', () => {
  it('is asked again from its first word when the words of the caller are known', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    const itemId = at.begin()
    at.feed({ kind: 'cleared' })
    expect([at.changes(), at.of('ask').length]).toEqual([['proposed cut'], 1])
    at.pass(900)
    at.feed({ kind: 'speechStopped', itemId })
    expect(at.of('ask')).toHaveLength(1)
    at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    expect([at.of('ask').length, at.runs(), at.ignored()]).toEqual([2, [], []])
  })

  it('is not asked by the mark of what was thrown away', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    at.pass(audioMs)
    at.begin()
    at.feed({ kind: 'cleared' })
    at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 1 })
    at.key('1')
    expect([at.changes(), at.runs()]).toEqual([['proposed cut'], []])
  })

  it('is not cut by what was thrown away before its first frame', () => {
    const at = new AtDesk()
    at.propose()
    expect(at.feed({ kind: 'cleared' })).toEqual([])
    at.hear()
    expect(at.changes()).toEqual(['asked heard'])
  })

  it('is asked three times in all, cut ones included, then given up and said to be', () => {
    const at = new AtDesk()
    at.propose()
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(at.question().attempt).toBe(attempt)
      at.speak()
      at.feed({ kind: 'cleared' })
    }
    expect(at.changes()).toEqual(['proposed cut', 'proposed cut', 'cancelled cut'])
    expect([at.effects.at(-1), at.told(), at.of('ask').length]).toEqual([gaveUp, ['call_1 cancelled'], 3])
  })

  it('counts when it failed before its first frame, too', () => {
    const at = new AtDesk()
    at.propose()
    for (let attempt = 1; attempt <= 3; attempt += 1)
      at.feed({ kind: 'questionFailed', id: 'confirmation-1', attempt })
    expect(at.changes().at(-1)).toBe('cancelled questionFailed')
    expect(at.of('ask')).toHaveLength(3)
  })
})

describe('a question that is misspoken', () => {
  it.each([
    ['nothing', ''],
    ['more', 'Shall I? Say yes.'],
    ['less', 'Shall?'],
    ['something else', 'May I?'],
  ])('as %s is stopped and said once more', (_what, spoken) => {
    const at = new AtDesk()
    at.propose()
    at.speak(spoken)
    expect(at.changes()).toEqual(['proposed misspoken'])
    expect(at.of('stopQuestion')).toHaveLength(1)
    expect(at.question()).toMatchObject({ attempt: 2, way: 'model' })
    at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 1 })
    at.key('1')
    expect(at.runs()).toEqual([])
  })

  it('has no words when none came', () => {
    const at = new AtDesk()
    at.propose()
    const { id, attempt } = at.question()
    at.feed({ kind: 'questionStarted', id, attempt })
    at.feed({ kind: 'questionSent', id, attempt, audioMs, spoken: undefined })
    expect(at.changes()).toEqual(['proposed misspoken'])
  })

  it('may differ in case, signs and the way digits are written', () => {
    const at = new AtDesk()
    at.propose({ questions: ['Shall I call 4 1 5? Press 1.', '', ''] })
    at.speak('shall i call four one five -- press one')
    at.pass(audioMs)
    at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 1 })
    expect(at.changes()).toEqual(['asked heard'])
  })

  it('twice is given up and said to be, where the server has no voice', () => {
    const at = new AtDesk()
    at.propose()
    at.speak('Sure!')
    at.speak('Done!')
    expect(at.changes()).toEqual(['proposed misspoken', 'cancelled misspoken'])
    expect(at.effects.at(-1)).toEqual(gaveUp)
  })

  it('twice is spoken by the server, where it has a voice: its words need no comparison', () => {
    const at = new AtDesk({ hasVoice: true })
    at.propose()
    at.speak('Sure!')
    at.speak('Done!')
    expect(at.question()).toMatchObject({ attempt: 3, way: 'server', text: 'Shall I, at last?' })
    at.speak('')
    at.pass(audioMs)
    at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 3 })
    at.key('1')
    expect(at.runs()).toEqual(['confirmation-1'])
  })
})

describe('a written question', () => {
  it('is not asked by what only a spoken one goes through', () => {
    const at = new AtDesk({ channel: 'written' })
    at.propose()
    at.hear()
    expect(at.changes()).toEqual([])
    at.feed({ kind: 'message', sessionId: 'session-1', text: 'Yes.' })
    expect(at.runs()).toEqual([])
    expect(at.ignored()).toEqual(['noQuestion'])
  })

  it('is asked when it is shown', () => {
    const at = new AtDesk({ channel: 'written' })
    at.propose()
    expect(at.question()).toMatchObject({ way: 'written', text: 'Shall I?' })
    at.feed({ kind: 'questionShown', id: 'confirmation-1', attempt: 1 })
    expect(at.changes()).toEqual(['asked shown'])
  })

  it('is the only one that showing asks', () => {
    const at = new AtDesk()
    at.propose()
    at.feed({ kind: 'questionShown', id: 'confirmation-1', attempt: 1 })
    expect(at.changes()).toEqual([])
  })
})
