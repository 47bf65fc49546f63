import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { NoticeAllowance, NoticeClaim, NoticeOf, Notices, UntoldMessages } from '../ports/notices.ts'
import type { NoticeOutcome, TextEnd } from '../ports/notices.ts'
import type { AuditEntries } from './audit-log.ts'
import { appendAudit } from './audit.ts'
import { timeMs, timeText } from './columns.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

/** Until when the owner was told by mouth of messages, and when a text said last that more of them wait. */
const toldUntil = 'messagesToldUntil'
const moreWaitAt = 'moreMessagesWaitAt'
/** What has waited for this long is not tried again by anybody before the next start. */
const WAITING_MS = 60 * 60_000
const farFuture = '9999'

/** Where a notice stands: both tables have a column `notice`. */
const places: Readonly<
  Record<NoticeOf['kind'], { table: RawBuilder<unknown>; id: RawBuilder<unknown>; at: RawBuilder<unknown> }>
> = {
  message: { table: sql.table('messages'), id: sql.ref('message_id'), at: sql.ref('received_at') },
  errand: { table: sql.table('errands'), id: sql.ref('ref'), at: sql.ref('reported_at') },
}

/** Notices to the owner, in a database. */
export class DatabaseNotices implements Notices {
  readonly #store: Store
  readonly #entryOf: AuditEntries

  constructor(store: Store, entryOf: AuditEntries) {
    this.#store = store
    this.#entryOf = entryOf
  }

  /** INVARIANT: what is taken and its record are one transaction: nothing is sent that the audit log does not have. */
  take(of: NoticeOf, allowance: NoticeAllowance): Promise<NoticeClaim> {
    return this.#store.writes.add(async (db) => {
      const full = await fullness(db, of, allowance)
      const isTaken = await setNotice(db, of, { outcome: full ? 'failed' : 'unknown', if: 'without' })
      if (!isTaken) return 'known'
      if (full) return full
      await this.#audit(db, { of })
      return 'taken'
    }, 'now')
  }

  settle(of: NoticeOf, { again, ...end }: TextEnd & { readonly again: boolean }): Promise<void> {
    return this.#store.writes.add(async (db) => {
      await setNotice(db, of, { outcome: again ? null : end.state, if: 'any' })
      await this.#audit(db, { of, end })
    }, 'now')
  }

  forgo(of: NoticeOf, outcome: 'none' | 'failed'): Promise<void> {
    return this.#store.writes.add(
      async (db) => void (await setNotice(db, of, { outcome, if: 'any' })),
      'soon',
    )
  }

  waiting(
    kind: NoticeOf['kind'],
    { sinceMs, max, otherwise }: Parameters<Notices['waiting']>[1],
  ): Promise<{ readonly ids: readonly string[]; readonly others: number }> {
    const { table, id, at } = places[kind]
    const newest = sql`select ${id} from ${table} where notice is null and ${at} > ${timeText(sinceMs)}
      order by ${at} desc, ${id} desc limit ${max}`
    return this.#store.writes.add(async (db) => {
      const { rows: others } = await sql`update ${table} set notice = ${otherwise}
        where notice is null and ${at} is not null and ${id} not in (${newest}) returning notice`.execute(db)
      const { rows } = await sql<{ id: string }>`select ${id} as id from ${table}
        where notice is null and ${at} is not null order by ${at}, ${id} limit ${max}`.execute(db)
      return { ids: rows.map((row) => row.id), others: others.length }
    }, 'now')
  }

  takeMoreWait({ nowMs, sinceMs }: { readonly nowMs: number; readonly sinceMs: number }): Promise<boolean> {
    return this.#store.writes.add(async (db) => {
      const isTaken = await moveFact(db, moreWaitAt, { fromMs: sinceMs, toMs: nowMs })
      if (isTaken) await this.#audit(db, {})
      return isTaken
    }, 'now')
  }

  settleMoreWait(end: TextEnd): Promise<void> {
    return this.#store.writes.add((db) => this.#audit(db, { end }), 'now')
  }

  untold(nowMs: number): Promise<UntoldMessages> {
    return this.#store.read(async (db) => {
      const told = await db
        .selectFrom('facts')
        .select('value')
        .where('name', '=', toldUntil)
        .executeTakeFirst()
      const { waits } = await db
        .selectFrom('messages')
        .select((of) => of.fn.min('received_at').as('waits'))
        .where('notice', 'is', null)
        .where('received_at', '>', timeText(nowMs - WAITING_MS))
        .executeTakeFirstOrThrow()
      const { count, until } = await db
        .selectFrom('messages')
        .select((of) => [of.fn.countAll().as('count'), of.fn.max('received_at').as('until')])
        .where('notice', '=', 'failed')
        .where('received_at', '>', told?.value ?? '')
        .where('received_at', '<', waits ?? farFuture)
        .executeTakeFirstOrThrow()
      return { count: Number(count), untilMs: until ? timeMs(until) : 0 }
    })
  }

  markTold(untilMs: number): Promise<void> {
    return this.#store.writes.add(
      async (db) => void (await moveFact(db, toldUntil, { fromMs: untilMs, toMs: untilMs })),
      'now',
    )
  }

  /** Records a text to the owner, before it is sent and once it is known what became of it. */
  async #audit(
    db: Kysely<Schema>,
    { of, end }: { readonly of?: NoticeOf; readonly end?: TextEnd },
  ): Promise<void> {
    const entry = this.#entryOf({
      kind: end ? 'outcome' : 'intent',
      actor: 'server',
      ...(of && { session: of.callSid }),
      data: {
        means: 'textToOwner',
        source: of?.kind ?? 'moreWait',
        ...(of && { notice: of.id }),
        ...end,
      },
    })
    await appendAudit(db, entry)
  }
}

/** Which allowance is used up, if any; only what went out, or may have, uses it. */
async function fullness(
  db: Kysely<Schema>,
  of: NoticeOf,
  { sinceMs, max, maxPerCaller }: NoticeAllowance,
): Promise<'full' | 'callerFull' | undefined> {
  const { table, at } = places[of.kind]
  const since = timeText(sinceMs)
  const all = await sql<{ count: number | string }>`select count(*) as count from ${table}
    where ${at} > ${since} and notice in ('sent', 'unknown')`.execute(db)
  if (Number(all.rows[0]?.count) >= max) return 'full'
  if (of.kind === 'errand') return undefined
  const { count } = await db
    .selectFrom('messages')
    .select((each) => each.fn.countAll().as('count'))
    .where('received_at', '>', since)
    .where('notice', 'in', ['sent', 'unknown'])
    .where('from_number', '=', (select) =>
      select.selectFrom('messages').select('from_number').where('message_id', '=', of.id),
    )
    .executeTakeFirstOrThrow()
  return Number(count) >= maxPerCaller ? 'callerFull' : undefined
}

/** @returns whether there was something to set it for */
async function setNotice(
  db: Kysely<Schema>,
  { kind, id }: NoticeOf,
  change: { readonly outcome: NoticeOutcome | null; readonly if: 'without' | 'any' },
): Promise<boolean> {
  const place = places[kind]
  const only = change.if === 'without' ? sql`and notice is null` : sql``
  const { rows } = await sql`update ${place.table} set notice = ${change.outcome}
    where ${place.id} = ${id} ${only} returning notice`.execute(db)
  return rows.length > 0
}

/** Sets a moment that is kept as a fact, where it lies no later than `fromMs`. @returns whether it did */
async function moveFact(
  db: Kysely<Schema>,
  name: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<boolean> {
  const value = timeText(toMs)
  const rows = await db
    .insertInto('facts')
    .values({ name, value })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ value }).where('facts.value', '<=', timeText(fromMs)),
    )
    .returning('name')
    .execute()
  return rows.length > 0
}
