import { scryptSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  asksForSms,
  hangsUp,
  hearsQuestion,
  playErrand,
  proposesSms,
  questions,
  saidIn,
  statuses,
  toolsListed,
  wish,
} from './errand.ts'

describe('the PIN of an owner whose line proves nothing', { timeout: 60_000 }, () => {
  const salt = Buffer.from('of a test only')
  const key = scryptSync('271828', salt, 32, { N: 1_024, r: 1, p: 1 })
  const env = {
    GODFATHER_PIN_HASH: `scrypt$1024$1$1$${salt.toString('base64url')}$${key.toString('base64url')}`,
  }
  const call = { stirVerstat: 'TN-Validation-Passed-C' }
  const hears = Array.from({ length: 12 }, (_, turn) => (turn === 0 ? wish : ''))
  const hearsPrompt = [
    { do: 'waitForReply', ms: 2_000 },
    { do: 'waitForQuiet', ms: 800 },
  ] as const

  it('is asked for by the server, and the kept errand is asked about when it is right', async () => {
    const errand = await playErrand({
      call,
      env,
      steps: [
        ...asksForSms,
        ...hearsPrompt,
        { do: 'press', digits: '271828#' },
        ...hearsQuestion,
        { do: 'press', digits: '1' },
        ...hangsUp,
      ],
      model: { hears, replies: proposesSms },
    })
    const said = saidIn(errand)
    expect(said).toContain('agent: Please enter your PIN on the keypad, then press the pound key.')
    expect(questions(errand)).toHaveLength(1)
    expect(errand.runs).toHaveLength(1)
    expect(statuses(errand)).toEqual(['pin_required', 'done', 'done'])
    expect(errand.story).toEqual([
      'proposal',
      'decision pinRequired pin',
      'auth right',
      'question asked heard',
      'answer confirmed yes',
      'decision allow confirmed',
      'intent',
      'outcome done',
    ])
    expect(toolsListed(errand)).not.toContain('find_contact')
    expect(toolsListed(errand, 2)).toContain('find_contact')
    const everything = JSON.stringify([errand.sent, errand.record, errand.lines, errand.story])
    expect(everything).not.toContain('271828')
    expect(everything).not.toMatch(/"digit"/)
  })

  it('is refused after the third wrong one, and with it what it was for', async () => {
    const wrong = [{ do: 'press', digits: '314159#' }, ...hearsPrompt] as const
    const errand = await playErrand({
      call,
      env,
      steps: [...asksForSms, ...hearsPrompt, ...wrong, ...wrong, ...wrong, ...hangsUp.slice(1)],
      model: { hears, replies: proposesSms },
    })
    expect(errand.runs).toEqual([])
    expect(statuses(errand).slice(0, 2)).toEqual(['pin_required', 'denied'])
    expect(saidIn(errand)).toEqual(
      expect.arrayContaining([
        'agent: That was not right. You can try 2 more times.',
        'agent: That was not right. You can try once more.',
        'agent: I cannot take a PIN on this call any more.',
      ]),
    )
    expect(errand.story.filter((line) => line.startsWith('auth'))).toEqual([
      'auth wrong',
      'auth wrong',
      'auth wrong',
      'auth refused triesOfCall',
    ])
  })

  it('is not asked for where none is configured: the errand is refused', async () => {
    const errand = await playErrand({
      call,
      steps: [...asksForSms, ...hangsUp],
      model: { hears, replies: proposesSms },
    })
    expect(statuses(errand)).toEqual(['refused'])
    expect(errand.story).toEqual(['policy_denied deny noPinConfigured'])
    expect(toolsListed(errand)).not.toContain('send_sms')
  })
})

describe('somebody who is not the owner', { timeout: 60_000 }, () => {
  it.each([
    ['another number', { from: '+14155550150' }],
    ["the owner's number with a failed attestation", { stirVerstat: 'TN-Validation-Failed-A' }],
    ['no number at all', { from: 'anonymous' }],
  ])('reaches nothing high-risk from %s, whatever the model proposes', async (_who, call) => {
    const errand = await playErrand({
      call,
      steps: [...asksForSms, ...hangsUp],
      model: { hears: [wish], replies: proposesSms },
    })
    expect(errand.runs).toEqual([])
    expect(statuses(errand)).toEqual(['refused'])
    expect(errand.story).toEqual(['policy_denied deny tooWeak outsider'])
    expect(toolsListed(errand)).toEqual(['take_message', 'end_call'])
    expect(saidIn(errand)[0]).toMatch(/This is a computer/)
  })
})
