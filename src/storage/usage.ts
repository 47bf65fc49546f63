import type { Kysely } from 'kysely'
import type { UsageRecord, UsageStorage, UsageTotal } from '../ports/usage.ts'
import { timeText } from './columns.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

/** What was used, in a database. */
export class DatabaseUsage implements UsageStorage {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  add(usage: UsageRecord): Promise<void> {
    return this.#store.writes.add((db) => insertUsage(db, usage), 'soon')
  }

  totals({ fromMs, toMs }: Parameters<UsageStorage['totals']>[0]): Promise<readonly UsageTotal[]> {
    return this.#store.read(async (db) => {
      const rows = await db
        .selectFrom('usage')
        .select(['provider', 'model'])
        .select(({ fn }) => [
          fn.countAll().as('count'),
          fn.sum('input_tokens').as('input'),
          fn.sum('cached_tokens').as('cached'),
          fn.sum('output_tokens').as('output'),
          fn.sum('cost_usd_micros').as('cost'),
        ])
        .where('at', '>=', timeText(fromMs))
        .where('at', '<', timeText(toMs))
        .groupBy(['provider', 'model'])
        .execute()
      // PostgreSQL adds 64-bit integers up to a number that it tells as text.
      const totals = rows.map((row) => ({
        provider: row.provider,
        model: row.model,
        count: Number(row.count),
        inputTokens: Number(row.input),
        cachedTokens: Number(row.cached),
        outputTokens: Number(row.output),
        costUsdMicros: Number(row.cost),
      }))
      return totals.toSorted((one, other) => other.costUsdMicros - one.costUsdMicros)
    })
  }
}

async function insertUsage(db: Kysely<Schema>, usage: UsageRecord): Promise<void> {
  await db
    .insertInto('usage')
    .values({
      usage_id: usage.usageId,
      at: timeText(usage.atMs),
      session_id: usage.sessionId ?? null,
      provider: usage.provider,
      model: usage.model,
      input_tokens: usage.inputTokens,
      cached_tokens: usage.cachedTokens,
      output_tokens: usage.outputTokens,
      cost_usd_micros: usage.costUsdMicros,
    })
    .onConflict((conflict) => conflict.column('usage_id').doNothing())
    .execute()
}
