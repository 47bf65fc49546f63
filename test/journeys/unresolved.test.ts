import { describe, expect, it } from 'vitest'
import type { Records } from '../../src/storage/open-storage.ts'
import { asksForSms, hangsUp, playErrand, saidIn, wish } from './errand.ts'

const begunAtMs = Date.parse('2026-11-20T18:05:00Z')

/** A text message of which nobody knows whether it went out, as operators have been shown. */
async function unresolved({ effects }: Records): Promise<void> {
  const intentId = 'intent_x0123456789abcdef01234567'
  const sessionId = `CA${'0f'.repeat(16)}`
  await effects.claimIntent({
    intentId,
    scope: sessionId,
    key: 'key',
    tool: 'send_sms',
    argumentsHash: 'ab'.repeat(32),
    sessionId,
    actor: 'person_0a1b2c3d4e5f60718293a4b5',
    strength: 'S2',
    destination: '+14155550123',
    createdAtMs: begunAtMs,
  })
  await effects.settleIntent(intentId, { state: 'unknown', code: 'timeout', settledAtMs: begunAtMs })
  await effects.showUnresolved({
    sinceMs: begunAtMs,
    nowMs: begunAtMs,
    maxIntents: 1,
    by: { actor: 'server' },
  })
}

const listens = [
  { do: 'waitForReply', ms: 500 },
  { do: 'waitForQuiet', ms: 2_000 },
] as const
const ends = [{ do: 'waitForQuiet', ms: 2_000 }, { do: 'hangUp' }] as const

describe('an effect of which nobody knows what came of it', { timeout: 60_000 }, () => {
  it('is told to the owner right after the greeting', async () => {
    const call = await playErrand({
      steps: [...listens, ...ends],
      model: { hears: [], replies: [] },
      before: unresolved,
    })
    expect(saidIn(call)).toEqual([
      'agent: Hello, Godfather. What can I do for you?',
      expect.stringMatching(
        /^agent: One thing first: I do not know what became of the text message to the number ending in 0 1 2 3, .*Please check it\.$/,
      ),
    ])
    expect({ untold: call.untold, errors: call.errors, isWhole: call.isWhole }).toEqual({
      untold: 0,
      errors: [],
      isWhole: true,
    })
    expect(call.story).toContain('outcome unknown ownerTold')
  })

  it('waits for the next call where this one ends before it was heard', async () => {
    const call = await playErrand({
      steps: [{ do: 'waitForReply', ms: 500 }, { do: 'pause', ms: 4_000 }, { do: 'hangUp' }],
      model: { hears: [], replies: [] },
      before: unresolved,
    })
    expect(call.untold).toBe(1)
  })

  it('is told to nobody whose line proves nothing, and to no stranger', async () => {
    for (const from of [{ stirVerstat: 'No-TN-Validation' }, { from: '+14155550177' }]) {
      const call = await playErrand({
        steps: [...asksForSms, ...hangsUp],
        model: { hears: [wish], replies: [{ say: 'I cannot do that.' }] },
        call: from,
        before: unresolved,
      })
      expect(saidIn(call).filter((line) => line.includes('One thing first'))).toEqual([])
      expect(call.untold).toBe(1)
    }
  })
})
