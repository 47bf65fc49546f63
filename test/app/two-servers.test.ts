import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { opened } from '../storage/opening.ts'
import { postgresServer } from '../storage/postgres-server.ts'
import {
  ring,
  type RehearsalProcess,
  startRehearsalProcess,
  temporaryHome,
} from '../support/server-process.ts'

const server = await postgresServer()

function orphansOf(stdout: string): readonly unknown[] {
  const lines = stdout.split('\n').filter(Boolean)
  const entries = lines.map((line) => JSON.parse(line) as { kind: string; callSid?: string })
  return entries
    .filter(({ kind }) => kind === 'orphanClosed' || kind === 'orphanHungUp')
    .map(({ callSid }) => callSid)
}

/** Starts as the next server would that notices a moment later than the kernel that the first one has died. */
async function startUntilClosed(start: () => Promise<RehearsalProcess>): Promise<readonly unknown[]> {
  for (let tries = 0; tries < 5; tries += 1) {
    await using next = await start()
    // Its end is orderly: until then the network has answered, or the call is hung up.
    next.child.kill('SIGTERM')
    const closed = orphansOf((await next.outcome).stdout)
    if (closed.length > 0) return closed
  }
  return []
}

describe('two servers on one PostgreSQL', () => {
  beforeEach((context) => server.orSkip(context))
  afterAll(() => server[Symbol.asyncDispose]())

  it('leave each other’s calls alone, until one dies', { timeout: 60_000 }, async () => {
    using home = temporaryHome()
    const databaseUrl = await server.newSchema()
    const env = { DATABASE_URL: databaseUrl, DATA_DIR: join(home.path, 'data') }
    const start = (): Promise<RehearsalProcess> => startRehearsalProcess({ home: home.path, env })
    await using first = await start()
    const call = ring(first, 'silent-caller')
    const { value } = (await call.next()) as { value?: Record<string, unknown> }
    const callSid = String(value?.['callSid'])
    await using second = await start()
    expect(orphansOf(second.said('stdout'))).toEqual([])
    first.child.kill('SIGKILL')
    await first.outcome
    expect(await startUntilClosed(start)).toEqual([callSid])
    await using storage = await opened(join(home.path, 'data'), { databaseUrl })
    expect((await storage.findCall(callSid))?.ending).toBe('processDied')
    const password = new URL(databaseUrl).password
    const said = [first, second].flatMap((one) => [one.said('stdout'), one.said('stderr')]).join('')
    expect(said).not.toContain(`:${password}@`)
  })
})
