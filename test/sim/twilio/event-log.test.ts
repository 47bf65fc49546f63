import { describe, expect, it } from 'vitest'
import { shownUrl } from '../../../src/sim/twilio/event-log.ts'

describe('shownUrl()', () => {
  it.each([
    ['https://voice.example.org/twilio/voice', 'https://voice.example.org/twilio/voice'],
    ['https://voice.example.org/a?ref=12&b=3#rc=2', 'https://voice.example.org/a?ref=…&b=…'],
    ['wss://h:8443/twilio/media/0123456789abcdef', 'wss://h:8443/twilio/media/012…'],
    ['https://user:pass@h/', 'https://h/'],
    ['no url', '(malformed)'],
  ])('shows %s as %s', (url, shown) => {
    expect(shownUrl(url)).toBe(shown)
  })
})
