import { randomInt } from 'node:crypto'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool, types, type CustomTypesConfig } from 'pg'
import type { Database, ReadOnlyDatabase } from './database.ts'
import { lockClass } from './migrations/0003-processes.ts'
import { OwnTables } from './own-tables.ts'
import { meaningOf, openingFailure } from './postgres-failure.ts'
import type { Schema } from './schema.ts'
import { StorageError } from './storage-error.ts'

/** Reads of several calls at once; the writes share one connection, as all of the process go through one queue. */
const maxReaders = 4
const connectDeadlineMs = 5000
/** Above what the server itself allows a statement: this one ends waiting for a server that has gone silent. */
const answerDeadlineMs = 12_000

/** PostgreSQL's 64-bit integers come as text, for the sake of those above 2^53; ours are counts and stay below. */
const int8 = 20

const ownTypes: CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? Number : (types.getTypeParser(oid, format ?? 'text') as (value: string) => unknown),
}

/**
 * Waits are bounded on the server as well, so that a process that stands still with a transaction open cannot stop the
 * others; and a machine that vanishes without a word is noticed within two minutes, which ends its locks.
 */
const sessionSettings = `
  set synchronous_commit = on;
  set lock_timeout = '2s';
  set statement_timeout = '10s';
  set idle_in_transaction_session_timeout = '10s';
  set tcp_keepalives_idle = 60;
  set tcp_keepalives_interval = 15;
  set tcp_keepalives_count = 4`

/** A read sees one state of the database, however many queries it makes. */
const readerSettings = `${sessionSettings};
  set default_transaction_read_only = on;
  set default_transaction_isolation = 'repeatable read'`

/**
 * Opens a database on PostgreSQL, which several processes may share. The writing connection holds an advisory lock on
 * the number of this process for as long as it lives: that is how others know that its calls are no orphans.
 * @param databaseUrl `postgres://user:password@host:port/database`; what it says after `?` is passed on
 * @throws StorageError `failed` when it cannot be reached or refuses
 */
export async function openPostgres(databaseUrl: string): Promise<Database> {
  const owner = randomInt(1, 2 ** 31)
  const writing = poolOn(databaseUrl, {
    max: 1,
    begin: `${sessionSettings}; select pg_advisory_lock(${lockClass}, ${owner})`,
  })
  const reading = poolOn(databaseUrl, { max: maxReaders, begin: readerSettings })
  const close = async (): Promise<void> => {
    await Promise.all([writing.close(), reading.close()])
  }
  try {
    await writing.pool.query('select 1')
  } catch (error) {
    await close()
    throw new StorageError('failed', { cause: error, detail: openingFailure(error) })
  }
  return { writer: kyselyOn(writing), reader: kyselyOn(reading), owner, meaningOf, files: undefined, close }
}

/**
 * Opens a database on PostgreSQL only to read it.
 * @throws StorageError `failed` when it cannot be reached or refuses
 */
export async function openPostgresReader(databaseUrl: string): Promise<ReadOnlyDatabase> {
  const reading = poolOn(databaseUrl, { max: 1, begin: readerSettings })
  try {
    await reading.pool.query('select 1')
  } catch (error) {
    await reading.close()
    throw new StorageError('failed', { cause: error, detail: openingFailure(error) })
  }
  return { reader: kyselyOn(reading), meaningOf, close: () => reading.close() }
}

type OwnPool = { readonly pool: Pool; close(): Promise<void> }

function poolOn(databaseUrl: string, options: { readonly max: number; readonly begin: string }): OwnPool {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: options.max,
    // A connection is kept for good: with the writing one goes the lock that says that this process lives.
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: connectDeadlineMs,
    query_timeout: answerDeadlineMs,
    keepAlive: true,
    application_name: 'consigliere',
    types: ownTypes,
    // With a callback, as the pool has it; the statement is answered before anybody else gets the connection.
    verify: (client, done) => client.query(options.begin, (error: Error | null) => done(error ?? undefined)),
  })
  // INVARIANT: a connection that breaks says so here, idle or in use, and without listeners would end the process. Who
  // uses it is told by the statement that fails; the next one opens another.
  pool.on('error', () => undefined)
  const ends = new Set<Promise<void>>()
  pool.on('connect', (client) => {
    client.on('error', () => undefined)
    const { promise: end, resolve } = Promise.withResolvers<void>()
    ends.add(end)
    client.once('end', () => {
      ends.delete(end)
      resolve()
    })
  })
  const close = async (): Promise<void> => {
    await pool.end()
    // Only then has the server given free what the connections held.
    await Promise.all(ends)
  }
  return { pool, close }
}

class Dialect extends PostgresDialect {
  override createIntrospector(db: Kysely<unknown>): OwnTables {
    return new OwnTables(db)
  }
}

function kyselyOn({ pool }: OwnPool): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new Dialect({ pool }) })
}
