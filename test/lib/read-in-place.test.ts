import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { readInPlace, takeInPlace } from '../../src/lib/read-in-place.ts'

let server: Server | undefined
afterEach(() => server?.close())

describe('readInPlace()', () => {
  test('goes on as a stream: what came before anybody listened is there, in order', async () => {
    const { client, moved } = await upgraded()
    client.write('one ')
    await once(moved, 'readable')
    const taken: string[] = []
    moved.on('data', (chunk: Buffer) => taken.push(chunk.toString()))
    client.end('two')
    await once(moved, 'end')
    expect(taken.join('')).toBe('one two')
    moved.end()
  })

  test('hands over what is read, once somebody takes it, and nothing of it to the stream', async () => {
    const { client, moved } = await upgraded()
    const streamed: string[] = []
    const taken: string[] = []
    const came = Promise.withResolvers<void>()
    moved.on('data', (chunk: Buffer) => streamed.push(chunk.toString()))
    const isTaken = takeInPlace(moved, (memory, bytes) => {
      taken.push(memory.toString('utf8', 0, bytes))
      came.resolve()
    })
    expect(isTaken).toBe(true)
    client.write('hello')
    await came.promise
    expect({ streamed, taken }).toEqual({ streamed: [], taken: ['hello'] })
    client.destroy()
  })

  test('what still waits in the stream comes before what is taken', async () => {
    const { client, moved } = await upgraded()
    client.write('first ')
    await once(moved, 'readable')
    const all: string[] = []
    takeInPlace(moved, (memory, bytes) => all.push(`taken ${memory.toString('utf8', 0, bytes)}`))
    client.write('second ')
    while (moved.readableLength < 'first second '.length) await new Promise(setImmediate)
    moved.on('data', (chunk: Buffer) => all.push(`streamed ${chunk.toString()}`))
    await once(moved, 'data')
    client.write('third')
    while (!all.join('').includes('third')) await new Promise(setImmediate)
    expect(all.join('').replaceAll('streamed ', '')).toBe('first second taken third')
    client.destroy()
  })

  test('keeps what a reader who pauses has not read, for when it goes on', async () => {
    const { client, moved } = await upgraded()
    const sent = Buffer.alloc(4_000_000, 'abcdefg')
    const taken: Buffer[] = []
    moved.once('data', (chunk: Buffer) => {
      taken.push(chunk)
      moved.pause()
    })
    client.end(sent)
    await once(moved, 'pause')
    expect(moved.readableLength).toBeLessThan(200_000)
    moved.on('data', (chunk: Buffer) => taken.push(chunk))
    moved.resume()
    await once(moved, 'end')
    expect(Buffer.concat(taken).equals(sent)).toBe(true)
    moved.end()
  })

  test('the old socket reaches the connection no more, and ends with it', async () => {
    const { client, moved, old, connections } = await upgraded()
    old.destroy()
    const heard = once(client, 'data')
    moved.write('still here')
    expect(String((await heard)[0])).toBe('still here')
    expect(moved.remoteAddress).toBe('127.0.0.1')
    client.destroy()
    moved.resume().end()
    await once(moved, 'close')
    expect(old.destroyed).toBe(true)
    while ((await connections()) > 0) await new Promise(setImmediate)
  })

  test('a server counts the connection until it is over', async () => {
    const { client, moved, connections } = await upgraded()
    expect(await connections()).toBe(1)
    client.destroy()
    moved.resume().end()
    await once(moved, 'close')
    while ((await connections()) > 0) await new Promise(setImmediate)
  })

  test('leaves alone what is no network socket, and one whose bytes nobody has taken yet', async () => {
    const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() })
    expect(readInPlace(stream)).toBe(stream)
    const { client, old } = await upgraded({ moves: false })
    old.unshift('read already')
    expect(readInPlace(old)).toBe(old)
    expect(takeInPlace(old, () => undefined)).toBe(false)
    client.destroy()
  })
})

/** A connection whose upgrade a server has granted, moved or not. */
async function upgraded({ moves = true } = {}): Promise<{
  client: Socket
  old: Socket
  moved: Socket
  connections: () => Promise<number>
}> {
  const http = createServer()
  server = http
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const client = connect((http.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => undefined)
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const [, old] = (await once(http, 'upgrade')) as [unknown, Socket]
  const moved = (moves ? readInPlace(old) : old) as Socket
  moved.on('error', () => undefined)
  expect(moved === old).toBe(!moves)
  const connections = promisify(http.getConnections.bind(http))
  return { client, old, moved, connections }
}
