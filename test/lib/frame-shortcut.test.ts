import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { FrameShortcut } from '../../src/lib/frame-shortcut.ts'
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
