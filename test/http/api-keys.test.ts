import { describe, expect, it } from 'vitest'
import { createServer } from '../../src/http/server.ts'
import { bearer, entryOf, keyring, keys, recordedLog, recordedMetrics } from './serving.ts'

function server(metrics = recordedMetrics()) {
  const app = createServer({ log: recordedLog(), requestDeadlineMs: 5000 })
  const ring = keyring(metrics)
  app.get('/v1/thing', (request) => ({ name: ring.require(request, 'read').name }))
  return { app, metrics }
}

describe('Keyring.identify()', () => {
  it('knows a key by its hash', () => {
    expect(keyring().identify(`Bearer ${keys.reader}`)).toEqual(entryOf('reader', 'read', 'chat'))
    expect(keyring().identify(`bearer ${keys.root}`)?.name).toBe('root')
  })

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer csg_other',
    'Bearer csg_ops ',
    'Bearer  csg_ops',
    'Bearer csg_ops,csg_root',
    'Basic csg_ops',
    'csg_ops',
    `Bearer ${entryOf('ops', 'metrics').sha256}`,
    `Bearer ${'x'.repeat(10_000)}`,
  ])('does not know %j', (authorization) => {
    expect(keyring().identify(authorization)).toBeUndefined()
  })
})

describe('Keyring.require()', () => {
  it('lets a key with the scope pass, and one with admin', async () => {
    const { app } = server()
    for (const name of ['reader', 'root'] as const) {
      const answer = await app.inject({ url: '/v1/thing', headers: bearer(keys[name]) })
      expect([answer.statusCode, answer.json()]).toEqual([200, { name }])
    }
  })

  it('refuses without a key with 401 and with another scope with 403, and counts it', async () => {
    const { app, metrics } = server()
    const without = await app.inject({ url: '/v1/thing' })
    const other = await app.inject({ url: '/v1/thing', headers: bearer(keys.ops) })
    expect([without.statusCode, without.headers['www-authenticate']]).toEqual([401, 'Bearer'])
    expect(without.json()).toMatchObject({ type: 'urn:consigliere:problem:unauthorized', status: 401 })
    expect(other.statusCode).toBe(403)
    expect(other.json()).toMatchObject({ type: 'urn:consigliere:problem:forbidden', title: 'Forbidden' })
    expect(metrics.counts).toEqual([
      ['refusals_total', { route: 'api', reason: 'unauthorized' }],
      ['refusals_total', { route: 'api', reason: 'forbidden' }],
    ])
  })
})
