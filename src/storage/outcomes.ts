import type { Kysely } from 'kysely'
import type { OutcomeRecord } from '../ports/effects.ts'
import { present, timeMs, timeText } from './columns.ts'
import type { OutcomesTable } from './effect-tables.ts'
import type { Schema } from './schema.ts'

/**
 * Notes what became of an intent. Only `unknown` gives way to a better word.
 * @returns false when the outcome is known already, or there is no such intent
 */
export async function putOutcome(
  db: Kysely<Schema>,
  intentId: string,
  outcome: OutcomeRecord,
): Promise<boolean> {
  const intent = await db
    .selectFrom('intents')
    .select('intent_id')
    .where('intent_id', '=', intentId)
    .executeTakeFirst()
  if (!intent) return false
  const row = {
    state: outcome.state,
    provider_id: outcome.providerId ?? null,
    code: outcome.code ?? null,
    settled_at: timeText(outcome.settledAtMs),
  }
  const rows = await db
    .insertInto('outcomes')
    .values({ intent_id: intentId, ...row })
    .onConflict((conflict) =>
      conflict.column('intent_id').doUpdateSet(row).where('outcomes.state', '=', 'unknown'),
    )
    .returning('intent_id')
    .execute()
  return rows.length > 0
}

/**
 * Notes a provider's word for what became of an intent, where it is a better one: in place of none, of `unknown`, and as
 * a last word, which has a code or is `failed`, in place of `done` without one. A name that the provider gave stays.
 */
export async function improveOutcome(
  db: Kysely<Schema>,
  intentId: string,
  word: OutcomeRecord & { readonly providerId: string },
): Promise<'better' | 'known' | 'foreign'> {
  const intent = await db
    .selectFrom('intents')
    .select('intent_id')
    .where('intent_id', '=', intentId)
    .executeTakeFirst()
  if (!intent) return 'foreign'
  const { state, code, providerId, settledAtMs } = word
  const row = { state, code: code ?? null, provider_id: providerId, settled_at: timeText(settledAtMs) }
  const isLast = state === 'failed' || code !== undefined
  const rows = await db
    .insertInto('outcomes')
    .values({ intent_id: intentId, ...row })
    .onConflict((conflict) =>
      conflict
        .column('intent_id')
        .doUpdateSet(row)
        .where((where) =>
          where.and([
            where.or([
              where('outcomes.state', '=', 'unknown'),
              where.and([
                where('outcomes.state', '=', 'done'),
                where('outcomes.code', 'is', null),
                where.lit(isLast),
              ]),
            ]),
            where.or([
              where('outcomes.provider_id', 'is', null),
              where('outcomes.provider_id', '=', providerId),
            ]),
          ]),
        ),
    )
    .returning('intent_id')
    .execute()
  if (rows.length > 0) return 'better'
  const { provider_id: known } = await db
    .selectFrom('outcomes')
    .select('provider_id')
    .where('intent_id', '=', intentId)
    .executeTakeFirstOrThrow()
  return known === null || known === providerId ? 'known' : 'foreign'
}

/** An outcome as the port tells it, where there is one. */
export function outcomeOf(row: {
  readonly [Name in Exclude<keyof OutcomesTable, 'intent_id' | 'shown_at' | 'told_at'>]:
    OutcomesTable[Name] | null
}): OutcomeRecord | undefined {
  if (row.state === null || row.settled_at === null) return undefined
  return present({
    state: row.state,
    providerId: row.provider_id ?? undefined,
    code: row.code ?? undefined,
    settledAtMs: timeMs(row.settled_at),
  })
}
