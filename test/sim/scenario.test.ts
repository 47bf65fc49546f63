import { describe, expect, it } from 'vitest'
import { garbageForms } from '../../src/sim/openai/model-fault.ts'
import { parseScenario, ScenarioError } from '../../src/sim/scenario.ts'

const at = { session: 1, afterMs: 4_000 }
const during = { session: 1, duringReply: { reply: 2, audioMs: 500 } }

/** A file that asks for everything that can go wrong. */
const everything = {
  name: 'everything-fails',
  about: 'Everything that can be asked for goes wrong.',
  seed: 1,
  caller: {
    steps: [
      { do: 'jitter', ms: 4_000, upToMs: 300 },
      { do: 'randomLoss', ms: 4_000, share: 0.05 },
      { do: 'swapMedia', ms: 4_000 },
      { do: 'repeatMedia', ms: 4_000 },
      { do: 'repeatMarks', ms: 4_000 },
      { do: 'jumpClock', byMs: -60_000 },
      { do: 'lose', ms: 300 },
      { do: 'secondStart' },
      { do: 'sendHuge', bytes: 4_194_304 },
      { do: 'freeze' },
      { do: 'vanish' },
      { do: 'hangUpWithoutStop' },
    ],
  },
  model: {
    hears: [],
    replies: [
      { say: 'Hello', ends: 'failed', error: { type: 'insufficient_quota', code: 'insufficient_quota' } },
    ],
    transcription: { when: 'never' },
    faults: [
      { kind: 'refuseHandshake', status: '429' },
      { kind: 'silentHandshake', session: 2 },
      { kind: 'slowHandshake', session: 3, delayMs: 4_000 },
      { kind: 'noReply', from: 3, count: 1 },
      { kind: 'dropSession', ...at },
      { kind: 'resetSession', ...during },
      { kind: 'stall', ...during },
      { kind: 'halfOpen', ...at },
      { kind: 'fatalError', ...at, code: 'insufficient_quota' },
      { kind: 'serverError', ...during },
      ...garbageForms.map((form) => ({ kind: 'garbage', ...during, form, count: 3 })),
      { kind: 'hugeDelta', ...during, messageBytes: 1_000_000 },
      { kind: 'flood', ...during, count: 20_000, of: 'audio' },
    ],
  },
  rest: [
    { request: 'hangUp', answer: '429', count: 1 },
    { request: 'createCall', answer: '500' },
    { request: 'fetchCall', answer: 'none' },
    { request: 'createMessage', answer: '503', count: 2 },
  ],
}

describe('parseScenario()', () => {
  it('takes a file that asks for every fault there is', () => {
    expect(parseScenario('all.json', JSON.stringify(everything))).toMatchObject(everything)
  })

  it.each([
    ['a step', { caller: { steps: [{ do: 'explode' }] } }],
    ['a fault of the model', { model: { hears: [], replies: [], faults: [{ kind: 'explode' }] } }],
    ['a fault of REST', { rest: [{ request: 'hangUp', answer: '418' }] }],
  ])('refuses %s that it does not know, and names the place', (_, wrong) => {
    const parse = (): unknown => parseScenario('wrong.json', JSON.stringify({ ...everything, ...wrong }))
    expect(parse).toThrow(ScenarioError)
    expect(parse).toThrow(/Cannot use scenario wrong\.json: (caller|model|rest)\./)
  })
})
