import { describe, expect, it } from 'vitest'
import { drillSignatures, signaturesEnv } from '../../src/sim/drills/signatures.ts'
import { useRehearsal } from './support.ts'

const rehearsal = useRehearsal(signaturesEnv)

describe('drillSignatures()', { timeout: 60_000 }, () => {
  it('meets a server that refuses whatever Twilio could not have sent, and does nothing about it', async () => {
    const { numbers, missed } = await drillSignatures(rehearsal(), { seed: 20_261_120, count: 400 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({
      webhooks: 320,
      upgrades: 80,
      mutations: 21,
      accepted: 0,
      burntNonces: 0,
      answers: { 403: 400 },
      sessionsOpened: 0,
      callsTaken: 0,
      recordsMade: 0,
    })
    // What was refused was refused for its own reason, not for a common one.
    expect(numbers['refusedFor']).toMatchObject({
      'voice noSignature': expect.any(Number) as unknown,
      'voice signature': expect.any(Number) as unknown,
      'voice repeatedField': expect.any(Number) as unknown,
      'voice undecodable': expect.any(Number) as unknown,
      'media signature': expect.any(Number) as unknown,
      'media target': expect.any(Number) as unknown,
      'media nonceUnknown': expect.any(Number) as unknown,
      'media nonceUsed': expect.any(Number) as unknown,
      'media nonceExpired': 1,
    })
  })
})
