import { describe, expect, it } from 'vitest'
import { learnLayout, matchLayout } from '../../src/twilio/media-layout.ts'
import { mediaText, streamSid } from './support/media-text.ts'

describe('learnLayout()', () => {
  it('learns every order of keys, and finds the values of another message of that layout', () => {
    for (let order = 0; order < 4; order++) {
      const text = mediaText({ order })
      const layout = learnLayout(Buffer.from(text), JSON.parse(text))
      const next = mediaText({ order, payload: 'QUJD', timestamp: '12345' })
      const found = { timestampMs: 0, from: 0, to: next.length }
      expect(
        layout && matchLayout({ layout, streamSid: Buffer.from(streamSid) }, Buffer.from(next), found),
      ).toBe(true)
      expect(found.timestampMs).toBe(12_345)
      expect(next.slice(found.from, found.to)).toBe('QUJD')
    }
  })

  it('learns nothing from what is nested too deeply to be written again', () => {
    for (const depth of [9, 25_000]) {
      const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`
      for (const text of [
        mediaText({ payload: 'AA==' }).replace('"event"', `"deep":${nested},"event"`),
        mediaText({ payload: 'AA==' }).replace('"track"', `"deep":${nested},"track"`),
      ]) {
        expect(learnLayout(Buffer.from(text), JSON.parse(text))).toBeUndefined()
      }
    }
  })

  it('learns nothing from spaces, escapes, repeated keys or its own marker', () => {
    const plain = mediaText()
    const odd = [
      plain.replace('{"event"', '{ "event"'),
      plain.replace('inbound', '\\u0069nbound'),
      plain.replace('{"event":"media"', '{"event":"stop","event":"media"'),
      plain.replace('"inbound"', '"inbound","x":"\u{E000}payload\u{E000}"'),
    ]
    for (const text of odd) expect(learnLayout(Buffer.from(text), JSON.parse(text))).toBeUndefined()
  })
})
