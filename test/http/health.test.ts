import { describe, expect, it } from 'vitest'
import { healthRoutes } from '../../src/http/health.ts'
import { metricsRoutes } from '../../src/http/metrics.ts'
import { createServer } from '../../src/http/server.ts'
import { bearer, keyring, keys, recordedLog } from './serving.ts'

async function server(options: { reasons?: readonly string[]; isLoopback?: boolean } = {}) {
  const app = createServer({ log: recordedLog(), requestDeadlineMs: 5000 })
  const source = {
    contentType: 'text/plain; version=0.0.4',
    exposition: () => Promise.resolve('calls_live 1\n'),
  }
  await app.register(
    healthRoutes({ version: '1.2.3', keyring: keyring(), notReady: () => options.reasons ?? [] }),
  )
  await app.register(metricsRoutes({ source, keyring: keyring(), isLoopback: options.isLoopback ?? true }))
  return app
}

describe('/healthz', () => {
  it('answers the version, even when no call would be taken', async () => {
    const answer = await (await server({ reasons: ['draining'] })).inject('/healthz')
    expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ok', version: '1.2.3' }])
    expect(answer.headers['cache-control']).toBe('no-store')
  })
})

describe('/readyz', () => {
  it('answers 200 when a call would be taken and 503 when not', async () => {
    const ready = await (await server()).inject('/readyz')
    expect([ready.statusCode, ready.json()]).toEqual([200, { status: 'ready' }])
    const draining = await (await server({ reasons: ['draining'] })).inject('/readyz')
    expect([draining.statusCode, draining.json()]).toEqual([503, { status: 'not ready' }])
  })

  it('gives reasons to those with a key, and to nobody else', async () => {
    const app = await server({ reasons: ['draining', 'storage'] })
    const known = await app.inject({ url: '/readyz', headers: bearer(keys.reader) })
    expect(known.json()).toEqual({ status: 'not ready', reasons: ['draining', 'storage'] })
    const unknown = await app.inject({ url: '/readyz', headers: bearer('csg_guessed') })
    expect([unknown.statusCode, unknown.json()]).toEqual([503, { status: 'not ready' }])
  })
})

describe('/metrics', () => {
  it('is open on loopback', async () => {
    const answer = await (await server()).inject('/metrics')
    expect([answer.statusCode, answer.body]).toEqual([200, 'calls_live 1\n'])
    expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4')
  })

  it.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'x-forwarded-host'])(
    'needs a key for what a proxy forwards to loopback (%s)',
    async (header) => {
      const answer = await (await server()).inject({ url: '/metrics', headers: { [header]: '127.0.0.1' } })
      expect(answer.statusCode).toBe(401)
    },
  )

  it('needs a key with the scope metrics elsewhere', async () => {
    const app = await server({ isLoopback: false })
    const statusWith = async (headers?: { authorization: string }) =>
      (await app.inject({ url: '/metrics', ...(headers ? { headers } : {}) })).statusCode
    expect(await statusWith()).toBe(401)
    expect(await statusWith(bearer('csg_guessed'))).toBe(401)
    expect(await statusWith(bearer(keys.reader))).toBe(403)
    expect(await statusWith(bearer(keys.ops))).toBe(200)
    expect(await statusWith(bearer(keys.root))).toBe(200)
  })
})
