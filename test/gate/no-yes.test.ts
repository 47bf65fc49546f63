import { describe, expect, it } from 'vitest'
import { classifyAnswer, consentLexicons } from '../../src/policy/consent.ts'
import { ann, AtGate } from './at-gate.ts'

const sms = { to_number: ann, body: 'So please now, just that' }

/** What would be a yes, if it counted. */
function agreeing(text: string): string {
  expect(classifyAnswer(text, consentLexicons(['en']))).toBe('yes')
  return text
}

describe('words that say yes and do not count', () => {
  it.each<[string, (at: AtGate) => void, string]>([
    [
      'because they are our own question come back',
      (at) => at.say(agreeing('Yes, so please now, just that.')),
      'answer ignored echo',
    ],
    [
      'because they began after the time of the question, while others are still on their way',
      (at) => {
        at.clock.advance(5_000)
        at.gate.feed({ kind: 'speechStarted', itemId: 'item_intimeabcd', sessionId: at.sessionId })
        at.clock.advance(24_001)
        at.say(agreeing('Yes.'))
      },
      'answer ignored afterTtl',
    ],
    [
      'because they began less than 200 ms after the question was heard',
      (at) => at.say(agreeing('Yes.')),
      'answer ignored beforeAsked',
    ],
    [
      'because the model says that the caller said so',
      (at) =>
        at.gate.feed({ kind: 'transcript', itemId: 'item_modelabcd', text: agreeing('Yes, go ahead.') }),
      'answer ignored unknownItem',
    ],
    [
      'because they were written, and the question was spoken',
      (at) => at.gate.feed({ kind: 'message', sessionId: at.sessionId, text: agreeing('Yes.') }),
      'answer ignored noQuestion',
    ],
  ])('%s: no handler runs, and the audit says why', async (when, happen, why) => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    if (when.includes('200 ms')) {
      at.speak()
      at.clock.advance(3_500)
      const { id, attempt } = at.question()
      at.gate.feed({ kind: 'questionMark', id, attempt })
      at.clock.advance(199)
    } else at.hear()
    happen(at)
    await at.quiet()
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain(why)
  })

  it('at 200 ms they do', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.speak()
    at.clock.advance(3_500)
    const { id, attempt } = at.question()
    at.gate.feed({ kind: 'questionMark', id, attempt })
    at.clock.advance(200)
    at.say(agreeing('Yes.'))
    await at.quiet()
    expect(at.count('send_sms')).toBe(1)
  })
})
