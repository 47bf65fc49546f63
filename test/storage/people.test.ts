import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Records } from '../../src/storage/open-storage.ts'
import { openedRecords, temporaryFolder } from './opening.ts'
import { postgresServer } from './postgres-server.ts'

const folder = temporaryFolder()
const server = await postgresServer()
let folders = 0
afterAll(async () => {
  folder[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
})

function newFolder(): string {
  folders += 1
  const path = join(folder.path, String(folders))
  mkdirSync(path)
  return path
}

function peopleContract(name: string, open: () => Promise<Records>): void {
  describe(`${name}: people`, () => {
    it('idOf() makes one id for a number, however many ask at once', async () => {
      await using records = await open()
      const { people } = records
      const ids = await Promise.all(Array.from({ length: 20 }, () => people.idOf('+14155550123')))
      expect(new Set(ids).size).toBe(1)
      const [id = ''] = ids
      expect(id).toMatch(/^person_[0-9a-f]{24}$/)
      expect(await people.idOf('+14155550124')).not.toBe(id)
      expect(await people.find('+14155550123')).toBe(id)
      expect(await people.numberOf(id)).toBe('+14155550123')
      expect(await people.find('+14155550199')).toBeUndefined()
      expect(await people.numberOf('person_000000000000000000000000')).toBeUndefined()
    })

    it('idOf() refuses what is no E.164 number, without repeating it', async () => {
      await using records = await open()
      const error: unknown = await records.people.idOf('Anna').catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(RangeError)
      expect(String(error)).not.toContain('Anna')
    })

    it('keyed() is the same for the same text, and hides it', async () => {
      await using records = await open()
      const { people } = records
      expect(people.keyed('+14155550123')).toMatch(/^[0-9a-f]{64}$/)
      expect(people.keyed('+14155550123')).toBe(people.keyed('+14155550123'))
      expect(people.keyed('+14155550123')).not.toBe(people.keyed('+14155550124'))
    })
  })
}

peopleContract('SQLite', () => openedRecords(newFolder()))

describe('with a server', () => {
  beforeEach((context) => server.orSkip(context))

  peopleContract('PostgreSQL', async () =>
    openedRecords(newFolder(), { databaseUrl: await server.newSchema() }),
  )

  it('a second server needs the key of the first', async () => {
    const databaseUrl = await server.newSchema()
    const [first, second] = [newFolder(), newFolder()]
    await using records = await openedRecords(first, { databaseUrl })
    await expect(openedRecords(second, { databaseUrl })).rejects.toMatchObject({ code: 'wrongKey' })
    copyFileSync(join(first, 'person.key'), join(second, 'person.key'))
    await using others = await openedRecords(second, { databaseUrl })
    expect(others.people.keyed('x')).toBe(records.people.keyed('x'))
  })
})

describe('the key in the data folder', () => {
  it('is made once, for its owner only, and is another one in each folder', async () => {
    const [one, other] = [newFolder(), newFolder()]
    for (const path of [one, other, one]) await (await openedRecords(path))[Symbol.asyncDispose]()
    const [key, otherKey] = [one, other].map((path) => readFileSync(join(path, 'person.key'), 'utf8'))
    expect(key).toMatch(/^[0-9a-f]{64}\n$/)
    expect(key).not.toBe(otherKey)
    expect(statSync(join(one, 'person.key')).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['another key', (path: string) => writeFileSync(path, `${'ab'.repeat(32)}\n`)],
    ['a damaged key', (path: string) => writeFileSync(path, 'ab')],
    ['a key that others can read', (path: string) => chmodSync(path, 0o640)],
  ])('refuses to start on %s', async (_what, spoil) => {
    const path = newFolder()
    await (await openedRecords(path))[Symbol.asyncDispose]()
    spoil(join(path, 'person.key'))
    await expect(openedRecords(path)).rejects.toMatchObject({ name: 'StorageError', code: 'wrongKey' })
  })
})
