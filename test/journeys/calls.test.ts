import { describe, expect, it } from 'vitest'
import { expectComplete, leaksIn, play, scenarioOf, transcriptOf, useRehearsal } from './support.ts'

const rehearsal = useRehearsal()
const disclosure = 'agent: Hello! This is a computer: an AI assistant, speaking for the owner of this number.'
const greeting = 'agent: How can I help you?'
const question = 'caller: Hi, good morning. Can you tell me when the workshop is open this week?'

describe.concurrent('a call through the whole server', { timeout: 90_000 }, () => {
  it('greeting, question, answer that is interrupted, answer, goodbye', async () => {
    const scenario = await scenarioOf(rehearsal(), 'opening-hours', '+14155550111')
    const { callSid, record, summary } = await play(rehearsal(), scenario)
    expect(summary.errors).toEqual([])
    expect(summary).toMatchObject({ endedBy: 'rest', status: 'completed' })
    expect(transcriptOf(record)).toEqual([
      disclosure,
      greeting,
      question,
      expect.stringMatching(/^agent: Of course\. From Monday to Thursday.* …$/) as unknown,
      'caller: Sorry, just the address, please.',
      'agent: Sure. It is twelve Mill Lane, right beside the post office.',
      'caller: Thank you, that is all. Goodbye.',
      'agent: You are welcome. Have a nice day!',
    ])
    expect(record.call.ending).toBe('agentHungUp')
    expectComplete(record)
    // The goodbye was heard before the hang-up: the last frames of the recording are not the first of a cut sentence.
    expect(record.turns.at(-1)).toMatchObject({ interrupted: false, heardMs: expect.any(Number) as unknown })
    const kinds = rehearsal()
      .lines.map((line) => JSON.parse(line) as { callSid?: string; kind: string })
      .filter((line) => line.callSid === callSid)
      .map(({ kind }) => kind)
    expect(kinds).toEqual(
      expect.arrayContaining(['callOffered', 'streamStarted', 'sessionReady', 'truncated', 'callEnded']),
    )
  })

  it('a caller who hangs up in the middle of a word', async () => {
    const { record } = await play(
      rehearsal(),
      await scenarioOf(rehearsal(), 'hangs-up-mid-word', '+14155550112'),
    )
    expect(record.call.ending).toBe('callerHungUp')
    expect(transcriptOf(record).slice(0, 3)).toEqual([disclosure, greeting, question])
    expect(record.turns.at(-1)).toMatchObject({ speaker: 'agent', interrupted: true })
    expectComplete(record)
  })

  it('two calls at once keep to themselves', async () => {
    const one = await scenarioOf(rehearsal(), 'leaves-a-message', '+14155550115')
    const other = await scenarioOf(rehearsal(), 'opening-hours', '+14155550116')
    const [first, second] = await Promise.all([play(rehearsal(), one), play(rehearsal(), other)])
    expect(transcriptOf(first.record)).toContain('agent: Gladly. Who is calling, and what should I pass on?')
    expect(transcriptOf(first.record)).not.toContain(question)
    expect(transcriptOf(second.record)).toContain(question)
    for (const { record, summary } of [first, second]) {
      expect(summary.errors).toEqual([])
      expectComplete(record)
    }
  })

  it('the owner is greeted as the owner', async () => {
    const scenario = await scenarioOf(rehearsal(), 'hangs-up-mid-word', '+14155550101')
    const { record } = await play(rehearsal(), scenario)
    expect(record.call.actor).toBe('owner')
    expect(transcriptOf(record)).not.toContain(disclosure)
    expectComplete(record)
  })
})

describe('after all of them', () => {
  it('the model refused nothing that the server sent', () => {
    expect(rehearsal().world.openai.sessions.flatMap((session) => session.refused)).toEqual([])
  })

  it('no secret, no full number and no spoken word is in the log', () => {
    expect(leaksIn(rehearsal())).toEqual([])
  })
})
