import type { Kysely } from 'kysely'
import type { Agenda, EventPatch, EventRecord } from '../ports/agenda.ts'
import { present, storableText, timeMs, timeText } from './columns.ts'
import type { EventsTable } from './people-tables.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

/** The local calendar in a database. */
export class DatabaseAgenda implements Agenda {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  insert(event: Parameters<Agenda['insert']>[0]): Promise<void> {
    return this.#store.writes.add((db) => insertEvent(db, event), 'now')
  }

  update(
    at: { readonly eventId: string; readonly version: number; readonly nowMs: number },
    patch: EventPatch,
  ): Promise<'updated' | 'stale' | 'unknown'> {
    return this.#store.writes.add((db) => updateEvent(db, at, patch), 'now')
  }

  find(eventId: string): Promise<EventRecord | undefined> {
    return this.#store.read((db) => findEvent(db, eventId))
  }

  between(options: Parameters<Agenda['between']>[0]): Promise<readonly EventRecord[]> {
    const { fromMs, toMs, maxEvents, withCancelled = false, keepsLatest = false } = options
    const order = keepsLatest ? 'desc' : 'asc'
    return this.#store.read(async (db) => {
      const inTime = db
        .selectFrom('events')
        .selectAll()
        .where('starts_at', '<', timeText(toMs))
        .where('ends_at', '>', timeText(fromMs))
      const rows = await (withCancelled ? inTime : inTime.where('state', '=', 'confirmed'))
        .orderBy('starts_at', order)
        .orderBy('event_id', order)
        .limit(maxEvents)
        .execute()
      return (keepsLatest ? rows.toReversed() : rows).map(eventOf)
    })
  }
}

async function insertEvent(db: Kysely<Schema>, event: Parameters<Agenda['insert']>[0]): Promise<void> {
  await db
    .insertInto('events')
    .values({
      event_id: event.eventId,
      title: storableText(event.title),
      starts_at: timeText(event.startsAtMs),
      ends_at: timeText(event.endsAtMs),
      time_zone: event.timeZone,
      state: 'confirmed',
      version: 1,
      created_at: timeText(event.createdAtMs),
      updated_at: timeText(event.createdAtMs),
    })
    .execute()
}

/** INVARIANT: one statement compares the version and changes, so that of two changes only one can follow it. */
async function updateEvent(
  db: Kysely<Schema>,
  at: { readonly eventId: string; readonly version: number; readonly nowMs: number },
  patch: EventPatch,
): Promise<'updated' | 'stale' | 'unknown'> {
  const rows = await db
    .updateTable('events')
    .set(
      present({
        title: patch.title === undefined ? undefined : storableText(patch.title),
        starts_at: patch.startsAtMs === undefined ? undefined : timeText(patch.startsAtMs),
        ends_at: patch.endsAtMs === undefined ? undefined : timeText(patch.endsAtMs),
        time_zone: patch.timeZone,
        state: patch.state,
        version: at.version + 1,
        updated_at: timeText(at.nowMs),
      }),
    )
    .where('event_id', '=', at.eventId)
    .where('version', '=', at.version)
    .returning('event_id')
    .execute()
  if (rows.length > 0) return 'updated'
  return (await findEvent(db, at.eventId)) ? 'stale' : 'unknown'
}

async function findEvent(db: Kysely<Schema>, eventId: string): Promise<EventRecord | undefined> {
  const row = await db.selectFrom('events').selectAll().where('event_id', '=', eventId).executeTakeFirst()
  return row && eventOf(row)
}

function eventOf(row: EventsTable): EventRecord {
  return {
    eventId: row.event_id,
    title: row.title,
    startsAtMs: timeMs(row.starts_at),
    endsAtMs: timeMs(row.ends_at),
    timeZone: row.time_zone,
    state: row.state,
    version: row.version,
    createdAtMs: timeMs(row.created_at),
    updatedAtMs: timeMs(row.updated_at),
  }
}
