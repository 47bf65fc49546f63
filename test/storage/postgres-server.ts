import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { TestContext } from 'vitest'

const run = promisify(execFile)
const script = join(import.meta.dirname, '../../.ci/postgres')
let schemas = 0

/** A real PostgreSQL on loopback; where there is none, every test that needs one is skipped and says why. */
export type PostgresServer = AsyncDisposable & {
  /** For beforeEach. */
  orSkip(context: TestContext): void
  /** The address of a schema of its own, which is empty. */
  newSchema(): Promise<string>
  /** Cuts every connection of whoever uses that schema. */
  cut(url: string): Promise<void>
}

/** Finds PostgreSQL, or starts it where it is installed and may be started. Disposing drops the schemas made. */
export async function postgresServer(): Promise<PostgresServer> {
  const { url, missing } = await address()
  const made: string[] = []
  return {
    orSkip: (context) => (missing === undefined ? undefined : context.skip(missing)),
    newSchema: async () => {
      const name = `test_${process.pid}_${Date.now().toString(36)}_${(schemas += 1)}`
      await query(url, `create schema ${name}`)
      made.push(name)
      // Its name also tells the connections of one test from all others on the server.
      return `${url}?options=-c%20search_path%3D${name}&application_name=${name}`
    },
    cut: async (at) => {
      const name = new URL(at).searchParams.get('application_name') ?? ''
      await query(
        url,
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${name}'`,
      )
    },
    [Symbol.asyncDispose]: async () => {
      for (const name of made) await query(url, `drop schema ${name} cascade`)
    },
  }
}

/** Runs statements with all rights of the test's role, as whoever tampers with a database would. */
export async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end()
  }
}

/** Keeps every writer of the audit log from going on until it is disposed of, and can tell how many wait for that. */
export async function heldAudit(
  url: string,
): Promise<AsyncDisposable & { waiting(count: number): Promise<void> }> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await client.query('select * from audit_head for update')
  const name = new URL(url).searchParams.get('application_name') ?? ''
  return {
    waiting: async (count) => {
      for (;;) {
        const { rows } = await client.query(
          `select pg_stat_clear_snapshot(), pid from pg_stat_activity
           where application_name = '${name}' and wait_event_type = 'Lock'`,
        )
        if (rows.length >= count) return
      }
    },
    [Symbol.asyncDispose]: async () => {
      await client.query('commit')
      await client.end()
    },
  }
}

async function address(): Promise<{ readonly url: string; readonly missing?: string }> {
  const given = process.env['TEST_DATABASE_URL']
  if (given !== undefined) return { url: given }
  try {
    return { url: (await run(script)).stdout.trim() }
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout).trim() : ''
    return { url: '', missing: said || 'PostgreSQL cannot be started' }
  }
}
