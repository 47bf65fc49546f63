import { createServer } from 'node:net'
import type { Clock } from '../lib/clock.ts'
import { probe } from '../lib/http-probe.ts'
import type { Finding, Fix } from '../ports/check.ts'

/** Where the server will listen. */
export type PortQuestion = {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly deadlineMs: number
}

/** Whether HOST:PORT is free, or held by a server of this project, by trying to listen there for a moment. */
export async function checkPort(question: PortQuestion): Promise<readonly Finding[]> {
  const { host, port } = question
  if (port === 0) return [{ kind: 'fine', says: 'PORT is 0: the server takes a free one' }]
  const failure = await listenFailure(host, port)
  if (failure === undefined) {
    return [{ kind: 'fine', says: `port ${port} of ${host} is free: no server runs there` }]
  }
  if (failure === 'EADDRINUSE' && (await isOurs(question))) {
    return [{ kind: 'fine', says: `a server of this project runs on port ${port} of ${host}` }]
  }
  return [judgePort(failure, `port ${port} of ${host}`)]
}

/** What it means that nobody can listen at a place, by the code of the system. */
export function judgePort(failure: string, place: string): Finding {
  return { kind: 'broken', says: `cannot listen on ${place}: ${failure}`, fix: fixFor(failure, place) }
}

function fixFor(failure: string, place: string): Fix {
  switch (failure) {
    case 'EADDRINUSE':
      return { name: 'freePort', does: `Stop the other program on ${place}, or set PORT to another` }
    case 'EACCES':
      return { name: 'allowPort', does: 'Set PORT to one above 1023: this user may not take lower ones' }
    default:
      return { name: 'chooseHost', does: 'Set HOST to an address that this machine has, such as 127.0.0.1' }
  }
}

function listenFailure(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const server = createServer()
  server.once('error', (error) => resolve('code' in error ? String(error.code) : 'unknown'))
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  return promise
}

/** A server of ours answers what it does not know with a problem of its own kind; others would hardly. */
async function isOurs(question: PortQuestion): Promise<boolean> {
  const { port, clock, deadlineMs } = question
  const answer = await probe({ url: `${localOrigin(question.host, port)}/doctor`, clock, deadlineMs })
  return answer.kind === 'answer' && answer.body.includes('"urn:consigliere:problem:not-found"')
}

/** Where a server that listens on HOST is reached from the machine itself. */
export function localOrigin(host: string, port: number): string {
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${near.includes(':') ? `[${near}]` : near}:${port}`
}
