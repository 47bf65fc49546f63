import { describe, expect, it } from 'vitest'
import { publicAddress } from '../../src/twilio/public-address.ts'

describe('publicAddress()', () => {
  it('derives the media origin, and keeps the text of the origin', () => {
    expect(publicAddress('https://Voice.example.org/')).toEqual({
      origin: 'https://Voice.example.org',
      mediaOrigin: 'wss://Voice.example.org',
    })
    expect(publicAddress('https://voice.example.org:8443').mediaOrigin).toBe('wss://voice.example.org:8443')
    expect(publicAddress('http://127.0.0.1:3000').mediaOrigin).toBe('ws://127.0.0.1:3000')
    expect(publicAddress('http://[::1]:3000').mediaOrigin).toBe('ws://[::1]:3000')
  })

  it('refuses http beyond loopback, and anything but an origin', () => {
    const wrong = [
      'http://voice.example.org',
      'http://127.0.0.1.example.org',
      'ws://127.0.0.1',
      'https://voice.example.org/path',
      'https://voice.example.org?x=1',
      'https://voice.example.org#x',
      'https://user:secret@voice.example.org',
      'https://voice.example.org//',
      'https://voice.example.org:99999',
      'https://',
      '',
    ]
    for (const url of wrong) expect(() => publicAddress(url)).toThrow('PUBLIC_URL must be an https origin')
  })
})
