import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { callStorageContract } from './contract.ts'
import { openedSuccessively, temporaryFolder } from './opening.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
let databases = 0

for (const commits of ['thread', 'loop'] as const) {
  callStorageContract(`SQLite, commits in the ${commits}`, () => {
    databases += 1
    const dataDir = join(folder.path, String(databases))
    mkdirSync(dataDir)
    return openedSuccessively(dataDir, { commits })
  })
}
