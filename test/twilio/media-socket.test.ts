import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { accountSid, newCallSid, newStreamSid } from './support/names.ts'
import { FakeStream } from './support/fake-stream.ts'
import { startServer } from './support/server.ts'
import type { TestServer } from './support/server.ts'

const frame = (fill: number) => Buffer.alloc(160, fill)

function faults(server: TestServer, kind: string): number {
  return server.metrics.total('protocol_faults_total', { leg: 'twilio', kind })
}

describe('MediaSocket before the start', () => {
  it('attaches a stream whose start matches its call', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    expect(server.calls.stream().sink.streamSid).toBe(stream.streamSid)
    expect(server.log.lines.at(-1)).toEqual({
      level: 'info',
      kind: 'streamStarted',
      callSid: stream.callSid,
      streamSid: stream.streamSid,
    })
  })

  it('closes with 1008 when no start has come within 5 s, with or without connected', async () => {
    await using server = await startServer()
    const silent = await FakeStream.open(server)
    const half = await FakeStream.open(server)
    half.connected()
    await half.roundTrip()
    server.clock.advance(4_999)
    await Promise.all([silent.roundTrip(), half.roundTrip()])
    expect([silent.socket.readyState, half.socket.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN])
    server.clock.advance(1)
    expect(await silent.closed).toEqual({ code: 1008, reason: 'noStart' })
    expect(await half.closed).toEqual({ code: 1008, reason: 'noStart' })
    expect(server.calls.streams).toEqual([])
  })

  it('closes with 1008 on a start of another call, account or format, and attaches nothing', async () => {
    await using server = await startServer()
    const other = newStreamSid()
    const format = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 }
    const wrong: [Record<string, unknown>, string][] = [
      [{ callSid: newCallSid() }, 'wrongCall'],
      [{ accountSid: `AC${'0b'.repeat(16)}` }, 'wrongCall'],
      [{ mediaFormat: { ...format, encoding: 'audio/l16' } }, 'wrongFormat'],
      [{ mediaFormat: { ...format, sampleRate: 16000 } }, 'wrongFormat'],
      [{ mediaFormat: { ...format, channels: 2 } }, 'wrongFormat'],
    ]
    for (const [changes, reason] of wrong) {
      const stream = await FakeStream.open(server)
      stream.connected()
      stream.begin(changes)
      expect(await stream.closed).toEqual({ code: 1008, reason })
    }
    const mixed = await FakeStream.open(server)
    mixed.connected()
    mixed.begin({ streamSid: other })
    await mixed.roundTrip()
    expect(faults(server, 'malformed')).toBe(1)
    expect(server.calls.streams).toEqual([])
  })

  it('closes with 1008 on a start without connected', async () => {
    await using server = await startServer()
    const stream = await FakeStream.open(server)
    stream.begin()
    expect(await stream.closed).toEqual({ code: 1008, reason: 'startBeforeConnected' })
  })

  it('closes with 1008 when the call does not take the stream', async () => {
    await using server = await startServer()
    const stream = await FakeStream.open(server)
    server.calls.end(stream.callSid)
    stream.connected()
    stream.begin()
    expect(await stream.closed).toEqual({ code: 1008, reason: 'callOver' })
    expect(server.clock.pendingTimers()).toBe(0)
  })

  it('closes with 1008 at the tenth media before the start', async () => {
    await using server = await startServer()
    const stream = await FakeStream.open(server)
    stream.connected()
    for (let count = 0; count < 9; count++) stream.media(frame(1))
    await stream.roundTrip()
    expect(stream.socket.readyState).toBe(WebSocket.OPEN)
    stream.media(frame(1))
    expect(await stream.closed).toEqual({ code: 1008, reason: 'tooManyFaults' })
    expect(faults(server, 'mediaBeforeStart')).toBe(10)
  })

  it('closes quietly on a stop, and on a peer that leaves', async () => {
    await using server = await startServer()
    const stopped = await FakeStream.open(server)
    stopped.connected()
    stopped.stop()
    expect(await stopped.closed).toEqual({ code: 1000, reason: 'stopped' })
    const left = await FakeStream.open(server)
    left.socket.terminate()
    await left.closed
    while (server.metrics.gauges.get('media_sockets_pending') !== 0) await new Promise(setImmediate)
    expect(server.clock.pendingTimers()).toBe(0)
  })
})

describe('MediaSocket and silence', () => {
  it('tells of a pause once per gap at 750 ms and ends after 15 s', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const received = server.calls.stream()
    server.clock.advance(749)
    expect(received.kinds()).toEqual([])
    server.clock.advance(1)
    server.clock.advance(3_000)
    expect(received.events).toEqual([{ kind: 'mediaPaused', silentMs: 750, atMs: 750 }])
    stream.media(frame(1))
    await stream.roundTrip()
    server.clock.advance(14_999)
    expect(received.kinds()).toEqual(['mediaPaused', 'mediaPaused'])
    server.clock.advance(1)
    expect(received.endReasons()).toEqual(['mediaSilence'])
    expect(await stream.closed).toEqual({ code: 1008, reason: 'no media' })
    expect(server.clock.pendingTimers()).toBe(0)
  })

  it('does not take dropped audio or keys for a sign of life', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const first = stream.mediaMessage(frame(1))
    stream.send(first)
    await stream.roundTrip()
    for (let second = 0; second < 15; second++) {
      stream.send(first)
      stream.dtmf('1')
      await stream.roundTrip()
      server.clock.advance(1_000)
    }
    expect(server.calls.stream().endReasons()).toEqual(['mediaSilence'])
  })
})

describe('a call with several streams', () => {
  it('gets a new stream after the first one, by after-stream', async () => {
    await using server = await startServer()
    const first = await FakeStream.start(server)
    first.stop()
    await first.closed
    const answer = await server.post('/twilio/after-stream', [
      ['AccountSid', accountSid],
      ['CallSid', first.callSid],
    ])
    expect(answer.body).toContain('<Connect')
    expect(server.calls.streams).toHaveLength(1)
  })
})
