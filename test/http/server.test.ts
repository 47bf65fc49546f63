import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { RequestProblem } from '../../src/http/problem.ts'
import { createServer } from '../../src/http/server.ts'
import { recordedLog } from './serving.ts'

const problemType = /^urn:consigliere:problem:[a-z-]+$/
const secret = 'sk-planted-secret'

function server(requestDeadlineMs = 5000) {
  const log = recordedLog()
  const app = createServer({ log, requestDeadlineMs })
  app.get('/conflict', () => {
    throw new RequestProblem('conflict', 'The call is over')
  })
  app.get('/broken', () => {
    throw Object.assign(new TypeError(`Cannot reach db: ${secret}`), {
      code: 'E_DB',
      statusCode: 404,
      detail: secret,
    })
  })
  app.get('/thrown-text', () => Promise.reject(secret))
  const body = {
    type: 'object',
    properties: { count: { type: 'integer' } },
    required: ['count'],
    additionalProperties: false,
  }
  app.post('/strict', { schema: { body } }, () => ({ ok: true }))
  return { app, log }
}

/** Sends bytes to a listening server and reads until it closes the connection. */
async function rawAnswer(app: ReturnType<typeof server>['app'], text: string): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (data) => (answer += data.toString()))
  socket.write(text)
  await once(socket, 'close')
  await app.close()
  return answer
}

describe('createServer() on errors', () => {
  it('answers a RequestProblem with its kind and detail', async () => {
    const answer = await server().app.inject('/conflict')
    expect(answer.statusCode).toBe(409)
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answer.json()).toEqual({
      type: 'urn:consigliere:problem:conflict',
      title: 'Conflict',
      status: 409,
      detail: 'The call is over',
      instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/) as string,
    })
  })

  it.each(['/broken', '/thrown-text'])(
    'shows nothing of an unexpected error (%s), and logs its name',
    async (url) => {
      const { app, log } = server()
      const answer = await app.inject(url)
      expect(answer.statusCode).toBe(500)
      expect(Object.keys(answer.json<object>()).toSorted((a, b) => a.localeCompare(b))).toEqual([
        'instance',
        'status',
        'title',
        'type',
      ])
      expect(JSON.stringify([answer.json(), answer.headers, log.events])).not.toContain(secret)
      expect(log.events).toEqual([
        ['error', 'requestFailed', expect.objectContaining({ method: 'GET', url }) as object],
      ])
    },
  )

  it.each([
    ['an unknown path', { url: `/nowhere-${secret}?a=${secret}` }, 404],
    ['an unknown method', { url: '/conflict', method: 'DELETE' as const }, 404],
    ['a path that is no text', { url: `/%ZZ${secret}` }, 400],
    [
      'a body that is no JSON',
      {
        url: '/strict',
        method: 'POST' as const,
        headers: { 'content-type': 'application/json' },
        payload: `{"${secret}`,
      },
      400,
    ],
    [
      'text/plain',
      { url: '/strict', method: 'POST' as const, headers: { 'content-type': 'text/plain' }, payload: secret },
      415,
    ],
    ['a text for a number', { url: '/strict', method: 'POST' as const, payload: { count: '1' } }, 400],
    ['an extra field', { url: '/strict', method: 'POST' as const, payload: { count: 1, [secret]: 1 } }, 400],
    [
      'a body above 64 KiB',
      { url: '/strict', method: 'POST' as const, payload: { count: 1, a: 'x'.repeat(65_536) } },
      413,
    ],
    [
      '__proto__',
      {
        url: '/strict',
        method: 'POST' as const,
        headers: { 'content-type': 'application/json' },
        payload: '{"__proto__":{},"count":1}',
      },
      400,
    ],
  ])('answers %s with a problem that repeats nothing', async (_what, request, status) => {
    const { app, log } = server()
    const answer = await app.inject(request)
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answer.json<{ type: string }>().type).toMatch(problemType)
    expect(answer.body).not.toContain(secret)
    expect(log.events).toEqual([])
  })

  it('accepts what fits exactly', async () => {
    const answer = await server().app.inject({ url: '/strict', method: 'POST', payload: { count: 1 } })
    expect(answer.json()).toEqual({ ok: true })
  })
})

describe('createServer() on the wire', () => {
  it('gives headers no more time than the whole request, since Node would swap the two', () => {
    const { requestTimeout, headersTimeout } = server(5000).app.server
    expect({ requestTimeout, headersTimeout }).toEqual({ requestTimeout: 5000, headersTimeout: 5000 })
  })

  it('answers what is no HTTP with a problem and closes', async () => {
    const answer = await rawAnswer(server().app, `${secret}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toContain('urn:consigliere:problem:invalid-request')
    expect(answer).not.toContain(secret)
  })

  it.each([
    [
      'body',
      'POST /strict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"cou',
    ],
    ['header', 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: a'],
  ])('cuts a request whose %s does not arrive in time', async (_part, text) => {
    const startedMs = performance.now()
    const answer = await rawAnswer(server(400).app, text)
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(answer).toContain('urn:consigliere:problem:request-timeout')
    expect(performance.now() - startedMs).toBeGreaterThan(350)
    expect(performance.now() - startedMs).toBeLessThan(5000)
  })

  it('says to browsers that nothing may be loaded, framed or guessed', async () => {
    const { headers } = await server().app.inject('/conflict')
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    })
    expect(headers).not.toHaveProperty('x-powered-by')
  })
})

describe('createServer() on closing', () => {
  it('ends a kept-alive connection after the answer that was under way', async () => {
    const { app } = server()
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<string>()
    app.get('/slow', () => {
      asked.resolve()
      return answer.promise
    })
    app.addHook('preClose', (done) => {
      answer.resolve('done')
      done()
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.on('data', (data) => (received += data.toString()))
    socket.write('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n')
    await asked.promise
    await Promise.all([app.close(), once(socket, 'close')])
    expect(received).toMatch(/^HTTP\/1\.1 200 [^]*connection: close\r\n[^]*done$/i)
  })

  it('gives up on an answer that does not come', async () => {
    const { app } = server()
    const asked = Promise.withResolvers<void>()
    app.get('/never', () => {
      asked.resolve()
      return new Promise(() => undefined)
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write('GET /never HTTP/1.1\r\nhost: a\r\n\r\n')
    await asked.promise
    await Promise.all([app.close(), once(socket, 'close')])
    expect(socket.bytesRead).toBe(0)
  })
})
