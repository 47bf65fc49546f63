import type { Clock } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Agenda } from '../ports/agenda.ts'
import type { AuditEvent, AuditLog } from '../ports/audit.ts'
import type { Contacts } from '../ports/contacts.ts'
import type { EffectStorage } from '../ports/effects.ts'
import type { ErrandStorage } from '../ports/errands.ts'
import type { Messages } from '../ports/messages.ts'
import type { Notices } from '../ports/notices.ts'
import type { People } from '../ports/people.ts'
import type { Permissions } from '../ports/permissions.ts'
import type { CallStorage } from '../ports/storage.ts'
import type { Upkeep } from '../ports/upkeep.ts'
import type { UsageStorage } from '../ports/usage.ts'
import { auditEntries, DatabaseAuditLog } from './audit-log.ts'
import { DatabaseCallStorage } from './call-storage.ts'
import type { Database } from './database.ts'
import { DatabaseContacts } from './contacts.ts'
import { createDataDirectory, openDataDirectory } from './data-directory.ts'
import { DatabaseEffectStorage } from './effect-storage.ts'
import { DatabaseErrands } from './errands.ts'
import { DatabaseAgenda } from './events.ts'
import { DatabaseMessages } from './messages.ts'
import { migrate } from './migrate.ts'
import { DatabaseNotices } from './notices.ts'
import { checkPersonKey, DatabasePeople } from './people.ts'
import { openPersonKey, type Keyed } from './person-key.ts'
import { DatabasePermissions } from './permissions.ts'
import { readingOf } from './reading.ts'
import { openSqlite, openSqliteThread } from './sqlite.ts'
import { StorageError } from './storage-error.ts'
import { Store } from './store.ts'
import { DatabaseUpkeep } from './upkeep.ts'
import { DatabaseUsage } from './usage.ts'
import { verifyAudit } from './verify-audit.ts'
import { WriteQueue } from './write-queue.ts'

/** Where storage is and what bounds it. */
export type StorageOptions = {
  readonly dataDir: string
  /** Where PostgreSQL is; without it the database is SQLite's, in the folder. Holds a password: never to be logged. */
  readonly databaseUrl?: string | undefined
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** The longest time a batched write waits before its transaction starts. */
  readonly batchMs: number
  /** Writes that may wait; a further one is refused with `full`. */
  readonly maxQueuedWrites: number
  /** Whether commits happen in a thread of their own; on the event loop where nothing may happen outside of it. */
  readonly commits: 'thread' | 'loop'
  /** What may be kept of an event for years. */
  readonly auditRedaction: (event: AuditEvent) => AuditEvent
}

/** Everything that is kept, one port for each kind. */
export type Records = AsyncDisposable & {
  readonly calls: CallStorage
  readonly audit: AuditLog
  readonly people: People
  readonly effects: EffectStorage
  readonly errands: ErrandStorage
  readonly contacts: Contacts
  readonly agenda: Agenda
  readonly messages: Messages
  readonly notices: Notices
  readonly permissions: Permissions
  readonly usage: UsageStorage
  readonly upkeep: Upkeep
}

/**
 * Opens everything that is kept: on SQLite in a folder that no other process uses, or on PostgreSQL, which several may.
 * Disposing of it, or of `calls`, finishes all writes, closes the database and gives the folder free.
 * @throws StorageError `locked`, `wrongKey`, `failed`, or `corrupt`, also when the audit chain is not whole
 */
export async function openStorage(options: StorageOptions): Promise<Records> {
  const { dataDir, databaseUrl, clock, log, metrics, batchMs, maxQueuedWrites } = options
  const startedMs = clock.nowMs()
  await using opening = new AsyncDisposableStack()
  const opened = databaseUrl === undefined ? await openFolder(options, opening) : await openServer(options)
  opening.defer(() => opened.close())
  await migrate(opened.writer)
  const keyed = openPersonKey(dataDir)
  await checked(opened, keyed)
  const name = databaseUrl === undefined ? 'sqlite' : 'postgres'
  log.event('info', 'storageOpened', { durationMs: clock.nowMs() - startedMs, name })
  const held = opening.move()
  const database = { ...opened, close: () => held.disposeAsync() }
  const store = new Store(
    database,
    new WriteQueue({ database, clock, metrics, batchMs, maxQueuedWrites }),
    clock,
  )
  const entryOf = auditEntries({ clock, redaction: options.auditRedaction, keyed })
  return {
    calls: new DatabaseCallStorage(store),
    audit: new DatabaseAuditLog(store, entryOf),
    errands: new DatabaseErrands(store),
    effects: new DatabaseEffectStorage(store, { keyed, entryOf }),
    people: new DatabasePeople(store, { clock, keyed }),
    contacts: new DatabaseContacts(store, keyed),
    agenda: new DatabaseAgenda(store),
    messages: new DatabaseMessages(store),
    notices: new DatabaseNotices(store, entryOf),
    permissions: new DatabasePermissions(store, keyed),
    usage: new DatabaseUsage(store),
    upkeep: new DatabaseUpkeep(store, { keyed, entryOf }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

async function openFolder(options: StorageOptions, opening: AsyncDisposableStack): Promise<Database> {
  const { databasePath } = opening.use(openDataDirectory(options.dataDir))
  return options.commits === 'thread' ? await openSqliteThread(databasePath) : openSqlite(databasePath)
}

/** The driver is loaded only where it is used. The folder holds the key, and no lock: other servers may use it, too. */
async function openServer(options: StorageOptions): Promise<Database> {
  createDataDirectory(options.dataDir)
  const { openPostgres } = await import('./postgres.ts')
  return await openPostgres(options.databaseUrl ?? '', options.clock)
}

/**
 * Refuses another key than the database was begun with, and an audit log that is not whole: it is worth nothing from
 * there on, and nothing may be done that it could not prove.
 */
async function checked(database: Database, keyed: Keyed): Promise<void> {
  try {
    await checkPersonKey(database.writer, keyed)
    const verdict = await verifyAudit(readingOf(database))
    if (verdict.ok) return
    throw new StorageError('corrupt', { detail: `audit record ${verdict.seq} is ${verdict.reason}` })
  } catch (error) {
    throw error instanceof StorageError
      ? error
      : new StorageError(database.meaningOf(error), { cause: error })
  }
}
