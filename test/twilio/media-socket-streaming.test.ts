import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { newStreamSid } from './support/names.ts'
import { FakeStream } from './support/fake-stream.ts'
import { startServer } from './support/server.ts'
import type { TestServer } from './support/server.ts'

const frame = (fill: number) => Buffer.alloc(160, fill)

function faults(server: TestServer, kind: string): number {
  return server.metrics.total('protocol_faults_total', { leg: 'twilio', kind })
}

describe('MediaSocket while streaming', () => {
  it('hands caller audio over in order, through the given scratch', async () => {
    const scratch = Buffer.alloc(8_000)
    await using server = await startServer({ scratch })
    const stream = await FakeStream.start(server)
    const received = server.calls.stream()
    received.onAudio = (ulaw) => expect(ulaw.buffer).toBe(scratch.buffer)
    for (let fill = 0; fill < 60; fill++) stream.media(frame(fill))
    await received.until(() => received.audio().length === 60 * 160)
    expect(received.audio()).toEqual(Buffer.concat(Array.from({ length: 60 }, (_, fill) => frame(fill))))
    expect(server.metrics.total('media_frames_in_total')).toBe(60)
    expect(server.metrics.total('protocol_faults_total')).toBe(0)
  })

  it('marks each message that enters the event loop with its call, before the call hears of it', async () => {
    const entries: string[] = []
    const seen: number[] = []
    await using server = await startServer({ loop: { enter: (callSid) => void entries.push(callSid) } })
    const streams = [await FakeStream.start(server), await FakeStream.start(server)]
    const [first, second] = streams
    const [receiver] = server.calls.streams
    if (!first || !second || !receiver) throw new Error('Two streams were to be there')
    expect(entries).toEqual([first.callSid, second.callSid])
    entries.length = 0
    receiver.onAudio = () => void seen.push(entries.length)
    first.media(frame(1))
    await first.roundTrip()
    second.media(frame(2))
    second.dtmf('5')
    await second.roundTrip()
    expect(seen).toEqual([1])
    const of = (callSid: string) => entries.filter((entry) => entry === callSid).length
    expect([of(first.callSid), of(second.callSid)]).toEqual([1, 2])
    expect(entries[0]).toBe(first.callSid)
  })

  it('keeps the audio of streams that share a scratch apart', async () => {
    await using server = await startServer()
    const streams = [await FakeStream.start(server), await FakeStream.start(server)]
    for (let round = 0; round < 50; round++)
      for (const [index, stream] of streams.entries()) stream.media(frame(index))
    await Promise.all(streams.map((stream) => stream.roundTrip()))
    for (const [index, received] of server.calls.streams.entries()) {
      expect(received.audio()).toEqual(Buffer.alloc(50 * 160, index))
    }
  })

  it('fills a gap of the timestamps with silence before the next audio', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const received = server.calls.stream()
    // A receiver that overwrites the scratch, as an engine does that works in place.
    received.onAudio = (ulaw) => ulaw.fill(0)
    stream.media(frame(1))
    stream.media(frame(2), stream.timestampMs + 250)
    stream.media(frame(3))
    await stream.roundTrip()
    expect(received.audio()).toEqual(Buffer.concat([frame(1), Buffer.alloc(2_000, 0xff), frame(2), frame(3)]))
    expect(server.metrics.total('media_bytes_filled_total')).toBe(2_000)
  })

  it('drops repeated and late audio and what is faster than real time, and counts the milliseconds', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const first = stream.mediaMessage(frame(1))
    stream.send(first)
    stream.send(first)
    for (let count = 0; count < 110; count++) stream.media(frame(2))
    await stream.roundTrip()
    expect(server.calls.stream().audio()).toHaveLength(100 * 160)
    const dropped = (reason: string) => server.metrics.total('caller_audio_dropped_ms_total', { reason })
    expect([dropped('late'), dropped('fasterThanRealTime')]).toEqual([20, 220])
  })

  it('tells of keys and marks with the time of their arrival', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    server.clock.advance(100)
    stream.dtmf('5')
    stream.mark('g1:m7')
    await stream.roundTrip()
    expect(server.calls.stream().events).toEqual([
      { kind: 'dtmf', digit: '5', atMs: 100 },
      { kind: 'mark', name: 'g1:m7', atMs: 100 },
    ])
    expect(JSON.stringify(server.log.lines)).not.toContain('"5"')
  })

  it('ignores and counts events that it does not know', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    for (let count = 0; count < 30; count++)
      stream.send({ event: `new-${count}`, streamSid: stream.streamSid })
    stream.media(frame(1))
    await stream.roundTrip()
    expect(faults(server, 'unknownEvent')).toBe(30)
    expect(server.calls.stream().audio()).toHaveLength(160)
  })

  it('closes with 1008 at the 20th malformed message, of whatever kind', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const malformed: (() => void)[] = [
      () => stream.send('{'),
      () => stream.socket.send(Buffer.from('{"event":"connected"}')),
      () => stream.connected(),
      () => stream.send({ ...stream.mediaMessage(frame(1)), media: { payload: 'AAAA' } }),
      () => stream.send(JSON.stringify(stream.mediaMessage(frame(1))).replace('AQEB', 'AQ!B')),
      () => stream.media(Buffer.alloc(8_001)),
    ]
    for (let count = 0; count < 19; count++) malformed[count % malformed.length]?.()
    await stream.roundTrip()
    expect(stream.socket.readyState).toBe(WebSocket.OPEN)
    stream.send('[]')
    expect(await stream.closed).toEqual({ code: 1008, reason: 'tooManyFaults' })
    expect(server.calls.stream().endReasons()).toEqual(['protocolError'])
    expect(server.calls.stream().audio()).toHaveLength(0)
    expect(faults(server, 'malformed')).toBe(20)
  })

  it('closes with 1008 at the 50th message of another stream in a row', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const foreign = { ...stream.mediaMessage(frame(9)), streamSid: newStreamSid() }
    for (let count = 0; count < 49; count++) stream.send(foreign)
    stream.media(frame(1))
    for (let count = 0; count < 49; count++) stream.send(foreign)
    await stream.roundTrip()
    expect(stream.socket.readyState).toBe(WebSocket.OPEN)
    stream.send({ event: 'dtmf', streamSid: newStreamSid(), dtmf: { digit: '1' } })
    expect(await stream.closed).toMatchObject({ code: 1008 })
    expect(server.calls.stream().audio()).toEqual(frame(1))
    expect(server.calls.stream().kinds()).toEqual(['streamEnded'])
  })

  it('closes with 1008 at a second start', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    stream.begin()
    expect(await stream.closed).toEqual({ code: 1008, reason: 'secondStart' })
    expect(server.calls.stream().endReasons()).toEqual(['protocolError'])
  })

  it('survives a message that is too long, and a broken frame, and ends that stream alone', async () => {
    await using server = await startServer()
    const healthy = await FakeStream.start(server)
    const long = await FakeStream.start(server)
    const longReceiver = server.calls.stream()
    long.socket.send('x'.repeat(65_537))
    expect((await long.closed).code).toBe(1009)
    await longReceiver.until((receiver) => receiver.endReasons().length === 1)

    const broken = await FakeStream.start(server)
    const brokenReceiver = server.calls.stream()
    // An unmasked frame with a reserved opcode.
    const transport: unknown = Reflect.get(broken.socket, '_socket')
    if (transport instanceof Socket) transport.write(Buffer.from([0x83, 0x00]))
    expect((await broken.closed).code).toBe(1002)
    await brokenReceiver.until((receiver) => receiver.endReasons().length === 1)
    expect([...longReceiver.endReasons(), ...brokenReceiver.endReasons()]).toEqual(['closed', 'closed'])

    healthy.media(frame(1))
    await healthy.roundTrip()
    expect(server.calls.streams[0]?.audio()).toHaveLength(160)
  })

  it('tells its call at once of a broken frame, also when nobody reads how it was closed', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const received = server.calls.stream()
    stream.socket.pause()
    const sentMs = performance.now()
    stream.socket.send('x'.repeat(65_537))
    await received.until((receiver) => receiver.endReasons().length === 1)
    // The close frame is waited for two seconds, and the call is not kept waiting for that.
    expect(performance.now() - sentMs).toBeLessThan(1_500)
    expect(received.endReasons()).toEqual(['closed'])
    expect(received.sink.sendMedia(frame(1))).toBe(false)
    expect(stream.socket.readyState).toBe(WebSocket.OPEN)
    stream.socket.resume()
    expect((await stream.closed).code).toBe(1009)
    while (server.metrics.gauges.get('media_sockets_live') !== 0) await new Promise(setImmediate)
  })

  it('ends the stream and no other when the call throws', async () => {
    await using server = await startServer()
    const healthy = await FakeStream.start(server)
    const failing = await FakeStream.start(server)
    const received = server.calls.stream()
    received.onAudio = () => {
      throw new TypeError('secret words')
    }
    failing.media(frame(1))
    expect(await failing.closed).toEqual({ code: 1011, reason: 'internal error' })
    expect(received.endReasons()).toEqual(['closed'])
    expect(JSON.stringify(server.log.lines)).not.toContain('secret words')
    healthy.media(frame(1))
    await healthy.roundTrip()
    expect(server.calls.streams[0]?.audio()).toHaveLength(160)
  })
})
