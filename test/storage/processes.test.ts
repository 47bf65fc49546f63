import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { opened, openedRecords, temporaryFolder } from './opening.ts'
import { postgresServer } from './postgres-server.ts'
import { crashing, processContract } from './process-contract.ts'

const server = await postgresServer()

processContract('SQLite', () => {
  const folder = temporaryFolder()
  return Promise.resolve({
    crashArguments: [folder.path],
    claimArgument: join(folder.path, 'consigliere.db'),
    open: (options) => openedRecords(folder.path, options),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  })
})

describe('a process that has a folder', () => {
  it('keeps the folder from another process while it lives, and no longer', async () => {
    using folder = temporaryFolder()
    const first = crashing({ crashArguments: [folder.path] })
    await once(first.stdout, 'data')
    await expect(opened(folder.path)).rejects.toMatchObject({ code: 'locked' })
    first.kill('SIGKILL')
    await once(first, 'exit')
    await using storage = await opened(folder.path)
    expect(await storage.closeOrphans(0)).not.toEqual([])
  })
})

describe('with a server', () => {
  beforeEach((context) => server.orSkip(context))
  // As many schemas as processes were killed.
  afterAll(() => server[Symbol.asyncDispose](), 120_000)

  processContract('PostgreSQL', async () => {
    const folder = temporaryFolder()
    const databaseUrl = await server.newSchema()
    return {
      crashArguments: [folder.path, databaseUrl],
      claimArgument: databaseUrl,
      open: (options) => openedRecords(folder.path, { databaseUrl, ...options }),
      [Symbol.dispose]: () => folder[Symbol.dispose](),
    }
  })
})
