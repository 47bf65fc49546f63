import { listenTo } from '../twilio/network-transport.ts'
import type { Transport } from '../twilio/transport.ts'
import type { MemoryNetwork } from './memory-network.ts'

/** How the fake Twilio reaches a product in memory. */
export function memoryTransport(network: MemoryNetwork): Transport {
  return {
    async request(request) {
      const { status, headers, body } = await network.request(request)
      return { status, contentType: headers['content-type'] ?? '', body }
    },
    connect: ({ url, headers, events, delays }) => listenTo(network.dial(url, { headers, delays }), events),
    [Symbol.asyncDispose]: () => Promise.resolve(network.closeAll()),
  }
}
