import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { boundConnections } from '../../src/http/connection-cap.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { MemoryLog, MemoryMetrics } from '../twilio/support/recording-ports.ts'

async function startServer(cap: { readonly most: number; readonly mostSilent: number }) {
  const server = createServer((request, response) => {
    // Whoever asks for nothing waits for ever.
    if (request.url !== '/nothing') response.end('ok')
  })
  const ports = { metrics: new MemoryMetrics(), log: new MemoryLog(), clock: new VirtualClock() }
  boundConnections(server, { ...cap, ...ports })
  server.on('upgrade', (_request, socket) => {
    socket.on('end', () => socket.end()).resume()
    socket.write('HTTP/1.1 101 Switching\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: Socket[] = []
  return {
    ...ports,
    http: server,
    connect: async (): Promise<Socket> => {
      const accepted = once(server, 'connection')
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      socket.on('error', () => undefined)
      await accepted
      return socket
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** More than a connection has to say what it wants. */
const GRACE_MS = 260

async function ask(socket: Socket, headers = ''): Promise<string> {
  const answered = once(socket, 'data')
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
  const [answer] = (await answered) as [Buffer]
  return answer.toString()
}

describe('boundConnections()', () => {
  it('ends the silent connections that were first, when they are too many for a while', async () => {
    await using server = await startServer({ most: 10, mostSilent: 2 })
    const [first, second] = [await server.connect(), await server.connect()]
    server.clock.advance(GRACE_MS)
    const [third, fourth] = [await server.connect(), await server.connect()]
    const ended = Promise.all([once(first, 'close'), once(second, 'close')])
    server.clock.advance(GRACE_MS)
    server.clock.advance(GRACE_MS)
    await ended
    expect([third.destroyed, fourth.destroyed]).toEqual([false, false])
    expect(await ask(third)).toContain('200 OK')
    expect(await ask(fourth)).toContain('200 OK')
    expect(server.metrics.total('refusals_total', { route: 'connection', reason: 'full' })).toBe(2)
  })

  it('waits longer for one that has said nothing than for one that does not come to the end', async () => {
    await using server = await startServer({ most: 10, mostSilent: 1 })
    const silent = await server.connect()
    const came = once(server.http, 'connection') as Promise<[Socket]>
    const halfSaid = await server.connect()
    halfSaid.resume().write('GET / HTTP/1.1\r\n')
    const [theirs] = await came
    while (theirs.bytesRead === 0) await turn()
    const ended = once(halfSaid, 'close')
    server.clock.advance(60)
    await ended
    expect(await ask(silent)).toContain('200 OK')
  })

  it('ends none that has asked by the time it is looked at', async () => {
    await using server = await startServer({ most: 10, mostSilent: 1 })
    const sockets = [await server.connect(), await server.connect(), await server.connect()]
    for (const socket of sockets) expect(await ask(socket)).toContain('200 OK')
    server.clock.advance(GRACE_MS)
    server.clock.advance(GRACE_MS)
    for (const socket of sockets) expect(await ask(socket)).toContain('200 OK')
    expect(server.metrics.total('refusals_total')).toBe(0)
  })

  it('waits for no silent connection when there are sixteen times too many', async () => {
    await using server = await startServer({ most: 10, mostSilent: 1 })
    const sockets: Socket[] = []
    for (let count = 0; count < 16; count++) sockets.push(await server.connect())
    expect(server.metrics.total('refusals_total')).toBe(0)
    const [first] = sockets
    const ended = first && once(first, 'close')
    await server.connect()
    await ended
    expect(server.metrics.total('refusals_total')).toBe(1)
  })

  it('ends the one that is idle for longest when too many have asked, and none that is being answered', async () => {
    await using server = await startServer({ most: 3, mostSilent: 9 })
    const [waits, idle, busy, last] = [
      await server.connect(),
      await server.connect(),
      await server.connect(),
      await server.connect(),
    ]
    const asked = once(server.http, 'request')
    waits.write('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n')
    await asked
    await ask(busy)
    await ask(idle)
    await ask(busy)
    const ended = once(idle, 'close')
    expect(await ask(last)).toContain('200 OK')
    await ended
    expect(await ask(busy)).toContain('200 OK')
    expect([waits.destroyed, last.destroyed]).toEqual([false, false])
  })

  it('ends the one that waits for longest when all are being answered', async () => {
    await using server = await startServer({ most: 2, mostSilent: 9 })
    const sockets: Socket[] = []
    for (let count = 0; count < 2; count++) {
      const socket = await server.connect()
      const asked = once(server.http, 'request')
      socket.write('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n')
      await asked
      sockets.push(socket)
    }
    const ended = sockets[0] && once(sockets[0], 'close')
    expect(await ask(await server.connect())).toContain('200 OK')
    await ended
    expect(sockets[1]?.destroyed).toBe(false)
  })

  it('does not count connections that became websockets, or are gone', async () => {
    await using server = await startServer({ most: 2, mostSilent: 2 })
    const upgraded = await server.connect()
    expect(await ask(upgraded, 'Connection: Upgrade\r\nUpgrade: websocket\r\n')).toContain('101')
    const gone = await server.connect()
    expect(await ask(gone, 'Connection: close\r\n')).toContain('200')
    await once(gone, 'close')
    const [first, second] = [await server.connect(), await server.connect()]
    server.clock.advance(GRACE_MS)
    expect(await ask(first)).toContain('200 OK')
    expect(await ask(second)).toContain('200 OK')
    expect(upgraded.destroyed).toBe(false)
    expect(server.metrics.total('refusals_total')).toBe(0)
  })

  it('logs one line in ten seconds, with how many there were', async () => {
    await using server = await startServer({ most: 9, mostSilent: 0 })
    for (let round = 0; round < 3; round++) {
      if (round === 2) server.clock.advance(10_000)
      await server.connect()
      await server.connect()
      server.clock.advance(GRACE_MS)
      server.clock.advance(GRACE_MS)
    }
    expect(server.log.lines).toEqual([
      { level: 'warn', kind: 'connectionsFull', count: 1 },
      { level: 'warn', kind: 'connectionsFull', count: 4 },
    ])
  })
})
