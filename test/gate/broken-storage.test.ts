import { describe, expect, it } from 'vitest'
import { AtGate, sms } from './at-gate.ts'

function fail(): never {
  throw new Error('the disk is full')
}

async function yes(at: AtGate): Promise<void> {
  at.hear()
  at.say('Yes.')
  await at.quiet()
}

describe('an effect whose record cannot be written', () => {
  it('is not even asked about when the proposal cannot', async () => {
    await using at = await AtGate.open()
    at.before.set('insertProposal', fail)
    expect(await at.propose('send_sms', sms)).toMatchObject({ status: 'refused' })
    expect(at.line.asked).toEqual([])
  })

  it('is not done when its question or its answer cannot be recorded', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.before.set('record', fail)
    at.hear()
    at.before.delete('record')
    await at.quiet()
    at.say('Yes.')
    await at.quiet()
    expect(at.runs).toEqual([])
    expect(at.line.told).toEqual(['call_1 send_sms failed'])
    expect(await at.story()).toContain('policy_denied deny auditUnavailable')
  })

  it('is refused while the audit log cannot be written, and talk goes on', async () => {
    await using at = await AtGate.open()
    at.before.set('record', fail)
    await at.propose('end_call', {})
    await at.quiet()
    expect(await at.propose('send_sms', sms)).toMatchObject({ status: 'refused' })
    expect(await at.propose('find_contact', { name: 'Ann' })).toMatchObject({ status: 'done' })
    at.before.delete('record')
    await at.propose('end_call', {})
    await at.quiet()
    expect(await at.propose('send_sms', sms)).toMatchObject({ status: 'waits' })
  })

  it('is not done when its intent cannot be written', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.before.set('claimIntent', fail)
    await yes(at)
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain('policy_denied deny intentNotWritten')
  })

  it('is not done when nobody knows whether its intent was written, and the record says so', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.after.set('claimIntent', fail)
    await yes(at)
    expect(at.runs).toEqual([])
    expect(await at.story()).toEqual(expect.arrayContaining(['intent', 'outcome failed notBegun']))
  })

  it('is not done when a no comes while its intent is written', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.before.set('claimIntent', () => at.say('No, stop!'))
    await yes(at)
    expect(at.runs).toEqual([])
    expect(at.line.told).toEqual(['call_1 send_sms denied'])
    expect(await at.story()).toEqual(
      expect.arrayContaining(['answer revoked revoked', 'intent', 'outcome failed revoked']),
    )
  })

  it('is not done when its intent takes more than five seconds', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.before.set('claimIntent', () => at.clock.advance(5_001))
    await yes(at)
    expect(at.runs).toEqual([])
    expect(at.line.told).toEqual(['call_1 send_sms failed'])
    expect(await at.story()).toEqual(
      expect.arrayContaining(['answer revoked notCommitted', 'outcome failed revoked']),
    )
  })

  it('is done when the no comes after its intent was written', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.doing.set('send_sms', async () => {
      at.say('No, stop!')
      return { kind: 'done', result: {} }
    })
    await yes(at)
    expect(at.count('send_sms')).toBe(1)
    expect(at.line.told).toEqual(['call_1 send_sms done'])
  })

  it('is not done when hang-up comes while its intent is written', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.after.set('claimIntent', () => at.gate.end('hungUp'))
    await yes(at)
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain('outcome failed cancelled')
  })

  it('has its outcome written later when it cannot be at once', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.before.set('settleIntent', fail)
    await yes(at)
    expect(at.line.told).toEqual(['call_1 send_sms done'])
    at.before.delete('settleIntent')
    at.clock.advance(200)
    await at.quiet()
    expect(await at.story()).toContain('outcome done')
    expect(at.count('send_sms')).toBe(1)
  })
})
