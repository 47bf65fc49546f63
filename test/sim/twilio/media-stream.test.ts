import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/lib/clock.ts'
import type { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { levelDbfs } from '../../../src/sim/audio/g711.ts'
import type { ProductSocket } from './memory-product.ts'
import { ACCOUNT_SID, CALLER, CONNECT, NUMBER, stage, twiml } from './memory-product.ts'
import { onStream, STAY, warnings } from './on-stream.ts'

const hum = Int16Array.from({ length: 1_600 }, (_, n) => 9_000 * Math.sin(n / 3))

function media(message: Record<string, unknown> | undefined): Record<string, string> {
  return message?.['media'] as Record<string, string>
}

describe('MediaStream, caller to product', () => {
  it('sends 160 bytes every 20 ms, with consecutive chunks and timestamps that do not start at 0', async () => {
    await using world = await onStream()
    await world.pass(10_000)
    const sent = world.socket.of('media')
    expect(sent).toHaveLength(502)
    const first = Number(media(sent[0])['timestamp'])
    expect(first).toBeGreaterThan(0)
    sent.forEach((message, index) => {
      expect(message['sequenceNumber']).toBe(`${index + 2}`)
      expect(media(message)).toMatchObject({
        track: 'inbound',
        chunk: `${index + 1}`,
        timestamp: `${first + index * 20}`,
      })
      expect(Buffer.from(media(message)['payload'] ?? '', 'base64')).toHaveLength(160)
    })
  })

  it('sends what the caller says, byte for byte what the summary keeps', async () => {
    await using world = await onStream([{ do: 'speak', clip: 'a', text: 'Hello' }, { do: 'hangUp' }], {
      speech: () => hum,
    })
    await world.pass(1_000)
    const summary = await world.call.ended
    const sent = Buffer.concat(
      world.socket.of('media').map((m) => Buffer.from(media(m)['payload'] ?? '', 'base64')),
    )
    expect(levelDbfs(sent)).toBeGreaterThan(-20)
    expect(Buffer.from(summary.saidUlaw).includes(sent)).toBe(true)
    expect(world.events).toContainEqual(
      expect.objectContaining({ kind: 'said', who: 'caller', text: 'Hello' }),
    )
  })

  it('begins its recording at the time of the answer, however long answering takes', async () => {
    // A clock that moves a little with every look at it, as the machine's does.
    let looks = 0
    const moving = (clock: VirtualClock): Clock => ({
      nowMs: () => clock.nowMs() + 0.2 * ++looks,
      wallMs: () => clock.wallMs(),
      setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire),
    })
    await using world = await onStream([{ do: 'pause', ms: 400 }, { do: 'hangUp' }], { wake: moving })
    world.socket.sendAudio(800)
    await world.pass(1_000)
    const { answeredAtMs = Number.NaN, heardUlaw, streams } = await world.call.ended
    const run = streams[0]?.runs[0]
    const at = Math.round(((run?.atMs ?? Number.NaN) - answeredAtMs) * 8)
    expect([heardUlaw[at - 1], heardUlaw[at], heardUlaw[at + 799], heardUlaw[at + 800]]).toEqual([
      0xff, 0x20, 0x20, 0xff,
    ])
  })

  it('never sends what the carrier lost: chunks go on, timestamps jump', async () => {
    await using world = await onStream([{ do: 'pause', ms: 100 }, { do: 'lose', ms: 300 }, ...STAY])
    await world.pass(1_000)
    const sent = world.socket.of('media').map(media)
    const steps = sent.slice(1).map((each, n) => Number(each['timestamp']) - Number(sent[n]?.['timestamp']))
    expect(steps.filter((step) => step !== 20)).toEqual([320])
    expect(sent.map((each) => each['chunk'])).toEqual(sent.map((_, n) => `${n + 1}`))
  })

  it('sends keys as dtmf messages, in one sequence with everything else', async () => {
    await using world = await onStream([{ do: 'pause', ms: 100 }, { do: 'press', digits: '5#' }, ...STAY])
    await world.pass(1_000)
    expect(world.socket.of('dtmf').map((message) => message['dtmf'])).toEqual([
      { track: 'inbound_track', digit: '5' },
      { track: 'inbound_track', digit: '#' },
    ])
    const numbers = world.socket.messages.slice(1).map((message) => message['sequenceNumber'])
    expect(numbers).toEqual(numbers.map((_, n) => `${n + 1}`))
  })

  it('ends the stream with 31903 when a mebibyte is not read', async () => {
    await using world = await onStream()
    world.socket.unread = 2_000_000
    await world.pass(40)
    expect(warnings(world)).toEqual([31_903])
    expect(world.socket.terminated).toBe(true)
  })
})

describe('MediaStream, product to caller', () => {
  it('lets the caller hear audio in real time, however fast it came', async () => {
    await using world = await onStream()
    for (let piece = 0; piece < 10; piece++) world.socket.sendAudio(801)
    await world.pass(500)
    const stream = world.call.stream()
    expect(stream?.playedBytesAtMs(world.clock.nowMs())).toBe(480 * 8)
    await world.pass(1_000)
    world.call.hangUp()
    const { heardUlaw, streams } = await world.call.ended
    expect(heardUlaw.filter((byte) => byte === 0x20)).toHaveLength(8_010)
    expect(streams[0]).toMatchObject({ receivedBytes: 8_010, playedBytes: 8_010, droppedBytes: 0 })
    expect(streams[0]?.runs).toHaveLength(1)
  })

  it('returns marks when their audio was heard, the one before any audio at once', async () => {
    await using world = await onStream()
    world.socket.sendMark('empty')
    expect(world.socket.of('mark')).toHaveLength(1)
    world.socket.sendAudio(1_600)
    world.socket.sendMark('a')
    world.socket.sendAudio(1_600)
    world.socket.sendMark('b')
    await world.pass(200)
    expect(world.socket.of('mark').map((message) => message['mark'])).toEqual([{ name: 'empty' }])
    await world.pass(20)
    expect(world.socket.of('mark').at(-1)?.['mark']).toEqual({ name: 'a' })
    await world.pass(200)
    expect(world.socket.of('mark').at(-1)?.['mark']).toEqual({ name: 'b' })
  })

  it('clear stops the sound, returns every mark at once and records what was heard until then', async () => {
    await using world = await onStream()
    world.socket.sendAudio(8_000)
    world.socket.sendMark('a')
    world.socket.sendAudio(8_000)
    world.socket.sendMark('b')
    await world.pass(1_110)
    world.socket.send({ event: 'clear' })
    expect(world.socket.of('mark').map((message) => message['mark'])).toEqual([{ name: 'a' }, { name: 'b' }])
    await world.pass(500)
    world.call.hangUp()
    const { streams, heardUlaw } = await world.call.ended
    const [clear] = streams[0]?.clears ?? []
    expect(clear).toMatchObject({
      receivedBytes: 16_000,
      heardBytes: 8_720,
      playedBytes: 8_800,
      droppedBytes: 7_200,
    })
    expect(heardUlaw.filter((byte) => byte === 0x20)).toHaveLength(8_800)
    expect(streams[0]?.marks.map((mark) => mark.fate)).toEqual(['played', 'cleared'])
    expect(world.events).toContainEqual(
      expect.objectContaining({ kind: 'stream', event: 'clear', bytes: 7_200 }),
    )
  })

  it('meets each message with the buffer as it was at that moment, even when every timer is 300 ms late', async () => {
    await using world = await onStream(STAY, {
      wake: (clock) => ({
        nowMs: () => clock.nowMs(),
        wallMs: () => clock.wallMs(),
        setTimer: (delayMs, fire) => clock.setTimer(delayMs + (delayMs > 0 ? 300 : 0), fire),
      }),
    })
    world.socket.sendAudio(16_000)
    const sentAtMs = world.clock.nowMs()
    await world.pass(1_110)
    world.socket.send({ event: 'clear' })
    const { runs, clears } = world.call.stream()?.summary() ?? { runs: [], clears: [] }
    const startMs = runs[0]?.atMs ?? 0
    expect(startMs - sentAtMs).toBeLessThanOrEqual(20)
    expect(clears[0]?.heardBytes).toBe(Math.floor((world.clock.nowMs() - startMs) * 8))
  })

  it.each([
    ['no JSON', 'not json'],
    ['an unknown event', '{"event":"play","streamSid":"SID"}'],
    ['another stream', '{"event":"clear","streamSid":"MZother"}'],
    ['a missing stream', '{"event":"clear"}'],
    ['a misspelt stream', '{"event":"clear","stream_sid":"SID"}'],
    ['an added field', '{"event":"clear","streamSid":"SID","now":true}'],
    ['a payload that is no base64', '{"event":"media","streamSid":"SID","media":{"payload":"a=b"}}'],
    ['an empty payload', '{"event":"media","streamSid":"SID","media":{"payload":""}}'],
    ['a mark without name', '{"event":"mark","streamSid":"SID","mark":{}}'],
  ])('ignores %s and reports 31951 once', async (_, text) => {
    await using world = await onStream()
    const message = text.replace('SID', world.socket.streamSid())
    world.socket.sendRaw(message)
    world.socket.sendRaw(message)
    expect(warnings(world)).toEqual([31_951])
    expect(world.call.stream()?.summary()).toMatchObject({ ignoredMessages: 2, clears: [], receivedBytes: 0 })
    expect(world.socket.closed).toBe(false)
  })

  it('ignores a binary message and reports 31950 once', async () => {
    await using world = await onStream()
    world.socket.sendBinary()
    world.socket.sendBinary()
    expect(warnings(world)).toEqual([31_950])
  })

  it('discards what is more than ten minutes ahead and reports 31931 once', async () => {
    await using world = await onStream()
    world.socket.sendAudio(4_800_000)
    expect(warnings(world)).toEqual([])
    world.socket.sendAudio(160)
    world.socket.sendAudio(160)
    expect(warnings(world)).toEqual([31_931])
    expect(world.call.stream()?.summary().droppedBytes).toBe(320)
  })
})

describe('MediaStream, the end', () => {
  it('sends stop last and closes when the caller hangs up, then tells stream and call in this order', async () => {
    await using world = await onStream([{ do: 'pause', ms: 200 }, { do: 'hangUp' }])
    await world.pass(300)
    const summary = await world.call.ended
    expect(world.socket.messages.at(-1)).toMatchObject({
      event: 'stop',
      stop: { accountSid: ACCOUNT_SID, callSid: world.call.sid },
    })
    expect(world.socket.closed).toBe(true)
    expect(summary).toMatchObject({ endedBy: 'caller', status: 'completed', durationMs: 200, errors: [] })
    expect(
      world.product.received.map(({ path, form }) => [
        path,
        form.get('StreamEvent') ?? form.get('CallStatus'),
      ]),
    ).toEqual([
      ['/twilio/voice', 'ringing'],
      ['/twilio/stream-status', 'stream-started'],
      ['/twilio/stream-status', 'stream-stopped'],
      ['/twilio/status', 'completed'],
    ])
  })

  it('closed by the product: 31921, stream-stopped, then the action', async () => {
    await using world = await onStream()
    world.socket.close(1000)
    await world.pass(40)
    expect(warnings(world)).toEqual([31_921])
    expect(world.product.at('/twilio/stream-status').map((form) => form.get('StreamEvent'))).toEqual([
      'stream-started',
      'stream-stopped',
    ])
    const [action] = world.product.at('/twilio/after-stream')
    expect(action?.get('CallSid')).toBe(world.call.sid)
    expect(action?.get('CallStatus')).toBe('in-progress')
    expect(await world.call.ended).toMatchObject({ endedBy: 'twiml', status: 'completed' })
    expect(world.socket.of('stop')).toEqual([])
  })

  it('broken by the product: 31903, or 31924 for a broken protocol, told as stream-error', async () => {
    for (const [end, code] of [
      [(socket: ProductSocket) => socket.close(1006), 31_903],
      [(socket: ProductSocket) => socket.breakProtocol(), 31_924],
    ] as const) {
      await using world = await onStream()
      end(world.socket)
      await world.pass(40)
      expect(warnings(world)).toEqual([code])
      const last = world.product.at('/twilio/stream-status').at(-1)
      expect(last?.get('StreamEvent')).toBe('stream-error')
      expect(last?.get('StreamError')).toContain(`${code}`)
    }
  })

  it('vanish: the socket breaks without stop, the call is still told to be over', async () => {
    await using world = await onStream([{ do: 'pause', ms: 100 }, { do: 'vanish' }])
    await world.pass(200)
    expect(await world.call.ended).toMatchObject({ endedBy: 'vanished', status: 'completed' })
    expect(world.socket.of('stop')).toEqual([])
    expect(world.socket.terminated).toBe(true)
    expect(world.product.at('/twilio/status').map((form) => form.get('CallStatus'))).toEqual(['completed'])
  })

  it('a second stream of the call has a sid of its own and its own counters', async () => {
    await using world = await stage((received) => twiml(received.path === '/twilio/status' ? '' : CONNECT))
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script: { steps: STAY } })
    await world.pass(100)
    world.product.socket().close(1001)
    await world.pass(100)
    const [first, second] = world.product.sockets
    expect(second?.streamSid()).not.toBe(first?.streamSid())
    expect(second?.of('start')[0]).toMatchObject({ sequenceNumber: '1', start: { callSid: call.sid } })
    expect(media(second?.of('media')[0])['chunk']).toBe('1')
  })
})
