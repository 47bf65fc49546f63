import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { openedRecords, temporaryFolder } from './opening.ts'
import { onBothDatabases } from './places.ts'

await onBothDatabases((name, newPlace) => {
  describe(`${name}: people`, () => {
    it('idOf() makes one id for a number, however many ask at once', async () => {
      await using records = await (await newPlace()).open()
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
      await using records = await (await newPlace()).open()
      const error: unknown = await records.people.idOf('Anna').catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(RangeError)
      expect(String(error)).not.toContain('Anna')
    })

    it('keyed() is the same for the same text, and hides it', async () => {
      await using records = await (await newPlace()).open()
      const { people } = records
      expect(people.keyed('+14155550123')).toMatch(/^[0-9a-f]{64}$/)
      expect(people.keyed('+14155550123')).toBe(people.keyed('+14155550123'))
      expect(people.keyed('+14155550123')).not.toBe(people.keyed('+14155550124'))
    })

    it('countPinTry() counts the tries of the last 24 hours, also those of a process that died', async () => {
      const place = await newPlace()
      const clock = new VirtualClock()
      {
        await using records = await place.open({ clock })
        const tries = [1, 2, 3].map(() => records.people.countPinTry('+14155550101'))
        expect(await Promise.all(tries)).toEqual([1, 2, 3])
      }
      await using records = await place.open({ clock })
      const { people } = records
      expect(await people.pinTries('+14155550101')).toBe(3)
      expect(await people.countPinTry('+14155550102')).toBe(1)
      clock.advance(86_400_000 - 1)
      expect(await people.countPinTry('+14155550101')).toBe(4)
      clock.advance(1)
      expect(await people.pinTries('+14155550101')).toBe(1)
    })

    it('a second data folder cannot be used without the key of the first', async (context) => {
      const place = await newPlace()
      const { databaseUrl, dataDir } = place
      context.skip(databaseUrl === undefined, 'on SQLite the database is in the folder')
      await using records = await place.open()
      const second = `${dataDir}-second`
      await expect(openedRecords(second, { databaseUrl })).rejects.toMatchObject({ code: 'wrongKey' })
      copyFileSync(join(dataDir, 'person.key'), join(second, 'person.key'))
      await using others = await openedRecords(second, { databaseUrl })
      expect(others.people.keyed('x')).toBe(records.people.keyed('x'))
    })
  })
})

describe('the key in the data folder', () => {
  const folder = temporaryFolder()
  let folders = 0
  afterAll(() => folder[Symbol.dispose]())

  function newFolder(): string {
    folders += 1
    const path = join(folder.path, String(folders))
    mkdirSync(path)
    return path
  }

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
