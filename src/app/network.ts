import type { Server } from 'node:http'
import type { WebSocket } from 'ws'
import { deadline } from '../lib/clock.ts'
import type { Dial } from '../openai/realtime-socket.ts'
import type { MemoryNetwork } from '../sim/memory/memory-network.ts'
import { MemoryWebSocket } from '../sim/memory/memory-web-socket.ts'
import type { SendRest } from '../twilio/rest-client.ts'

/** How a server reaches the world and is reached by it, in place of real sockets. */
export type Network = {
  readonly dial: Dial
  readonly sendRest: SendRest
  /** For what goes by HTTP otherwise. */
  readonly fetch: typeof fetch
  readonly socketClass: typeof WebSocket
  /** Makes a server reachable at an origin that it does not listen on. */
  serve(server: Server, origin: string): void
}

/** The network in memory, as a server uses it. */
export function networkInMemory(memory: MemoryNetwork): Network {
  return {
    dial: (url, options) => memory.dial(url, options),
    sendRest: async ({ timeoutMs, ...request }) => {
      using limit = deadline({ clock: memory.clock, delayMs: timeoutMs, reason: 'No answer in time' })
      return await memory.request({ ...request, signal: limit.signal })
    },
    fetch: (target, init) => fetchInMemory(memory, new Request(target, init)),
    socketClass: MemoryWebSocket,
    serve: (server, origin) => void memory.serve(server, origin),
  }
}

async function fetchInMemory(memory: MemoryNetwork, request: Request): Promise<Response> {
  const { url, method, headers, signal } = request
  const sent = { url, method, headers: Object.fromEntries(headers), body: await request.text(), signal }
  const { status, headers: answered, body } = await memory.request(sent)
  return new Response(body, { status, headers: answered })
}
