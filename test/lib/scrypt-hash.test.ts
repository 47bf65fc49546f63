import { scryptSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { matchesScryptHash, scryptHash, ScryptHashError } from '../../src/lib/scrypt-hash.ts'

function stored(secret: string, { N, r, p }: { N: number; r: number; p: number }): string {
  const salt = Buffer.from('salt of the test')
  const hash = scryptSync(secret, salt, 32, { N, r, p })
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

describe('matchesScryptHash()', () => {
  it('knows the secret from every other', async () => {
    const hash = stored('271828', { N: 1024, r: 8, p: 1 })
    expect(await matchesScryptHash('271828', hash)).toBe(true)
    for (const wrong of ['271829', '27182', '2718281', '', ' 271828', '２７１８２８'])
      expect(await matchesScryptHash(wrong, hash)).toBe(false)
  })

  it('reads the parameters: another block size is another hash', async () => {
    const hash = stored('271828', { N: 2048, r: 4, p: 2 })
    expect(await matchesScryptHash('271828', hash)).toBe(true)
    expect(await matchesScryptHash('271828', hash.replace('$4$', '$8$'))).toBe(false)
  })

  // RFC 7914 §12, third vector, cut to the 32 bytes that scrypt would give for that length as well.
  it('agrees with the vectors of RFC 7914', async () => {
    const salt = Buffer.from('SodiumChloride').toString('base64url')
    const hash = Buffer.from('7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2', 'hex')
    const text = `scrypt$16384$8$1$${salt}$${hash.toString('base64url')}`
    expect(await matchesScryptHash('pleaseletmein', text)).toBe(true)
  })

  it.each([
    ['another scheme', 'bcrypt$1024$8$1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo'],
    ['a short hash', 'scrypt$1024$8$1$c2FsdHNhbHRzYWx0$aGFzaA'],
    ['no text', ''],
    ['a cost that is no power of two', 'scrypt$1000$8$1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo'],
    ['a cost of 1', 'scrypt$1$8$1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo'],
    ['no blocks', 'scrypt$1024$0$1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo'],
    ['no lanes', 'scrypt$1024$8$0$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo'],
    ['too much memory', 'scrypt$1048576$8$1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo'],
  ])('rejects with ScryptHashError, which does not tell the hash, for %s', async (_what, text) => {
    const error: unknown = await matchesScryptHash('271828', text).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ScryptHashError)
    expect(String(error)).not.toContain('aGFzaA')
  })
})

describe('scryptHash()', () => {
  it('makes another hash of the same secret each time, and each matches', async () => {
    const [one, other] = [scryptHash('271828'), scryptHash('271828')]
    expect(one).not.toBe(other)
    expect(one).toMatch(/^scrypt\$16384\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
    expect(await matchesScryptHash('271828', one)).toBe(true)
    expect(await matchesScryptHash('271828', scryptHash('271828', 'quick'))).toBe(true)
    expect(await matchesScryptHash('271829', scryptHash('271828', 'quick'))).toBe(false)
  })
})
