import { describe, expect, it } from 'vitest'
import type { Records } from '../../src/storage/open-storage.ts'
import { newCallSid, startedAtMs } from '../storage/records.ts'
import {
  asksForSms,
  hangsUp,
  hearsQuestion,
  owner,
  playErrand,
  proposesSms,
  saidIn,
  saysYes,
  sms,
  wish,
  yes,
} from './errand.ts'

const caller = '+14155550177'
const words = 'You rang me yesterday. Please do not call me again.'
const answer = 'agent: I have noted it: you will not be called again. I am sorry for the trouble.'

/** Somebody calls, and says that they want no more calls. */
async function played(
  call: { readonly from: string; readonly stirVerstat?: string },
  before?: (records: Records) => Promise<void>,
) {
  const errand = await playErrand({
    call,
    ...(before && { before }),
    steps: [
      { do: 'waitForReply', ms: 500 },
      { do: 'waitForQuiet', ms: 600 },
      { do: 'speak', clip: 'caller-text-ann', text: words },
      ...hangsUp,
    ],
    model: { hears: [words], replies: [{ say: 'How can I help you?' }, { say: 'I see.' }] },
  })
  expect(errand.errors).toEqual([])
  return { said: saidIn(errand), story: errand.story }
}

/** That a call was placed which nobody took. */
async function rangInVain({ effects }: Records): Promise<void> {
  const sessionId = newCallSid()
  const intentId = 'intent_rang_in_vain'
  await effects.claimIntent({
    intentId,
    scope: sessionId,
    key: 'key_1',
    tool: 'make_call',
    argumentsHash: 'ab'.repeat(32),
    sessionId,
    actor: 'person_0a1b2c3d4e5f60718293a4b5',
    strength: 'S2',
    destination: caller,
    createdAtMs: startedAtMs,
  })
  await effects.settleIntent(intentId, { state: 'failed', code: 'no-answer', settledAtMs: startedAtMs })
}

describe('whoever rings us and wants no more calls', { timeout: 60_000 }, () => {
  it('is heard where the network vouches for the number', async () => {
    const { said, story } = await played({ from: caller, stirVerstat: 'TN-Validation-Passed-A' })
    expect(said).toContain(answer)
    expect(story).toContain('opt_out')
  })

  it('is heard where we have rung that number before', async () => {
    const { said, story } = await played({ from: caller, stirVerstat: 'TN-Validation-Passed-B' }, rangInVain)
    expect(said).toContain(answer)
    expect(story).toContain('opt_out')
  })

  it('is promised nothing where the number may be forged', async () => {
    const { said, story } = await played({ from: caller, stirVerstat: 'TN-Validation-Passed-B' })
    expect(said).toContain(`caller: ${words}`)
    expect(said).not.toContain(answer)
    expect(story).not.toContain('opt_out')
  })

  it('is promised nothing where it is the owner', async () => {
    const { said, story } = await played({ from: owner, stirVerstat: 'TN-Validation-Passed-A' })
    expect(said).toContain(`caller: ${words}`)
    expect(said).not.toContain(answer)
    expect(story).not.toContain('opt_out')
  })
})

describe('whoever has answered a text with STOP', { timeout: 60_000 }, () => {
  it('is not called either, once the network has refused a text to them', async () => {
    const call = { name: 'make_call', arguments: { to_number: sms.to_number, purpose: 'Say that I am late' } }
    const stop = { from: sms.to_number, to: '+14155550100', body: 'STOP' }
    const errand = await playErrand({
      ownTools: true,
      meanwhile: async ({ world }) => void (await world.twilio.sendText(stop)),
      steps: [
        ...asksForSms,
        ...hearsQuestion,
        saysYes,
        ...hangsUp.slice(0, 2),
        ...asksForSms.slice(2),
        ...hangsUp,
      ],
      model: {
        hears: [wish, yes, wish],
        replies: [
          ...proposesSms.slice(0, 2),
          { say: 'They take no texts.' },
          { preamble: 'Then I call.', calls: [call] },
          { say: 'They want no calls.' },
        ],
      },
    })
    expect(errand.texts).toEqual([{ to: stop.to, body: 'STOP' }])
    expect(errand.story.slice(-3)).toEqual(['outcome failed 21610', 'opt_out', 'policy_denied deny optedOut'])
    expect(errand.isWhole).toBe(true)
  })
})
