import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, CONNECT, NUMBER, stage, twiml } from './memory-product.ts'
import { onStream, STAY, warnings } from './on-stream.ts'

describe('MediaStream handshake', () => {
  it('signs the upgrade with the public wss URL and dials where that origin is rewritten to', async () => {
    await using world = await onStream(STAY, {
      rewriteWsOrigin: (origin) => (origin === 'wss://voice.example.org' ? 'ws://127.0.0.1:4000' : origin),
    })
    const { headers, url } = world.socket
    expect(url).toBe('ws://127.0.0.1:4000/twilio/media/nonce-0123456789abcdef')
    expect(headers['host']).toBe('voice.example.org')
    const signature = headers['x-twilio-signature'] ?? ''
    const signed = 'wss://voice.example.org/twilio/media/nonce-0123456789abcdef'
    expect(twilio.validateRequest(AUTH_TOKEN, signature, signed, {})).toBe(true)
    expect(twilio.validateRequest(AUTH_TOKEN, signature, url, {})).toBe(false)
  })

  it('opens with connected and start, numbers as strings', async () => {
    await using world = await onStream()
    const { messages } = world.socket
    const streamSid = world.socket.streamSid()
    expect(streamSid).toMatch(/^MZ[0-9a-f]{32}$/)
    expect(messages[0]).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' })
    expect(messages[1]).toEqual({
      event: 'start',
      sequenceNumber: '1',
      streamSid,
      start: {
        accountSid: ACCOUNT_SID,
        streamSid,
        callSid: world.call.sid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 },
        customParameters: { t: 'one-time' },
      },
    })
  })

  it('drops a query from the URL before it dials and signs, and says so', async () => {
    const verbs = '<Connect><Stream url="wss://voice.example.org/media?token=1"/></Connect>'
    await using world = await onStream(STAY, { verbs })
    expect(world.socket.url).toBe('wss://voice.example.org/media')
    expect(warnings(world)).toEqual([31_920])
  })

  it.each([
    ['ws://voice.example.org/media', 31_922],
    ['https://voice.example.org/media', 31_922],
    ['wss://', 31_923],
    ['/media', 31_923],
  ])('refuses to dial %s with %d and goes on with the action', async (url, code) => {
    const verbs = `<Connect action="/twilio/after-stream"><Stream url="${url}"/></Connect>`
    await using world = await stage((received) => twiml(received.path === '/twilio/voice' ? verbs : ''))
    world.twilio.placeCall({ from: CALLER, to: NUMBER, script: { steps: STAY } })
    await world.pass(40)
    expect(warnings(world)).toEqual([code])
    expect(world.product.sockets).toEqual([])
    expect(world.product.at('/twilio/after-stream')).toHaveLength(1)
  })

  it.each([
    [{ kind: 'refused' } as const, 31_902],
    [{ kind: 'tls' } as const, 31_910],
    [{ kind: 'rejected', status: 403 } as const, 31_920],
  ])('reports %j as %d, tells stream-error, and goes on with the action', async (failure, code) => {
    await using world = await stage((received) => twiml(received.path === '/twilio/voice' ? CONNECT : ''))
    world.product.onDial = (socket) => socket.fail(failure)
    world.twilio.placeCall({ from: CALLER, to: NUMBER, script: { steps: STAY } })
    await world.pass(40)
    expect(warnings(world)).toEqual([code])
    const [status] = world.product.at('/twilio/stream-status')
    expect(status?.get('StreamEvent')).toBe('stream-error')
    expect(status?.get('StreamError')).toContain(`${code}`)
    expect(world.product.at('/twilio/after-stream')).toHaveLength(1)
  })

  it('gives up a handshake that is not answered, with 31901', async () => {
    await using world = await stage((received) => twiml(received.path === '/twilio/voice' ? CONNECT : ''))
    world.product.onDial = () => undefined
    world.twilio.placeCall({ from: CALLER, to: NUMBER, script: { steps: STAY } })
    await world.pass(9_980)
    expect(warnings(world)).toEqual([])
    await world.pass(40)
    expect(warnings(world)).toEqual([31_901])
    expect(world.product.socket().terminated).toBe(true)
  })

  it('sends nothing before the socket is open, whatever the caller does', async () => {
    await using world = await stage((received) => twiml(received.path === '/twilio/voice' ? CONNECT : ''))
    world.product.onDial = () => undefined
    const deeds = [
      { do: 'secondStart' },
      { do: 'sendHuge', bytes: 6_400 },
      { do: 'press', digits: '1' },
    ] as const
    world.twilio.placeCall({ from: CALLER, to: NUMBER, script: { steps: [...deeds, ...STAY] } })
    await world.pass(400)
    const socket = world.product.socket()
    expect(socket.messages).toEqual([])
    socket.open()
    expect(socket.messages.map(({ event }) => event)).toEqual(['connected', 'start'])
  })
})
