import { describe, expect, it } from 'vitest'
import {
  asksForSms,
  hangsUp,
  hearsQuestion,
  playErrand,
  proposesSms,
  questionRequests,
  questions,
  saidIn,
  saysNo,
  saysYes,
  sms,
  statuses,
  wish,
  yes,
} from './errand.ts'

describe('an errand that needs a yes', { timeout: 60_000 }, () => {
  it('is done once after the question was heard and a plain yes, and the owner hears of it', async () => {
    const errand = await playErrand({
      steps: [...asksForSms, ...hearsQuestion, saysYes, ...hangsUp],
      model: { hears: [wish, yes], replies: proposesSms },
    })
    expect(errand.runs).toMatchObject([{ tool: 'send_sms', input: sms }])
    expect(saidIn(errand)).toEqual([
      'agent: Hello, Godfather. What can I do for you?',
      `caller: ${wish}`,
      'agent: Let me see.',
      expect.stringMatching(/^agent: Shall I text for the first time, .* Say yes or no, or press 1 .*\.$/),
      `caller: ${yes}`,
      'agent: All right.',
      'agent: It is sent.',
    ])
    expect(errand.told).toEqual([
      { status: 'confirmation_required', question: expect.stringContaining('Shall I text') as unknown },
      { tool: 'send_sms', call_id: expect.any(String) as unknown, status: 'done' },
      { status: 'done', result: { sid: 'SM1' } },
    ])
    expect(errand.story).toEqual([
      'proposal',
      'decision confirm highRisk',
      'question asked heard',
      'answer confirmed yes',
      'decision allow confirmed',
      'intent',
      'outcome done',
    ])
    expect({ isWhole: errand.isWhole, errors: errand.errors }).toEqual({ isWhole: true, errors: [] })
    expect(questionRequests(errand)).toEqual([{ purpose: 'question', id: expect.any(String) as unknown }])
  })

  it('is not done after a no', async () => {
    const errand = await playErrand({
      steps: [...asksForSms, ...hearsQuestion, saysNo, ...hangsUp],
      model: {
        hears: [wish, 'No, leave it.'],
        replies: [...proposesSms.slice(0, 2), { say: 'Then I leave it.' }],
      },
    })
    expect(errand.runs).toEqual([])
    expect(statuses(errand)).toEqual(['confirmation_required', 'denied'])
    expect(errand.story.at(-1)).toBe('answer denied no')
  })

  it.each([
    ['failed', /^This was not done\./],
    ['unknown', /^Nobody knows whether this was done\./],
  ] as const)('is told with its code and what to say of it when it is %s', async (kind, note) => {
    const errand = await playErrand({
      steps: [...asksForSms, ...hearsQuestion, saysYes, ...hangsUp],
      model: { hears: [wish, yes], replies: [...proposesSms.slice(0, 2), { say: 'That did not work.' }] },
      doing: async () => ({ kind, code: 'optedOut' }),
    })
    expect(statuses(errand)).toEqual(['confirmation_required', kind, kind])
    expect(errand.told.at(-1)).toEqual({
      status: kind,
      reason: 'optedOut',
      note: expect.stringMatching(note) as unknown,
    })
  })

  it('is corrected aloud when the model says that it was done, and it was not', async () => {
    const errand = await playErrand({
      steps: [...asksForSms, ...hearsQuestion, saysNo, ...hangsUp],
      model: {
        hears: [wish, 'No, leave it.'],
        replies: [...proposesSms.slice(0, 2), { say: 'I have sent it.' }],
      },
    })
    expect(saidIn(errand).slice(-2)).toEqual([
      'agent: I have sent it.',
      'agent: I have to correct myself: that was not done.',
    ])
    expect(errand.lines.some((line) => line.includes('"kind":"contradicted"'))).toBe(true)
    expect(errand.story.slice(-2)).toEqual(['answer denied no', 'contradicted status'])
  })

  it('is not done on a yes into the question, which is cut and put again from its first word', async () => {
    const errand = await playErrand({
      steps: [
        ...asksForSms,
        { do: 'waitForReply', ms: 3_000 },
        saysYes,
        ...hearsQuestion,
        saysYes,
        ...hangsUp,
      ],
      model: { hears: [wish, yes, yes], replies: proposesSms },
    })
    expect(errand.runs).toHaveLength(1)
    const [cut, whole] = questions(errand)
    expect(cut).toMatch(/…$/)
    expect(whole).toMatch(/^agent: Let me ask once more\. .*for no\.$/)
    expect(errand.story).toEqual([
      'proposal',
      'decision confirm highRisk',
      'question proposed cut',
      'question asked heard',
      'answer confirmed yes',
      'decision allow confirmed',
      'intent',
      'outcome done',
    ])
  })

  it.each([
    ['1', 1, 'answer confirmed yes'],
    ['2', 0, 'answer denied no'],
  ])('heeds the key %s', async (digits, runs, answer) => {
    const errand = await playErrand({
      steps: [...asksForSms, ...hearsQuestion, { do: 'press', digits }, ...hangsUp],
      // The sound of a key may pass for a turn without words.
      model: { hears: [wish, '', '', ''], replies: proposesSms },
    })
    expect(errand.runs).toHaveLength(runs)
    expect(errand.story).toContain(answer)
  })

  it('is asked about in other words after an answer that nobody can rely on', async () => {
    const errand = await playErrand({
      steps: [
        ...asksForSms,
        ...hearsQuestion,
        { do: 'speak', clip: 'caller-say-what', text: 'What was that?' },
        ...hearsQuestion,
        saysYes,
        ...hangsUp,
      ],
      model: { hears: [wish, 'What was that?', yes], replies: proposesSms },
    })
    expect(questions(errand)[1]).toMatch(/^agent: Let me ask once more/)
    expect(errand.runs).toHaveLength(1)
  })

  it('expires without an answer, and nobody asks meanwhile whether anybody is there', async () => {
    const errand = await playErrand({
      steps: [...asksForSms, ...hearsQuestion, { do: 'waitForReply', ms: 300, withinMs: 60_000 }, ...hangsUp],
      model: { hears: [wish], replies: proposesSms },
    })
    expect(statuses(errand)).toEqual(['confirmation_required', 'expired'])
    expect(saidIn(errand).slice(-2)).toEqual([questions(errand)[0], 'agent: All right.'])
    expect(errand.runs).toEqual([])
  })

  it('is given up when the model twice says something else, and the caller hears that', async () => {
    const errand = await playErrand({
      steps: [
        ...asksForSms,
        { do: 'waitForReply', ms: 300 },
        { do: 'waitForQuiet', ms: 4_000 },
        saysYes,
        ...hangsUp,
      ],
      model: {
        hears: [wish, yes],
        replies: proposesSms,
        exactReplies: [{ say: 'Shall I text Ann? Say yes.' }, { say: 'I will text Ann now, all right?' }],
      },
    })
    expect(errand.runs).toEqual([])
    expect(errand.story).toContain('answer cancelled misspoken')
    expect(saidIn(errand)).toContain(
      'agent: I could not ask you about the text message, so I have not done it.',
    )
  })
})

describe('an errand whose call breaks off', { timeout: 60_000 }, () => {
  it('is cancelled when the caller hangs up with the question open', async () => {
    const errand = await playErrand({
      steps: [...asksForSms, ...hearsQuestion, { do: 'hangUp' }],
      model: { hears: [wish], replies: proposesSms },
    })
    expect(errand.story.at(-1)).toBe('answer cancelled hungUp')
    expect(errand.runs).toEqual([])
  })

  it('is cancelled when the model is lost, and a yes to the next one does nothing', async () => {
    const errand = await playErrand({
      steps: [
        ...asksForSms,
        ...hearsQuestion,
        { do: 'waitForReply', ms: 300, withinMs: 60_000 },
        { do: 'waitForQuiet', ms: 600 },
        saysYes,
        ...hangsUp,
      ],
      model: { hears: [wish, yes], replies: proposesSms, exactReplies: [null] },
      meanwhile: async ({ virtual, world }) => {
        await virtual.time.pass(21_000)
        world.openai.dropSession(1)
      },
    })
    expect(errand.story).toContain('answer cancelled modelLost')
    expect(errand.story).not.toContain('intent')
    expect(errand.runs).toEqual([])
  })

  it('is cancelled when the server stops', async () => {
    const errand = await playErrand({
      steps: [...asksForSms, ...hearsQuestion, { do: 'waitForEnd', withinMs: 60_000 }],
      model: { hears: [wish], replies: proposesSms },
      meanwhile: async ({ virtual, drain }) => {
        await virtual.time.pass(21_000)
        void drain('atOnce')
      },
    })
    expect(errand.story.at(-1)).toBe('answer cancelled stopping')
    expect(saidIn(errand).at(-1)).toBe('agent: Thank you. Goodbye!')
  })
})

describe('an errand that takes its time', { timeout: 60_000 }, () => {
  it('is bridged by one sentence', async () => {
    const errand = await playErrand({
      steps: [
        ...asksForSms,
        ...hearsQuestion,
        saysYes,
        { do: 'pause', ms: 7_000 },
        { do: 'waitForQuiet', ms: 1_500 },
        { do: 'hangUp' },
      ],
      model: { hears: [wish, yes], replies: proposesSms },
      doing: async ({ wait }) => {
        await wait(4_500)
        return { kind: 'done', result: { sid: 'SM1' } }
      },
    })
    expect(saidIn(errand).slice(-3)).toEqual([
      'agent: All right.',
      'agent: One moment, please.',
      'agent: It is sent.',
    ])
  })
})
