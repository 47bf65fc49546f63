import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that a system gives to outgoing connections, one of which could take a port between two looks. */
const FROM_PORT = 10_240
const TO_PORT = 32_768
const MOST_TRIES = 100

/** A loopback port that nobody listens on. The server's address has to be known before it listens, for its webhooks. */
export async function freePort(host: string): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = randomInt(FROM_PORT, TO_PORT)
    if (await isFree(host, port)) return port
  }
  throw new Error('Cannot find a free port')
}

async function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen(port, host)
    await once(probe, 'listening')
    return true
  } catch {
    return false
  } finally {
    probe.close()
  }
}
