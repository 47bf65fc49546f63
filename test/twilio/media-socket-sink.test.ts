import { describe, expect, it } from 'vitest'
import { FakeStream } from './support/fake-stream.ts'
import { startServer } from './support/server.ts'

const frame = (fill: number) => Buffer.alloc(160, fill)

describe('the sink of a MediaSocket', () => {
  it('sends media, marks and clears that Twilio takes, in order', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const { sink } = server.calls.stream()
    const inside = new Uint8Array(400).fill(9)
    const audio = inside.subarray(100, 300).fill(7)
    expect(sink.sendMedia(audio)).toBe(true)
    audio.fill(0)
    expect(sink.sendMark('g1:"m\u{1F600}')).toBe(true)
    expect(sink.clear()).toBe(true)
    expect(sink.sendMedia(new Uint8Array(0))).toBe(true)
    expect(sink.sendMedia(Buffer.alloc(3_200))).toBe(true)
    sink.flush()
    while (stream.received.length < 4) await stream.roundTrip()
    const { streamSid } = stream
    expect(stream.received).toEqual([
      { event: 'media', streamSid, media: { payload: Buffer.alloc(200, 7).toString('base64') } },
      { event: 'mark', streamSid, mark: { name: 'g1:"m\u{1F600}' } },
      { event: 'clear', streamSid },
      { event: 'media', streamSid, media: { payload: Buffer.alloc(3_200).toString('base64') } },
    ])
    expect(server.metrics.total('media_frames_out_total')).toBe(2)
    expect(() => sink.sendMedia(Buffer.alloc(3_201))).toThrow('3201 bytes is more than 3200')
  })

  it('answers false to everything once the stream is over, however it ended', async () => {
    await using server = await startServer()
    const endings: ((stream: FakeStream) => void)[] = [
      (stream) => stream.stop(),
      (stream) => stream.socket.terminate(),
      (stream) => stream.socket.close(1000),
      () => server.calls.stream().sink.close(1000, 'done'),
    ]
    for (const end of endings) {
      const stream = await FakeStream.start(server)
      const received = server.calls.stream()
      end(stream)
      await received.until((receiver) => receiver.endReasons().length > 0)
      const { sink } = received
      expect([sink.sendMedia(frame(1)), sink.sendMark('x'), sink.clear()]).toEqual([false, false, false])
      sink.close(1000, 'again')
      await stream.closed
      while (server.metrics.gauges.get('media_sockets_live') !== 0) await new Promise(setImmediate)
      // The socket's own end has been told of, too, when the loop has turned once more.
      await new Promise(setImmediate)
      expect(received.endReasons()).toHaveLength(1)
      expect(received.kinds().at(-1)).toBe('streamEnded')
    }
    expect(server.clock.pendingTimers()).toBe(0)
  })

  it('closes with any reason text, cut to what a close frame holds, and hears nothing more', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const received = server.calls.stream()
    received.sink.close(1000, `${'é'.repeat(61)}😀${'x'.repeat(100)}`)
    stream.media(frame(1))
    stream.dtmf('1')
    expect(await stream.closed).toEqual({ code: 1000, reason: 'é'.repeat(61) })
    await received.until((receiver) => receiver.endReasons().length > 0)
    expect(received.kinds()).toEqual(['streamEnded'])
    expect(received.audio()).toHaveLength(0)
  })

  it('lets the call speak, and close, inside attach', async () => {
    await using server = await startServer()
    server.calls.onAttach = ({ sink }) => {
      sink.sendMark('hello')
      sink.flush()
    }
    const speaking = await FakeStream.start(server)
    while (speaking.received.length === 0) await speaking.roundTrip()
    server.calls.onAttach = (stream) => stream.sink.close(1000, 'no')
    const closing = await FakeStream.open(server)
    closing.connected()
    closing.begin()
    expect(await closing.closed).toEqual({ code: 1000, reason: 'no' })
    await server.calls.stream().until((receiver) => receiver.endReasons().length === 1)
    expect(server.clock.pendingTimers()).toBe(1)
  })

  it('ends the stream when the other side leaves 1 MiB unread', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const received = server.calls.stream()
    stream.socket.pause()
    let sentBytes = 0
    // Loopback buffers of the kernel take some megabytes before anything is left with us.
    while (received.sink.sendMedia(Buffer.alloc(3_200)) && sentBytes < 64_000_000) sentBytes += 3_200
    expect(received.endReasons()).toEqual(['backpressure'])
    // By one message at most.
    expect(received.sink.bufferedBytes()).toBeLessThan(1_048_576 + 4_400)
    expect(received.sink.sendMedia(frame(1))).toBe(false)
    stream.socket.resume()
    expect((await stream.closed).code).toBe(1006)
  })

  it('ends the stream of a peer that pings and never reads', async () => {
    await using server = await startServer()
    const stream = await FakeStream.start(server)
    const received = server.calls.stream()
    stream.socket.pause()
    const payload = Buffer.alloc(125)
    for (let count = 0; count < 200_000 && received.endReasons().length === 0; count++) {
      stream.socket.ping(payload)
      if (count % 1_000 === 0) await new Promise(setImmediate)
    }
    await received.until((receiver) => receiver.endReasons().length > 0)
    expect(received.endReasons()).toEqual(['closed'])
  })
})
