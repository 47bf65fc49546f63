import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeError, redact, redactUrl } from '../../src/ops/redact.ts'

const hex = '0123456789abcdef0123456789abcdef'
const openaiKey = 'sk-proj-Ab3dE6gH9jK2mN5pQ8sT'

/** Each with the part of it that must not be seen. */
const secrets: readonly (readonly [string, string])[] = [
  [openaiKey, 'Ab3dE6gH'],
  ['csg_OG7l39-MD__IUDa6XphhkzMWVp0vmcdk3vwPa_B9EDs', 'OG7l39'],
  ['Authorization: Bearer abc.def-ghi', 'def'],
  ['authorization=Basic QUM6dG9rZW4=', 'QUM6'],
  [`auth_token: ${hex}`, hex],
  [`{"authToken":"${hex}"}`, hex],
  [hex, hex],
  ['password=hunter2', 'hunter2'],
  ['api-key: q1w2e3', 'q1w2e3'],
  ['https://ann:pw5566@example.org/a?token=t0k3n&x=1#frag', 'pw5566'],
  ['https://ann:pw5566@example.org/a?token=t0k3n&x=1#frag', 't0k3n'],
  ['wss://example.org/twilio/media/Zm9vYmFyYmF6cXV4', 'Zm9vYmFy'],
  ['GET /twilio/voice?ref=Qx81 200', 'Qx81'],
  ['GET /twilio/media/Zm9vYmFyYmF6cXV4 101', 'Zm9vYmFy'],
  ['card 4111 1111 1111 1111 exp', '1111 1111'],
  ['card 4111-1111-1111-1111', '1111-1111'],
  ['card5555555555554444', '5555555555554444'],
  ['reference 12 4111111111111111', '4111111111111111'],
  ['four one one one one one one one one one one one one one one one', 'one one one'],
  ['Four, one, one, one, one, one, one, one, one, one, one, one, one, one, one, one.', 'one, one, one'],
  ['ssn is 078 05 1120', '078 05'],
  ['078-05-1120', '078-05-1120'],
  ['The PIN was 482913', '482913'],
  ['pin=482913', '482913'],
  ['digits: 482913', '482913'],
  ['four 242 4242, 4242 4242.', '242'],
  ['hash scrypt$16384$8$1$c2FsdA$a2V5a2V5', 'c2FsdA'],
  ['write to ann.lee@example.org now', 'nn.lee'],
  ['call +14155550123 now', '415555'],
  ['call +1 (415) 555-0123 now', '555-0123'],
  ['call +44 20 7946 0999', '7946'],
]

describe('redact()', () => {
  it.each(secrets)('takes the secret out of %j', (text, secret) => {
    expect(redact(text)).not.toContain(secret)
  })

  it('takes secrets out of any text around them', () => {
    const around = fc.string({ maxLength: 40 }).map((text) => ` ${text} `)
    fc.assert(
      fc.property(around, fc.constantFrom(...secrets), around, (before, [text, secret], after) => {
        expect(redact(before + text + after)).not.toContain(secret)
      }),
      { seed: 20_261_120, numRuns: 2000 },
    )
  })

  it('finds in a word by itself what it finds in one that stands among others', () => {
    const beginnings = fc.constantFrom('', 'sk_', 'csg_', 'pin', 'ssn_', 'bearer', 'item_', 'AC')
    const endings = fc.oneof(
      fc.stringMatching(/^\w{0,36}$/),
      fc.stringMatching(/^[0-9a-f]{28,34}$/),
      fc.stringMatching(/^[0-9]{11,20}$/),
      fc.constant('4111111111111111'),
    )
    fc.assert(
      fc.property(beginnings, endings, (beginning, ending) => {
        const word = beginning + ending
        expect(redact(word)).toBe(redact(`(${word})`).slice(1, -1))
      }),
      { seed: 20_261_128, numRuns: 5_000 },
    )
  })

  it('keeps what an operator needs', () => {
    const kept = [
      'CA00000000000000000000000000000001',
      `MZ${hex} closed with 1006`,
      'sess_DaBc0123456789xyz and item_CbA987',
      'Cannot resample: 161 bytes is not a whole number of samples',
      '2026-11-20T09:00:00.000Z',
      '1234 567 890 123',
      'ECONNREFUSED 127.0.0.1:5432',
      'scrypt',
    ]
    expect(kept.map(redact)).toEqual(kept)
  })

  it('keeps country and last four digits of a number', () => {
    expect(redact('from +14155550123, to +442079460999')).toBe('from +1…0123, to +44…0999')
    expect(redact('ann.lee@example.org')).toBe('a…@example.org')
  })

  it('cuts long texts before it looks, and leaves no half secret at the cut', () => {
    const text = `${'word '.repeat(1637)}${openaiKey}`
    expect(text.indexOf(openaiKey)).toBeLessThan(8192)
    expect(redact(text)).not.toContain('sk-')
    expect(redact('x'.repeat(1_000_000)).length).toBeLessThan(8200)
  })

  it('takes linear time on texts made to be slow', () => {
    const slow = ['a@', '1 ', '+1', 'a.', 'one ', 'token=', ' ', '://', 'ssn', '-', 'sk-', '/', '/a?'].map(
      (piece) => piece.repeat(8192 / piece.length),
    )
    const startedMs = performance.now()
    for (const text of slow) redact(text)
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })
})

describe('redactUrl()', () => {
  it('keeps scheme, host and path', () => {
    expect(redactUrl('https://u:p@example.org:8443/twilio/voice?ref=1#x')).toBe(
      'https://example.org:8443/twilio/voice',
    )
    expect(redactUrl('/twilio/media/Zm9v?x')).toBe('/twilio/media/…')
    expect(redactUrl('https://u:p@w@example.org/')).toBe('https://example.org/')
  })
})

describe('describeError()', () => {
  it('copies name, code and status, and never the message', () => {
    const error = Object.assign(new TypeError(openaiKey), {
      code: 'E1',
      status: 429,
      headers: { a: openaiKey },
    })
    expect(describeError(error)).toEqual({ name: 'TypeError', code: 'E1', status: '429' })
    expect(describeError('thrown text')).toEqual({ name: 'string' })
    expect(describeError(Object.assign(new Error('x'), { code: { a: 1 } }))).toEqual({ name: 'Error' })
  })
})
