import type { Kysely } from 'kysely'
import type { ClaimLimit } from '../ports/effects.ts'
import { holdAudit } from './audit.ts'
import { timeText } from './columns.ts'
import { effectsSince } from './intents.ts'
import type { Schema } from './schema.ts'

/**
 * Which limit a claim has reached, if any.
 * INVARIANT: no other claim is written from here to the end of the transaction, so that what was counted still holds
 * when this one is.
 */
export async function limitReached(
  db: Kysely<Schema>,
  tool: string,
  { sinceMs, objection, liveCalls }: ClaimLimit,
): Promise<string | undefined> {
  await holdAudit(db)
  const reached = objection(await effectsSince(db, tool, sinceMs))
  if (reached !== undefined || !liveCalls) return reached
  return (await countLiveCalls(db, liveCalls.sinceMs)) < liveCalls.max ? undefined : 'tooManyCalls'
}

/**
 * Calls that may be live: placed since, and neither known not to have come about, nor told to be over by the network, nor
 * reported. Of whom nobody knows what came of it may still ring.
 */
async function countLiveCalls(db: Kysely<Schema>, sinceMs: number): Promise<number> {
  const { count } = await db
    .selectFrom('intents')
    .leftJoin('outcomes', 'outcomes.intent_id', 'intents.intent_id')
    .leftJoin('errands', 'errands.ref', 'intents.intent_id')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('tool', '=', 'make_call')
    .where('created_at', '>=', timeText(sinceMs))
    .where('reported_at', 'is', null)
    .where((of) =>
      of.or([
        of('state', 'is', null),
        of('state', '=', 'unknown'),
        of.and([of('state', '=', 'done'), of('code', 'is', null)]),
      ]),
    )
    .executeTakeFirstOrThrow()
  return count
}
