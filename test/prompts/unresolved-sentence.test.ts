import { describe, expect, it } from 'vitest'
import { unresolvedSentence } from '../../src/prompts/unresolved-sentence.ts'

const begunAtMs = Date.parse('2026-11-24T00:05:00Z')

describe('unresolvedSentence()', () => {
  it('names each effect with whom it was to reach and when, in the owner’s zone', () => {
    const effects = [
      { tool: 'make_call', last4: '0123', begunAtMs },
      { tool: 'calendar_create_event', last4: undefined, begunAtMs: begunAtMs + 17 * 3_600_000 },
      { tool: 'fly_to_the_moon', last4: undefined, begunAtMs: begunAtMs + 12 * 3_600_000 },
    ]
    expect(unresolvedSentence(effects, { timeZone: 'America/New_York', isAgain: false, messages: 0 })).toBe(
      'One thing first: I do not know what became of the call to the number ending in 0 1 2 3, Monday, 23 November, 7:05 PM, and the new event in your calendar, Tuesday, 24 November, 12:05 PM, and something that I had begun, Tuesday, 24 November, 7:05 AM. I have not tried again. Please check it.',
    )
  })

  it('begins otherwise the second time, and holds no double quotes', () => {
    const effects = [{ tool: 'send_sms', last4: '0123', begunAtMs }]
    const again = unresolvedSentence(effects, { timeZone: 'UTC', isAgain: true, messages: 0 })
    expect(again).toMatch(/^Once more: I do not know what became of the text message .*, 12:05 AM\./)
    expect(again).not.toContain('"')
  })

  it.each([
    [1, 'there is 1 message for you that I could not send you. I have kept it.'],
    [9, 'there are 9 messages for you that I could not send you. I have kept them.'],
    [10, 'there are more than 9 messages for you that I could not send you. I have kept them.'],
  ])('tells of %i messages, also behind effects', (messages, sentence) => {
    const how = { timeZone: 'UTC', isAgain: false, messages }
    expect(unresolvedSentence([], how)).toBe(`One thing first: ${sentence}`)
    const effects = [{ tool: 'send_sms', last4: '0123', begunAtMs }]
    expect(unresolvedSentence(effects, how)).toMatch(
      /^One thing first: I do not know .*Please check it\. And /,
    )
    expect(unresolvedSentence(effects, how).endsWith(` And ${sentence}`)).toBe(true)
  })
})
