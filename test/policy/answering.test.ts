import { describe, expect, it } from 'vitest'
import { stepDesk } from '../../src/policy/confirmation-desk.ts'
import { AtDesk, audioMs } from './at-desk.ts'

/** A question that was heard at this very moment. */
function justAsked(): AtDesk {
  const at = new AtDesk()
  at.propose()
  at.hear()
  return at
}

describe('an answer in speech', () => {
  it.each([
    ['Yes, please do.', 'confirmed yes', []],
    ['No, thank you.', 'denied no', ['call_1 denied']],
    ['Make it Tuesday instead.', 'superseded change', ['call_1 changed']],
    ['Hello?', 'proposed unclear', []],
    ['', 'proposed unclear', []],
  ])('%j: %s', (text, change, told) => {
    const at = new AtDesk()
    at.asked()
    at.say(text)
    expect([at.changes().at(-1), at.told()]).toEqual([change, told])
    expect(at.runs()).toEqual(change === 'confirmed yes' ? ['confirmation-1'] : [])
  })

  it('that declines is kept as evidence, without its words', () => {
    const at = new AtDesk()
    at.asked()
    at.say('No.')
    expect(at.of('changed').at(-1)?.record.evidence).toEqual({
      by: 'speech',
      itemId: 'item-1',
      startedAtMs: 1_000 + audioMs + 1_000,
    })
  })

  it('counts when it starts 200 ms after the question was heard, not a millisecond sooner', () => {
    const soon = justAsked()
    soon.pass(199)
    soon.say('Yes.')
    expect([soon.runs(), soon.ignored()]).toEqual([[], ['beforeAsked']])
    const late = justAsked()
    late.pass(200)
    late.say('Yes.')
    expect(late.runs()).toEqual(['confirmation-1'])
  })

  it.each([
    ['Yes.', ['beforeAsked']],
    ['No.', ['beforeAsked']],
    ['Hello?', []],
  ])('does not count while the question is on its way, and %s is worth %j', (words, ignored) => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    at.say(words)
    expect([at.runs(), at.ignored(), at.record().state]).toEqual([[], ignored, 'proposed'])
  })

  it('does not count when it began before the question was heard, whenever its words come', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    const itemId = at.begin()
    at.pass(audioMs - 500)
    at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 1 })
    at.pass(3_000)
    at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    expect([at.runs(), at.ignored(), at.record().state]).toEqual([[], ['beforeAsked'], 'proposed'])
  })

  it('counts when it starts within 30 seconds, however long it takes', () => {
    const at = justAsked()
    at.pass(30_000 - 1)
    const itemId = at.begin()
    at.pass(4_000)
    at.feed({ kind: 'speechStopped', itemId })
    at.pass(4_999)
    at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    expect(at.runs()).toEqual(['confirmation-1'])
  })

  it('does not count after 30 seconds', () => {
    const at = justAsked()
    at.pass(30_000)
    expect([at.changes().at(-1), at.told()]).toEqual(['expired ttl', ['call_1 expired']])
    at.say('Yes.')
    expect(at.runs()).toEqual([])
  })

  it('does not count after 30 seconds when the timer is late', () => {
    const { desk } = justAsked()
    const asked = desk.records[0]?.askedAtMs ?? 0
    const onTime = stepDesk(desk, { kind: 'key', key: '1', atMs: asked + 30_000 })
    expect(onTime.effects.map(({ kind }) => kind)).toEqual(['changed', 'run'])
    const late = stepDesk(desk, { kind: 'key', key: '1', atMs: asked + 30_000.5 })
    expect(late.effects.map(({ kind }) => kind)).toEqual(['changed', 'tell', 'ignored'])
  })

  it('does not count when it began after 30 seconds beside one that began before', () => {
    const at = justAsked()
    at.pass(29_900)
    const inTime = at.begin()
    at.pass(200)
    const late = at.begin()
    at.feed({ kind: 'transcript', itemId: late, text: 'Yes.' })
    expect([at.runs(), at.ignored()]).toEqual([[], ['afterTtl']])
    at.feed({ kind: 'transcript', itemId: inTime, text: 'Yes.' })
    expect(at.runs()).toEqual(['confirmation-1'])
  })

  it('that began in time and says nothing that counts lets the question expire', () => {
    const at = justAsked()
    const early = at.begin()
    at.pass(29_000)
    at.feed({ kind: 'speechStopped', itemId: early })
    at.pass(1_000)
    expect(at.changes().at(-1)).toBe('expired ttl')
    const other = justAsked()
    other.pass(29_900)
    const itemId = other.begin()
    other.pass(1_000)
    expect(other.record().state).toBe('asked')
    other.feed({ kind: 'transcript', itemId, text: 'shall i, shall i, shall i' })
    expect(other.ignored()).toEqual(['echo'])
    other.pass(1)
    expect(other.changes().at(-1)).toBe('expired ttl')
  })

  it('does not count when its words come later than 5 seconds after its end: then the question is put again', () => {
    const at = new AtDesk()
    at.asked()
    const itemId = at.begin()
    at.feed({ kind: 'speechStopped', itemId })
    at.pass(4_999)
    expect(at.of('ask')).toHaveLength(1)
    at.pass(1)
    expect(at.changes().at(-1)).toBe('proposed unclear')
    expect(at.question().attempt).toBe(2)
    at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    expect([at.runs(), at.ignored()]).toEqual([[], ['unknownItem']])
  })

  it('whose transcription failed puts the question again', () => {
    const at = new AtDesk()
    at.asked()
    at.feed({ kind: 'transcriptFailed', itemId: at.begin() })
    expect(at.changes().at(-1)).toBe('proposed unclear')
  })

  it('does not count for a session that is not the one of the question', () => {
    const at = new AtDesk()
    at.asked()
    at.say('Yes.', 'session-2')
    expect([at.runs(), at.ignored()]).toEqual([[], ['otherSession']])
  })

  it.each([
    ['an item of the model', 'item_of_the_model'],
    ['an item that was written', 'item_written'],
  ])('does not count from %s: it never began on the track of the caller', (_what, itemId) => {
    const at = new AtDesk()
    at.asked()
    at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    at.feed({ kind: 'transcriptFailed', itemId })
    at.feed({ kind: 'speechStopped', itemId })
    expect([at.runs(), at.ignored()]).toEqual([[], ['unknownItem', 'unknownItem']])
  })

  it('does not count from a message that was written into a call', () => {
    const at = new AtDesk()
    at.asked()
    at.feed({ kind: 'message', sessionId: 'session-1', text: 'Yes.' })
    expect([at.runs(), at.ignored()]).toEqual([[], ['noQuestion']])
  })

  it('does not count when it is the question come back, but a denial in its words does', () => {
    const questions = ['Shall I text Ann that we are late?', '', ''] as const
    const echo = new AtDesk()
    echo.asked({ questions })
    echo.say('text Ann, we are late')
    expect([echo.ignored(), echo.record().state]).toEqual([['echo'], 'asked'])
    const denial = new AtDesk()
    denial.asked({ questions })
    denial.say('No, do not text Ann that we are late.')
    expect(denial.told()).toEqual(['call_1 denied'])
  })

  it('counts once: the same item says nothing a second time', () => {
    const at = new AtDesk()
    at.asked()
    const itemId = at.begin()
    at.pass(300)
    at.feed({ kind: 'transcript', itemId, text: 'Hm?' })
    at.hear()
    at.pass(1_000)
    at.feed({ kind: 'speechStopped', itemId })
    at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    expect([at.runs(), at.ignored()]).toEqual([[], ['unknownItem']])
  })

  it('keeps the start of an item that is said to begin again', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    const itemId = at.begin()
    at.pass(audioMs)
    at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 1 })
    at.pass(1_000)
    at.feed({ kind: 'speechStarted', itemId, sessionId: 'session-1' })
    expect(at.desk.turns.open).toHaveLength(1)
    at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    expect([at.runs(), at.ignored()]).toEqual([[], ['beforeAsked']])
  })

  it('that is unclear three times is a no, each question in other words', () => {
    const at = new AtDesk()
    at.asked()
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      if (attempt > 1) at.hear()
      at.pass(1_000)
      at.say('Hm?')
    }
    expect(at.of('ask').map(({ text }) => text)).toEqual(['Shall I?', 'Shall I, again?', 'Shall I, at last?'])
    expect(at.changes().at(-1)).toBe('denied unclear')
    expect(at.told()).toEqual(['call_1 denied'])
  })

  it('to the former asking does not count for the next one', () => {
    const at = new AtDesk()
    at.asked()
    const itemId = at.begin()
    at.key('5')
    expect(at.changes().at(-1)).toBe('proposed unclear')
    at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    expect(at.question().attempt).toBe(2)
    expect(at.runs()).toEqual([])
  })

  it('is not listened to where there is no transcription', () => {
    const at = new AtDesk({ transcribes: false })
    at.asked()
    at.say('Yes.')
    at.feed({ kind: 'transcript', itemId: at.begin(), text: 'Yes.' })
    at.begin()
    at.key('1')
    expect(at.runs()).toEqual(['confirmation-1'])
    expect(at.of('changed').at(-1)?.record.evidence?.by).toBe('keypad')
  })

  it('that never ends is no answer, and no time is no time after the question', () => {
    const at = new AtDesk()
    at.asked()
    at.begin()
    at.pass(29_999)
    expect(at.record().state).toBe('asked')
    at.pass(1)
    expect(at.changes().at(-1)).toBe('proposed unclear')
    const odd = new AtDesk()
    odd.asked()
    odd.atMs = Number.NaN
    const itemId = odd.begin()
    odd.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    odd.key('1')
    expect([odd.runs(), odd.ignored()]).toEqual([[], ['beforeAsked', 'beforeAsked']])
  })

  it('is one of the last eight that began: the ninth displaces the first', () => {
    const at = new AtDesk()
    at.asked()
    const items = Array.from({ length: 9 }, () => at.begin())
    for (const itemId of items.slice(0, 1)) at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    expect([at.desk.turns.open.length, at.ignored()]).toEqual([8, ['unknownItem']])
  })
})

describe('a spoken yes', () => {
  it('waits two seconds for other words of the caller that are not known yet', () => {
    const at = new AtDesk()
    at.asked()
    const first = at.begin()
    at.pass(400)
    const second = at.begin()
    at.feed({ kind: 'transcript', itemId: first, text: 'Yes.' })
    expect(at.runs()).toEqual([])
    at.feed({ kind: 'transcript', itemId: second, text: 'No, wait!' })
    expect([at.runs(), at.told()]).toEqual([[], ['call_1 denied']])
  })
})
