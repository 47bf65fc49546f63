import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { FrameShortcut } from '../../src/lib/frame-shortcut.ts'
import { readInPlace } from '../../src/lib/read-in-place.ts'
import { closeMaskedFrame, openMaskedFrame } from '../../src/lib/text-frame.ts'

const MESSAGE_BYTES = 1_300

describe('FrameShortcut.write()', () => {
  test('keeps every frame as it was made while the other side reads nothing for a while', async () => {
    const { client, server, shortcut } = await connected()
    const received: string[] = []
    server.on('message', (data: Buffer) => received.push(data.toString('utf8')))
    server.pause()
    const sent: string[] = []
    // Until the network takes no more, and then as much again: those frames wait in this process.
    while (client.bufferedAmount < 8_000_000) {
      sent.push(`${sent.length}`.padStart(MESSAGE_BYTES, 'x'))
      shortcut.write(maskedFrame(sent.at(-1) ?? ''))
    }

    const closed = once(server, 'close')
    server.resume()
    client.close()
    await closed

    expect(received.length).toBe(sent.length)
    expect(received.findIndex((text, index) => text !== sent[index])).toBe(-1)
  })

  test('makes the next frame in the memory of one that has left', async () => {
    const { client, server, shortcut } = await connected()
    const first = maskedFrame('a'.repeat(MESSAGE_BYTES))

    shortcut.write(first)
    const second = maskedFrame('b'.repeat(MESSAGE_BYTES))
    const third = maskedFrame('c'.repeat(MESSAGE_BYTES))

    expect(second).toBe(first)
    expect(third).not.toBe(second)
    const closed = once(server, 'close')
    client.close()
    await closed
  })
})

describe('FrameShortcut on sockets that read in place', () => {
  test('keeps the half of a message that has come while another socket reads', async () => {
    const http = createServer()
    const sockets = new WebSocketServer({ noServer: true })
    const received: string[] = []
    const streams: Duplex[] = []
    http.on('upgrade', (request, socket, head) => {
      const moved = readInPlace(socket)
      streams.push(moved)
      sockets.handleUpgrade(request, moved, head, (websocket) => {
        websocket.on('message', (data: Buffer) => received.push(data.toString('utf8')))
        const receiver = {
          onKnown: () => false,
          onText: (text: Buffer) => void received.push(text.toString()),
        }
        const options = { websocket, socket: moved, peerMasks: true, maxBytes: 65_535, receiver }
        expect(FrameShortcut.into(options)).toBeDefined()
      })
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const { port } = http.address() as AddressInfo
    const [one, other] = [await rawClient(port), await rawClient(port)]
    const message = 'a'.repeat(MESSAGE_BYTES)
    const frame = plainFrame(message)
    // Left in the memory that all sockets read into: with it the half would make a whole.
    other.write(plainFrame('c'.repeat(MESSAGE_BYTES)))
    while (received.length === 0) await new Promise(setImmediate)
    const [first] = streams as Socket[]
    const expectedBytes = (first?.bytesRead ?? 0) + 700
    const hasHalf = (): boolean => (first?.bytesRead ?? 0) >= expectedBytes

    one.write(frame.subarray(0, 700))
    while (!hasHalf()) await new Promise(setImmediate)
    other.write(maskedFrame('b'.repeat(MESSAGE_BYTES)))
    while (received.length < 2) await new Promise(setImmediate)
    one.write(frame.subarray(700))
    while (received.length < 3) await new Promise(setImmediate)

    expect(received).toEqual(['c'.repeat(MESSAGE_BYTES), 'b'.repeat(MESSAGE_BYTES), message])
    one.destroy()
    other.destroy()
    http.close()
  })
})

/** A connection whose upgrade to a websocket was granted. */
async function rawClient(port: number): Promise<Socket> {
  const client = connect(port, '127.0.0.1')
  const key = 'AAAAAAAAAAAAAAAAAAAAAA=='
  client.write(
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  )
  await once(client, 'data')
  return client
}

/** A frame whose key changes nothing. */
function plainFrame(message: string): Buffer {
  const frame = openMaskedFrame(message.length)
  frame.write(message, frame.length - message.length)
  frame.fill(0, frame.length - message.length - 4, frame.length - message.length)
  return frame
}

function maskedFrame(message: string): Buffer {
  const frame = openMaskedFrame(message.length)
  frame.write(message, frame.length - message.length)
  closeMaskedFrame(frame, message.length)
  return frame
}

/** Two ends of one websocket over loopback; the server goes with the last of them. */
async function connected(): Promise<{ client: WebSocket; server: WebSocket; shortcut: FrameShortcut }> {
  const listener = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  const upgraded = once(client, 'upgrade')
  const [[server], [response]] = await Promise.all([
    once(listener, 'connection') as Promise<[WebSocket]>,
    upgraded as Promise<[{ socket: unknown }]>,
    once(client, 'open'),
  ])
  listener.close()
  const receiver = { onKnown: () => false, onText: () => undefined }
  const shortcut = FrameShortcut.into({
    websocket: client,
    socket: response.socket,
    peerMasks: false,
    maxBytes: 65_535,
    receiver,
  })
  if (!shortcut) throw new Error('there is no way past the websocket')
  return { client, server, shortcut }
}
