import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The record of calls, and the nonces that open their media sockets. */
export const calls: Migration = {
  async up(db: Kysely<unknown>) {
    await createCalls(db)
    await createLegs(db)
    await createTurns(db)
    await createNonces(db)
  },
}

async function createCalls(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('calls')
    .addColumn('call_sid', 'text', (column) => column.primaryKey().notNull())
    .addColumn('direction', 'text', (column) => column.notNull())
    .addColumn('from_number', 'text', (column) => column.notNull())
    .addColumn('to_number', 'text', (column) => column.notNull())
    .addColumn('persona', 'text', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('status_rank', 'integer', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('answered_at', 'text')
    .addColumn('ended_at', 'text')
    .addColumn('ending', 'text')
    .addColumn('duration_seconds', 'integer')
    .addCheckConstraint('calls_direction', sql`direction in ('inbound', 'outbound')`)
    .addCheckConstraint('calls_actor', sql`actor in ('owner', 'external')`)
    .execute()
  await db.schema.createIndex('calls_started_at').on('calls').column('started_at').execute()
}

async function createLegs(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('streams')
    .addColumn('stream_sid', 'text', (column) => column.primaryKey().notNull())
    .addColumn('call_sid', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('ended_at', 'text')
    .addColumn('end_reason', 'text')
    .addColumn('frames_in', 'integer')
    .addColumn('frames_out', 'integer')
    .execute()
  await db.schema.createIndex('streams_call_sid').on('streams').column('call_sid').execute()
  await db.schema
    .createTable('sessions')
    .addColumn('session_key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('call_sid', 'text', (column) => column.notNull())
    .addColumn('provider', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('provider_session_id', 'text')
    .addColumn('ready_at', 'text')
    .addColumn('ended_at', 'text')
    .addColumn('end_reason', 'text')
    .addColumn('usage', 'text')
    .execute()
  await db.schema.createIndex('sessions_call_sid').on('sessions').column('call_sid').execute()
}

async function createTurns(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('turns')
    .addColumn('call_sid', 'text', (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('speaker', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('interrupted', 'integer', (column) => column.notNull())
    .addColumn('heard_ms', 'integer')
    .addColumn('first_delta_ms', 'integer')
    .addColumn('first_media_ms', 'integer')
    .addColumn('first_mark_ms', 'integer')
    .addPrimaryKeyConstraint('turns_key', ['call_sid', 'seq'])
    .addCheckConstraint('turns_seq', sql`seq >= 0`)
    .addCheckConstraint('turns_speaker', sql`speaker in ('caller', 'agent')`)
    .addCheckConstraint('turns_interrupted', sql`interrupted in (0, 1)`)
    .execute()
}

async function createNonces(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('nonces')
    .addColumn('nonce', 'text', (column) => column.primaryKey().notNull())
    .addColumn('call_sid', 'text', (column) => column.notNull())
    .addColumn('issued_at', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .addColumn('claimed_at', 'text')
    .execute()
  await db.schema.createIndex('nonces_call_sid').on('nonces').column('call_sid').execute()
  await db.schema.createIndex('nonces_expires_at').on('nonces').column('expires_at').execute()
}
