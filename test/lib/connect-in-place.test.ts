import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { ClientRequest, OutgoingHttpHeaders, RequestListener, Server } from 'node:http'
import { createServer as createSecureServer, request as requestSecurely } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { connectInPlace, takeInPlace } from '../../src/lib/read-in-place.ts'
import { selfSigned } from '../support/certificate.ts'

const certificate = selfSigned()
const trusted = getCACertificates()
let server: Server | undefined
afterEach(() => {
  server?.close()
  server?.closeAllConnections()
  setDefaultCACertificates(trusted)
})

for (const isSecure of [false, true]) {
  describe(`connectInPlace() ${isSecure ? 'over TLS' : 'without TLS'}`, () => {
    test('carries a request and its answer', async (context) => {
      if (isSecure && !certificate) return context.skip('openssl is not installed')
      const url = await listening(isSecure, (_, response) => response.end('a'.repeat(200_000)))
      const asked = ask(url)
      const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>]
      expect(Buffer.concat(await Array.fromAsync(response)).toString()).toBe('a'.repeat(200_000))
    })

    test('after an upgrade hands over what is read, once somebody takes it, and nothing of it to the stream', async (context) => {
      if (isSecure && !certificate) return context.skip('openssl is not installed')
      const { ours, theirs } = await upgraded(isSecure)
      ours.on('data', () => expect.unreachable())
      const taken: string[] = []
      const came = Promise.withResolvers<void>()
      const isTaken = takeInPlace(ours, (memory, bytes) => {
        taken.push(memory.toString('utf8', 0, bytes))
        if (taken.join('') === 'hello, hello') came.resolve()
      })
      expect(isTaken).toBe(true)
      theirs.write('hello')
      ours.write('and you')
      expect(String(((await once(theirs, 'data')) as [Buffer])[0])).toBe('and you')
      theirs.write(', hello')
      await came.promise
      theirs.end()
      await once(ours, 'end')
      ours.end()
    })

    test('loses nothing and repeats nothing of much, with pauses and what is sent meanwhile', async (context) => {
      if (isSecure && !certificate) return context.skip('openssl is not installed')
      const { ours, theirs } = await upgraded(isSecure)
      const sent = Buffer.from(Array.from({ length: 500_000 }, (_, at) => `${at},`).join(''))
      const taken: Buffer[] = []
      takeInPlace(ours, (memory, bytes) => {
        // Sent while the shared memory is still read from.
        ours.write('.')
        taken.push(Buffer.from(memory.subarray(0, bytes)))
        if (taken.length % 5 > 0) return
        ours.pause()
        setImmediate(() => ours.resume())
      })
      ours.resume()
      theirs.resume().end(sent)
      await once(ours, 'end')
      ours.end()
      expect(Buffer.concat(taken).equals(sent)).toBe(true)
    })
  })
}

describe('connectInPlace()', () => {
  test('tells a server by which name it is asked for', async ({ skip }) => {
    if (!certificate) return skip('openssl is not installed')
    const { theirs } = await upgraded(true)
    expect(theirs).toHaveProperty('servername', 'localhost')
  })

  test.for([
    { what: 'a certificate that nobody vouches for', trusts: false, host: 'localhost', code: 'SIGNED_CERT' },
    { what: 'a certificate of another name', trusts: true, host: '127.0.0.1', code: 'ALTNAME_INVALID' },
  ])('refuses $what', async ({ trusts, host, code }, { skip }) => {
    if (!certificate) return skip('openssl is not installed')
    const url = await listening(true)
    if (!trusts) setDefaultCACertificates(trusted)
    const asked = ask(url.replace('localhost', host))
    expect((await once(asked, 'error'))[0]).toMatchObject({ code: expect.stringContaining(code) as unknown })
  })
})

/** A server for one test, whose certificate is trusted. */
async function listening(isSecure: boolean, answer?: RequestListener): Promise<string> {
  const http = isSecure ? createSecureServer({ ...certificate }, answer) : createServer(answer)
  server = http
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  if (certificate) setDefaultCACertificates([...trusted, certificate.cert])
  return `${isSecure ? 'https' : 'http'}://localhost:${(http.address() as AddressInfo).port}`
}

function ask(url: string, headers: OutgoingHttpHeaders = {}): ClientRequest {
  const send = url.startsWith('https:') ? requestSecurely : request
  return send(url, { headers, createConnection: () => connectInPlace(url) }).end()
}

/** Both ends of a connection whose upgrade was granted. */
async function upgraded(isSecure: boolean): Promise<{ ours: Socket; theirs: Socket }> {
  const url = await listening(isSecure)
  const asked = ask(url, { connection: 'Upgrade', upgrade: 'websocket' })
  const [, theirs] = (await once(server!, 'upgrade')) as [unknown, Socket]
  theirs.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const [, ours] = (await once(asked, 'upgrade')) as [unknown, Socket]
  return { ours, theirs }
}
