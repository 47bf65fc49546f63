import { describe, expect, it } from 'vitest'
import { sentenceText } from '../../src/prompts/sentences.ts'
import { expectComplete, play, scenarioOf, transcriptOf, useRehearsal } from './support.ts'

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

  it('a model that never answers: the caller is asked for patience, then told, then asked for a message', async () => {
    const scenario = await scenarioOf(rehearsal(), 'model-never-answers', '+14155550113')
    const { record, summary } = await play(rehearsal(), scenario)
    expect(summary.heardSay.map(({ text }) => text)).toEqual([sentenceText('leaveMessage', 'en')])
    expect(record.call.ending).toBe('modelLost')
    expect(record.sessions.map(({ endReason }) => endReason)).toEqual(['silent', 'handed over'])
    expect(record.turns.map(({ source }) => source)).toEqual([
      'fixed',
      'fixed',
      'transcript',
      'fixed',
      'fixed',
    ])
    expect(record.turns.every(({ interrupted }) => !interrupted)).toBe(true)
    expectComplete(record)
  })

  it('a model leg that drops in the middle of an answer: another session goes on, and greets nobody again', async () => {
    const scenario = await scenarioOf(rehearsal(), 'model-leg-drops', '+14155550114')
    const rung = await rehearsal().world.ring(scenario)
    const { summary } = await rung.ended
    const record = await rehearsal().record(rung.call.sid)
    if (!record) throw new Error('The call left no record')
    expect(summary.errors).toEqual([])
    expect(transcriptOf(record)).toEqual([
      disclosure,
      greeting,
      question,
      'agent: Of course. From Monday to …',
      'agent: On Friday it closes at three.',
      'caller: Thank you, that is all. Goodbye.',
      'agent: You are welcome. Have a nice day!',
    ])
    const [before, after] = [record.turns[3], record.turns[4]]
    const silentMs = (after?.startedAtMs ?? NaN) - (before?.startedAtMs ?? NaN) - (before?.heardMs ?? NaN)
    expect(silentMs).toBeLessThan(3_000)
    const told = rung.sessions()[1]?.received.map(({ event }) => JSON.stringify(event)) ?? []
    expect(told.filter((event) => event.includes('"Of course. From Monday to"'))).toHaveLength(1)
    expect(told.filter((event) => event.includes('"purpose":"resumption"'))).toHaveLength(1)
    expect(record.call.ending).toBe('agentHungUp')
    expectComplete(record)
  })

  it('a model that cannot be reached: the caller leaves a message, and the owner is told of it once', async () => {
    const scenario = await scenarioOf(rehearsal(), 'model-is-down', '+14155550117')
    const before = rehearsal().world.twilio.messages.size
    const { record, summary } = await play(rehearsal(), scenario)
    expect(summary.errors).toEqual([])
    expect(summary.heardSay.map(({ text }) => text)).toEqual([
      sentenceText('leaveMessage', 'en'),
      sentenceText('messageTaken', 'en'),
    ])
    expect(record.call.ending).toBe('modelLost')
    expect(record.sessions.map(({ endReason }) => endReason)).toEqual(Array(4).fill('http_503'))
    expect(record.messages).toEqual([
      expect.objectContaining({ from: '+14155550117', durationSeconds: 10, notice: 'sent' }),
    ])
    const sent = [...rehearsal().world.twilio.messages.values()].slice(before)
    expect(sent.map(({ to }) => to)).toEqual(['+14155550101'])
    expect(sent[0]?.body).toContain('+14155550117')
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
    const log = rehearsal().lines.join('')
    for (const name of ['TWILIO_AUTH_TOKEN', 'OPENAI_API_KEY'] as const) {
      expect(log).not.toContain(rehearsal().world.env[name] ?? 'missing')
    }
    expect(log).not.toMatch(/\+1415555\d{4}/)
    expect(log).not.toMatch(/workshop|Mill Lane/)
    expect(log).not.toMatch(/\/twilio\/media\/[A-Za-z0-9_-]{22}/)
  })
})
