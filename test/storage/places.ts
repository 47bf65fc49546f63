import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe } from 'vitest'
import type { Records, StorageOptions } from '../../src/storage/open-storage.ts'
import { openedRecords, temporaryFolder } from './opening.ts'
import { postgresServer } from './postgres-server.ts'

/** An empty database; each opening is what another process would open. */
export type Place = {
  readonly dataDir: string
  readonly databaseUrl: string | undefined
  open(options?: Partial<StorageOptions>): Promise<Records>
}

/**
 * Runs a contract on SQLite, committing in a thread and on the event loop, and on a real PostgreSQL; where there is none
 * its tests are skipped and say why.
 * @param contract describes its tests; gets a name and a way to a new place
 */
export async function onBothDatabases(
  contract: (name: string, newPlace: () => Promise<Place>) => void,
): Promise<void> {
  const folder = temporaryFolder()
  const server = await postgresServer()
  let folders = 0
  afterAll(async () => {
    folder[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  })
  const placeAt = (at: Partial<StorageOptions>): Place => {
    const dataDir = join(folder.path, String((folders += 1)))
    mkdirSync(dataDir)
    return {
      dataDir,
      databaseUrl: at.databaseUrl,
      open: (options = {}) => openedRecords(dataDir, { ...at, ...options }),
    }
  }
  contract('SQLite', () => Promise.resolve(placeAt({})))
  contract('SQLite on the event loop', () => Promise.resolve(placeAt({ commits: 'loop' })))
  describe('with a server', () => {
    beforeEach((context) => server.orSkip(context))
    contract('PostgreSQL', async () => placeAt({ databaseUrl: await server.newSchema() }))
  })
}
