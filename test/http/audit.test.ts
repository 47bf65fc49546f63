import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { auditRoutes } from '../../src/http/audit.ts'
import { createServer } from '../../src/http/server.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { bearer, keyring, keys, recordedLog } from './serving.ts'

async function serving() {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const { audit } = opening.use(await openedRecords(folder.path))
  const heads = await Promise.all(
    [1, 2, 3, 4, 5].map((count) => audit.record({ kind: 'auth', data: { count } })),
  )
  const app = createServer({ log: recordedLog(), requestDeadlineMs: 5000 })
  await app.register(auditRoutes({ audit, keyring: keyring() }))
  const get = async (url: string, key: string = keys.root) => {
    const answer = await app.inject({ url, headers: bearer(key) })
    return {
      status: answer.statusCode,
      body: answer.json<Record<string, unknown>>(),
      headers: answer.headers,
    }
  }
  const held = opening.move()
  return { path: folder.path, heads, app, get, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

describe('/v1/audit', () => {
  it('answers records page by page, with their hashes, and where to go on', async () => {
    await using server = await serving()
    const { get, heads } = server
    const first = await get('/v1/audit?limit=2')
    expect(first.status).toBe(200)
    expect(first.headers['cache-control']).toBe('no-store')
    expect(first.body).toMatchObject({
      records: [
        { seq: 1, kind: 'auth', data: { count: 1 }, hash: heads[0]?.hash },
        { seq: 2, prev: heads[0]?.hash },
      ],
      next: 2,
    })
    const rest = await get('/v1/audit?after=2&limit=1000')
    expect(rest.body).toMatchObject({ records: [{ seq: 3 }, { seq: 4 }, { seq: 5 }] })
    expect(rest.body).not.toHaveProperty('next')
    expect((await get('/v1/audit?after=5')).body).toEqual({ records: [] })
  })

  it.each(['limit=0', 'limit=1001', 'limit=1e2', 'after=-1', 'after=٣', 'after=1&after=2', 'from=1'])(
    'refuses ?%s and repairs nothing',
    async (query) => {
      await using server = await serving()
      expect(await server.get(`/v1/audit?${encodeURI(query)}`)).toMatchObject({
        status: 400,
        body: { type: 'urn:consigliere:problem:invalid-request' },
      })
    },
  )

  it.each(['/v1/audit', '/v1/audit/verify'])(
    '%s is for keys with the scope audit or admin alone',
    async (url) => {
      await using server = await serving()
      expect(await server.get(url, keys.reader)).toMatchObject({ status: 403 })
      expect(await server.get(url, 'csg_guessed')).toMatchObject({ status: 401 })
      expect((await server.app.inject(url)).statusCode).toBe(401)
      expect(await server.get(url, keys.auditor)).toMatchObject({ status: 200 })
    },
  )
})

describe('/v1/audit/verify', () => {
  it('says that the chain is whole, and afterwards which record was changed', async () => {
    await using server = await serving()
    const { get, heads, path } = server
    expect((await get('/v1/audit/verify')).body).toEqual({ ok: true, firstSeq: 1, head: heads.at(-1) })
    using database = new DatabaseSync(join(path, 'consigliere.db'), { timeout: 1000 })
    database.exec(`drop trigger audit_update; update audit set kind = 'stop' where seq = 4`)
    const answers = await Promise.all([1, 2, 3].map(() => get('/v1/audit/verify')))
    for (const { body } of answers) expect(body).toEqual({ ok: false, seq: 4, reason: 'changed' })
  })
})
