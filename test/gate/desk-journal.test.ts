import { describe, expect, it } from 'vitest'
import { argumentsHash } from '../../src/policy/arguments-hash.ts'
import { consentLexicons } from '../../src/policy/consent.ts'
import { AtGate, sms } from './at-gate.ts'

async function evidenceOf(at: AtGate): Promise<readonly unknown[]> {
  await at.quiet()
  const answer = (await at.audited()).find(({ data }) => data.state === 'confirmed')
  const { means, item, key, confirmation = '' } = answer?.data ?? {}
  const stored = await at.records.effects.findConfirmation(confirmation)
  return [{ means, item, key }, stored?.evidence]
}

describe('a yes is recorded', () => {
  it('with the item that was spoken', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.hear()
    at.say('Yes.')
    expect(await evidenceOf(at)).toEqual([
      { means: 'speech', item: 'item_abcdefgh2' },
      { by: 'speech', id: 'item_abcdefgh2' },
    ])
  })

  it('without any value where it was a key of the telephone', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.hear()
    at.gate.feed({ kind: 'key', key: '1' })
    expect(await evidenceOf(at)).toEqual([{ means: 'keypad' }, { by: 'keypad' }])
  })

  it('with the name of the key of the API', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    const hash = argumentsHash('send_sms', sms)
    at.gate.feed({ kind: 'approved', id: at.question().id, hash, keyName: 'console' })
    expect(await evidenceOf(at)).toEqual([
      { means: 'apiKey', key: 'console' },
      { by: 'apiKey', id: 'console' },
    ])
  })

  it('without its words where it was written', async () => {
    const lexicons = consentLexicons(['en'])
    const desk = { channel: 'written', ttlMs: 30_000, transcribes: true, hasVoice: false, lexicons } as const
    await using at = await AtGate.open({ channel: 'chat', desk })
    await at.propose('send_sms', sms)
    const { id, attempt, text } = at.question()
    expect(text).toMatch(/Reply yes or no\.$/)
    at.gate.feed({ kind: 'questionShown', id, attempt })
    at.gate.feed({ kind: 'message', sessionId: at.sessionId, text: 'Yes, please.' })
    expect(await evidenceOf(at)).toEqual([{ means: 'message' }, { by: 'message' }])
    expect(at.count('send_sms')).toBe(1)
  })
})

describe('answers that do not count', () => {
  it('are recorded 256 times in a session', async () => {
    await using at = await AtGate.open()
    for (let count = 1; count <= 300; count += 1) at.gate.feed({ kind: 'key', key: '1' })
    await at.quiet()
    const ignored = (await at.story()).filter((line) => line === 'answer ignored noQuestion')
    expect(ignored).toHaveLength(256)
  })
})
