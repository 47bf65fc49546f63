import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64 } from '../../src/audio/base64.ts'

const seed = 20_261_120

function decode(text: string, targetBytes = 8_000): Buffer | undefined {
  const target = Buffer.alloc(targetBytes)
  const bytes = decodeBase64(Buffer.from(text, 'latin1'), { from: 0, to: text.length }, target)
  return bytes < 0 ? undefined : target.subarray(0, bytes)
}

describe('decodeBase64()', () => {
  it('decodes what Buffer encodes, at any place of the source', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(9), (bytes, from) => {
        const text = Buffer.from(bytes).toString('base64')
        const source = Buffer.from('='.repeat(from) + text + '====')
        const target = Buffer.alloc(400)
        const written = decodeBase64(source, { from, to: from + text.length }, target)
        expect(Buffer.compare(target.subarray(0, written), bytes)).toBe(0)
      }),
      { seed, numRuns: 500 },
    )
  })

  it('accepts exactly the texts that Buffer would write', () => {
    const texts = fc
      .array(fc.constantFrom(...Array.from('ABQgwxyz019+/=_-\n "\\')), { maxLength: 12 })
      .map((characters) => characters.join(''))
    fc.assert(
      fc.property(texts, (text) => {
        const forgiving = Buffer.from(text, 'base64')
        const canonical = forgiving.toString('base64') === text
        expect(decode(text)?.toString('hex')).toBe(canonical ? forgiving.toString('hex') : undefined)
      }),
      { seed, numRuns: 5_000 },
    )
  })

  it('refuses one wrong character anywhere', () => {
    const text = Buffer.alloc(160, 0x5a).toString('base64')
    for (let at = 0; at < text.length; at++) {
      expect([at, decode(`${text.slice(0, at)}!${text.slice(at + 1)}`)]).toEqual([at, undefined])
    }
  })

  it('refuses more than the target holds and writes nothing beyond it', () => {
    const text = Buffer.alloc(160).toString('base64')
    expect(decode(text, 160)).toHaveLength(160)
    expect(decode(text, 159)).toBeUndefined()
  })
})
