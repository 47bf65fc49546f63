import * as fc from 'fast-check'
import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { publicAddress } from '../../src/twilio/public-address.ts'
import { cleanText, twimlFor } from '../../src/twilio/twiml.ts'
import { publicUrl } from './support/names.ts'
import { anyText } from './support/any-text.ts'

const address = publicAddress(publicUrl)
const nonce = 'abcdefghijklmnopqrstuv'

describe('twimlFor()', () => {
  it('connects a stream whose path carries the nonce, with an action and a status callback', () => {
    expect(twimlFor({ kind: 'connect', nonce }, address)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Response>' +
        '<Connect action="https://voice.example.org/twilio/after-stream">' +
        `<Stream url="wss://voice.example.org/twilio/media/${nonce}"` +
        ' statusCallback="https://voice.example.org/twilio/stream-status"/></Connect></Response>',
    )
  })

  it("writes what the SDK's builder writes", () => {
    const voice = new twilio.twiml.VoiceResponse()
    voice.connect({ action: `${publicUrl}/twilio/after-stream` }).stream({
      url: `wss://voice.example.org/twilio/media/${nonce}`,
      statusCallback: `${publicUrl}/twilio/stream-status`,
    })
    expect(twimlFor({ kind: 'connect', nonce }, address)).toBe(voice.toString())
    const end = new twilio.twiml.VoiceResponse()
    end.hangup()
    expect(twimlFor({ kind: 'hangUp' }, address)).toBe(end.toString())
    const away = new twilio.twiml.VoiceResponse()
    away.reject({ reason: 'busy' })
    expect(twimlFor({ kind: 'reject' }, address)).toBe(away.toString())
  })

  it('says any text and language as the SDK would after cleaning', () => {
    const anything = fc.oneof(
      anyText(40),
      fc
        .array(
          fc.constantFrom(
            '&',
            '<',
            '>',
            '"',
            "'",
            '\r',
            '\n',
            '\t',
            '\0',
            '\uD800',
            '\uFFFE',
            ']]>',
            'é',
            '😀',
          ),
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(anything, anything, (text, language) => {
        const voice = new twilio.twiml.VoiceResponse()
        voice.say({ language: cleanText(language) as 'en-US' }, cleanText(text))
        voice.hangup()
        const written = twimlFor({ kind: 'sayAndHangUp', text, language }, address)
        expect(written).toBe(voice.toString())
      }),
      { seed: 20_261_120, numRuns: 1_000 },
    )
  })

  it('cuts a sentence that is longer than 3,000 characters, not through a surrogate pair', () => {
    const written = twimlFor(
      { kind: 'sayAndHangUp', text: `${'a'.repeat(2_999)}😀`, language: 'en' },
      address,
    )
    expect(written).toContain(`>${'a'.repeat(2_999)}</Say>`)
  })
})

function kept(code: number): boolean {
  return cleanText(String.fromCodePoint(code)) !== ''
}

describe('cleanText()', () => {
  it('keeps exactly the characters that XML 1.0 has', () => {
    expect([0x9, 0xa, 0xd, 0x20, 0x7f, 0x85, 0xd7ff, 0xe000, 0xfffd, 0x10000, 0x10ffff].every(kept)).toBe(
      true,
    )
    expect([0x0, 0x8, 0xb, 0xc, 0xe, 0x1f, 0xd800, 0xdfff, 0xfffe, 0xffff].some(kept)).toBe(false)
  })
})
