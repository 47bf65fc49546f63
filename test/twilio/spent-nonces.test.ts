import { describe, expect, it } from 'vitest'
import { SpentNonces } from '../../src/twilio/spent-nonces.ts'

describe('SpentNonces', () => {
  it('remembers why a nonce is refused', () => {
    const spent = new SpentNonces()
    spent.add('one', 'nonceUsed')
    spent.add('other', 'callOver')
    expect([spent.reasonOf('one'), spent.reasonOf('other'), spent.reasonOf('fresh')]).toEqual([
      'nonceUsed',
      'callOver',
      undefined,
    ])
  })

  it('forgets the oldest when there are more than 1,024', () => {
    const spent = new SpentNonces()
    for (let number = 0; number <= 1_024; number++) spent.add(`nonce ${number}`, 'nonceUsed')
    expect(spent.reasonOf('nonce 0')).toBeUndefined()
    expect(spent.reasonOf('nonce 1')).toBe('nonceUsed')
    expect(spent.reasonOf('nonce 1024')).toBe('nonceUsed')
  })
})
