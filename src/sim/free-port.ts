import { once } from 'node:events'
import { createServer } from 'node:net'

/** A loopback port that nobody listens on. The server's address has to be known before it listens, for its webhooks. */
export async function freePort(host: string): Promise<number> {
  const probe = createServer().listen(0, host)
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('Cannot find a free port')
  return address.port
}
