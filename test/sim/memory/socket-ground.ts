import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { MemoryNetwork } from '../../../src/sim/memory/memory-network.ts'
import { MemoryWebSocket } from '../../../src/sim/memory/memory-web-socket.ts'
import { VirtualTime } from '../../../src/sim/memory/virtual-time.ts'

/** A server that accepts or refuses upgrades, and how its clients dial it. */
export type SocketGround = AsyncDisposable & {
  dial(path: string, options?: ClientOptions): WebSocket
  /** The server's end of the next upgrade to `/open`. */
  accepted(): Promise<WebSocket>
  /** Waits for something, and lets time pass for it where time is virtual. */
  until<T>(promise: Promise<T>): Promise<T>
}

/** The largest message that the servers of these grounds take. */
export const MAX_PAYLOAD_BYTES = 1_000

/** One ground on real sockets, one in memory: what holds on the one must hold on the other. */
export const grounds: Readonly<Record<string, () => Promise<SocketGround>>> = {
  'ws on loopback': () => startGround(undefined),
  'ws in memory': () => {
    const clock = new VirtualClock()
    const network = new MemoryNetwork({ clock })
    return startGround({ network, time: new VirtualTime(clock, network) })
  },
}

async function startGround(
  memory: { readonly network: MemoryNetwork; readonly time: VirtualTime } | undefined,
): Promise<SocketGround> {
  const server = createServer()
  const upgrader = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    ...(memory && { WebSocket: MemoryWebSocket }),
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    if (request.url === '/open') {
      upgrader.handleUpgrade(request, socket, head, (end) => {
        end.on('error', () => undefined)
        upgrader.emit('connection', end)
      })
    } else if (request.url === '/refuse') {
      const body = JSON.stringify({ asked: request.headers['x-asked'] })
      socket.end(`HTTP/1.1 429 Too Many Requests\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    } else if (request.url === '/hang-up') socket.destroy()
  })
  if (!memory) server.listen(0, '127.0.0.1')
  if (!memory) await once(server, 'listening')
  const origin = memory?.network.serve(server) ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sockets: WebSocket[] = []
  return {
    dial: (path, options = {}) => {
      const url = path.startsWith('ws') ? path : origin.replace('http', 'ws') + path
      const socket = memory?.network.dial(url, options) ?? new WebSocket(url, options)
      sockets.push(socket)
      return socket
    },
    accepted: async () => {
      const { promise, resolve } = Promise.withResolvers<WebSocket>()
      upgrader.once('connection', resolve)
      return await promise
    },
    until: (promise) => memory?.time.until(promise) ?? promise,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.on('error', () => undefined).terminate()
      server.close()
      server.closeAllConnections()
      await Promise.resolve()
    },
  }
}
