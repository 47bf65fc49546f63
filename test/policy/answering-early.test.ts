import { describe, expect, it } from 'vitest'
import { AtDesk, audioMs } from './at-desk.ts'

const question = 'Shall I text Ann: I am on my way? Say yes or no.'
const questions = [question, question, question] as const

/** A question that was heard so long ago. */
function heard(agoMs: number): AtDesk {
  const at = new AtDesk()
  at.propose({ questions })
  at.hear()
  at.pass(agoMs)
  return at
}

describe('words that come too early to be an answer', () => {
  it.each(['No, leave it.', 'Yes, please do.', 'Well, I think.'])(
    'have the question put again at once, so that no later yes is taken for its answer: %j',
    (words) => {
      const at = heard(120)
      at.say(words)
      expect([at.ignored(), at.changes().at(-1)]).toEqual([['beforeAsked'], 'proposed unclear'])
      expect(at.question().attempt).toBe(2)
      at.say('Yes, please.')
      expect(at.runs()).toEqual([])
      at.hear()
      at.pass(200)
      at.say('Yes.')
      expect(at.runs()).toEqual(['confirmation-1'])
    },
  )

  it('have it put again also when they could not be understood, and not when there were none', () => {
    const [failed, blank] = [heard(120), heard(120)]
    failed.feed({ kind: 'transcriptFailed', itemId: failed.begin() })
    expect(failed.question().attempt).toBe(2)
    blank.say(' … ')
    expect([blank.question().attempt, blank.record().state]).toEqual([1, 'asked'])
  })

  it('are the end of it after the third asking: nothing is done', () => {
    const at = heard(120)
    at.say('Yes.')
    for (let asking = 2; asking <= 3; asking += 1) {
      at.hear()
      at.pass(120)
      at.say('Yes.')
    }
    expect([at.runs(), at.told()]).toEqual([[], ['call_1 denied']])
  })
})

describe('what may be the echo of a question', () => {
  it('has it put again after four seconds in which nobody answers', () => {
    const at = heard(300)
    at.say('Shall I text Ann I am on my way')
    expect([at.ignored(), at.record().state]).toEqual([['echo'], 'asked'])
    at.pass(3_999)
    expect(at.question().attempt).toBe(1)
    at.pass(1)
    expect([at.question().attempt, at.changes().at(-1)]).toEqual([2, 'proposed unclear'])
  })

  it('leaves the question to an answer that comes meanwhile', () => {
    const at = heard(300)
    at.say('Shall I text Ann I am on my way')
    at.pass(2_000)
    at.say('Yes.')
    expect(at.runs()).toEqual(['confirmation-1'])
  })

  it('leaves a question that is soon too old to its end', () => {
    const at = heard(25_900)
    at.say('Shall I text Ann I am on my way')
    at.pass(4_000)
    expect(at.changes().at(-1)).toBe('expired ttl')
  })
})

describe('a no that begins when the question is too old', () => {
  it('counts as long as words are awaited that may be a yes', () => {
    const at = heard(29_900)
    const inTime = at.begin()
    at.pass(200)
    at.say('No, wait.')
    at.feed({ kind: 'transcript', itemId: inTime, text: 'Yes.' })
    expect([at.runs(), at.told()]).toEqual([[], ['call_1 denied']])
  })
})

describe('a key into a question', () => {
  it('is a no when it is 2: the question stops', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    at.key('2')
    expect([at.changes().at(-1), at.told(), at.of('stopQuestion')]).toEqual([
      'denied no',
      ['call_1 denied'],
      [{ kind: 'stopQuestion', id: 'confirmation-1' }],
    ])
    expect(at.of('changed').at(-1)?.record.evidence).toEqual({ by: 'keypad', atMs: at.atMs })
  })

  it('has it put again four seconds after its end when it is another one, if nothing else comes', () => {
    const at = new AtDesk()
    at.propose()
    at.speak()
    at.key('1')
    at.pass(audioMs - 500)
    at.feed({ kind: 'questionMark', id: 'confirmation-1', attempt: 1 })
    at.pass(3_999)
    expect([at.runs(), at.record().state]).toEqual([[], 'asked'])
    at.pass(1)
    expect([at.question().attempt, at.changes().at(-1)]).toEqual([2, 'proposed unclear'])
    at.hear()
    at.pass(4_000)
    expect(at.question().attempt).toBe(2)
  })

  it('means nothing where no question is on its way', () => {
    const at = new AtDesk()
    at.propose({ answerBy: 'callerWithPin' })
    at.key('2')
    expect([at.ignored(), at.record().state]).toEqual([['noQuestion'], 'proposed'])
  })
})
