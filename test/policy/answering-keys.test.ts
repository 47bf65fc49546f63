import { describe, expect, it } from 'vitest'
import { AtDesk, audioMs } from './at-desk.ts'

describe('an answer on the keypad', () => {
  it.each([
    ['1', 'confirmed yes'],
    ['2', 'denied no'],
    ['3', 'proposed unclear'],
    ['#', 'proposed unclear'],
    ['11', 'proposed unclear'],
    ['', 'proposed unclear'],
  ])('%j: %s', (key, change) => {
    const at = new AtDesk()
    at.asked()
    at.key(key)
    expect(at.changes().at(-1)).toBe(change)
  })

  it('counts from the moment at which the question was heard, and not before', () => {
    const at = new AtDesk()
    at.propose()
    at.key('1')
    at.speak()
    at.key('1')
    expect([at.runs(), at.ignored()]).toEqual([[], ['beforeAsked', 'beforeAsked']])
    at.pass(audioMs)
    at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 1 })
    at.key('1')
    expect(at.runs()).toEqual(['confirmation-1'])
  })

  it('does not count after 30 seconds, while words are awaited that began before', () => {
    const at = new AtDesk()
    at.propose()
    at.hear()
    at.pass(29_900)
    const itemId = at.begin()
    at.pass(200)
    at.key('1')
    expect([at.runs(), at.ignored()]).toEqual([[], ['afterTtl']])
    at.feed({ kind: 'transcript', itemId, text: 'Yes.' })
    expect(at.runs()).toEqual(['confirmation-1'])
  })

  it('waits two seconds for words that are not known yet', () => {
    const at = new AtDesk()
    at.asked()
    at.feed({ kind: 'speechStopped', itemId: at.begin() })
    at.key('1')
    at.pass(1_999)
    expect(at.runs()).toEqual([])
    at.pass(1)
    expect(at.runs()).toEqual(['confirmation-1'])
  })

  it.each([
    ['No.', []],
    ['No, make it Tuesday.', []],
    ['Actually, Tuesday.', []],
    ['Yes.', ['confirmation-1']],
    ['Hm.', ['confirmation-1']],
    ['', ['confirmation-1']],
  ])('and %j after a 1 leads to %j', (text, runs) => {
    const at = new AtDesk()
    at.asked()
    const itemId = at.begin()
    at.key('1')
    at.pass(800)
    at.feed({ kind: 'transcript', itemId, text })
    expect(at.runs()).toEqual(runs)
    at.pass(10_000)
    expect(at.runs()).toEqual(runs)
  })

  it('waits for a turn that began before the question was heard: its no wins, its change does not count', () => {
    const runsAfter = ['No!', 'Actually, Tuesday.', 'Yes.'].map((text) => {
      const at = new AtDesk()
      at.propose()
      at.speak()
      const itemId = at.begin()
      at.pass(audioMs)
      at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 1 })
      at.key('1')
      expect(at.runs()).toEqual([])
      at.feed({ kind: 'transcript', itemId, text })
      return at.runs().length
    })
    expect(runsAfter).toEqual([0, 1, 1])
  })

  it('waits for all turns, and no longer than from the first yes', () => {
    const at = new AtDesk()
    at.asked()
    const [first, second] = [at.begin(), at.begin()]
    at.key('1')
    at.pass(500)
    at.key('1')
    at.feed({ kind: 'transcript', itemId: first, text: 'Um.' })
    expect([at.runs(), at.ignored()]).toEqual([[], ['decidedAlready', 'decidedAlready']])
    at.feed({ kind: 'transcript', itemId: second, text: 'No.' })
    expect([at.runs(), at.told()]).toEqual([[], ['call_1 denied']])
  })

  it('lets a 2 after a waiting 1 win', () => {
    const at = new AtDesk()
    at.asked()
    at.begin()
    at.key('1')
    at.key('2')
    at.pass(10_000)
    expect([at.runs(), at.told()]).toEqual([[], ['call_1 denied']])
  })

  it('says no at once, whatever is being said', () => {
    const at = new AtDesk()
    at.asked()
    at.begin()
    at.key('2')
    expect(at.told()).toEqual(['call_1 denied'])
  })
})
