import { scryptSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SessionRecord } from '../../src/sim/openai/session-record.ts'
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

const RATE_HZ = 24_000

/** Where two sines of a key have most of the energy of 23 ms, in seconds. Source of the frequencies: ITU-T Q.23 */
function keysIn(samples: Int16Array): readonly number[] {
  const length = Math.round(0.023 * RATE_HZ)
  const found = []
  for (let from = 0; from + length <= samples.length; from += length >> 1) {
    const piece = samples.subarray(from, from + length)
    const energy = piece.reduce((sum, sample) => sum + sample ** 2, 0)
    const share = (hz: number): number => {
      let [re, im] = [0, 0]
      for (const [at, sample] of piece.entries()) {
        re += sample * Math.cos((2 * Math.PI * hz * at) / RATE_HZ)
        im += sample * Math.sin((2 * Math.PI * hz * at) / RATE_HZ)
      }
      return (2 * (re ** 2 + im ** 2)) / (length * energy)
    }
    if (energy < length * 1_000) continue
    const [low, high] = [
      [697, 770, 852, 941],
      [1_209, 1_336, 1_477],
    ].map((group) => Math.max(...group.map(share)))
    if ((low ?? 0) > 0.2 && (high ?? 0) > 0.2) found.push(from / RATE_HZ)
  }
  return found
}

/** A key of 40 ms, as it would be found. */
function withKey(samples: Int16Array): Int16Array {
  const key = Int16Array.from({ length: 0.04 * RATE_HZ }, (_, at) =>
    [770, 1_336].reduce((sum, hz) => sum + 4_000 * Math.sin((2 * Math.PI * hz * at) / RATE_HZ), 0),
  )
  return Int16Array.from([...samples.subarray(0, RATE_HZ), ...key, ...samples.subarray(RATE_HZ, 2 * RATE_HZ)])
}

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
    let sessions: readonly SessionRecord[] = []
    const errand = await playErrand({
      call,
      env,
      meanwhile: async ({ world }) => {
        sessions = world.openai.sessions
      },
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
    // Nor is any key to be heard; a receiver needs 23 ms of one.
    const heard = Int16Array.from(sessions.flatMap((session) => Array.from(session.appendedPcm24k())))
    expect(heard.length).toBeGreaterThan(20 * RATE_HZ)
    expect(keysIn(heard)).toEqual([])
    expect(keysIn(withKey(heard))).not.toEqual([])
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
