import type { Kysely } from 'kysely'
import type {
  ActingNow,
  ClaimLimit,
  ConfirmationPatch,
  ConfirmationRecord,
  EffectCount,
  EffectLeftovers,
  EffectStorage,
  IntentClaim,
  IntentDraft,
  IntentRecord,
  OutcomeRecord,
  ProposalRecord,
  UnresolvedEffects,
} from '../ports/effects.ts'
import type { AuditEntries } from './audit-log.ts'
import { appendAudit, type AuditEntry } from './audit.ts'
import {
  findConfirmation,
  insertConfirmation,
  moveConfirmation,
  useConfirmation,
  voidConfirmations,
} from './confirmations.ts'
import {
  abandonedIntents,
  effectsSince,
  findIntent,
  insertIntent,
  intentOfKey,
  setAuditSeq,
  unresolvedIntents,
  wasReached,
  wasTried,
} from './intents.ts'
import { limitReached } from './claim-limit.ts'
import { improveOutcome, putOutcome } from './outcomes.ts'
import type { Keyed } from './person-key.ts'
import { findProposal, insertProposal } from './proposals.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'
import { countUnresolved, markTold, showUnresolved, untoldIntents } from './unresolved.ts'

/** Proposals, confirmations, intents and outcomes in a database. */
export class DatabaseEffectStorage implements EffectStorage {
  readonly #store: Store
  readonly #keyed: Keyed
  readonly #entryOf: AuditEntries

  constructor(store: Store, options: { readonly keyed: Keyed; readonly entryOf: AuditEntries }) {
    this.#store = store
    this.#keyed = options.keyed
    this.#entryOf = options.entryOf
  }

  insertProposal(
    proposal: ProposalRecord,
    confirmation?: { readonly nonceHash: string; readonly ttlMs: number },
  ): Promise<void> {
    const { owner } = this.#store
    const { proposalId, createdAtMs } = proposal
    return this.#store.writes.add(async (db) => {
      await insertProposal(db, proposal)
      if (confirmation) await insertConfirmation(db, { ...confirmation, proposalId, createdAtMs, owner })
    }, 'now')
  }

  findProposal(proposalId: string): Promise<ProposalRecord | undefined> {
    return this.#store.read((db) => findProposal(db, proposalId))
  }

  moveConfirmation(proposalId: string, patch: ConfirmationPatch): Promise<boolean> {
    return this.#store.writes.add((db) => moveConfirmation(db, proposalId, patch), 'now')
  }

  findConfirmation(proposalId: string): Promise<ConfirmationRecord | undefined> {
    return this.#store.read((db) => findConfirmation(db, proposalId))
  }

  async claimIntent(draft: IntentDraft, limit?: ClaimLimit): Promise<IntentClaim> {
    const entry = this.#intentEntry(draft)
    // INVARIANT: an intent whose record in the audit log would not name it, or not say whose it is, is none.
    if (entry.data?.omitted !== undefined) {
      throw new RangeError('Cannot claim an intent: some of its ids have no form that the audit log keeps')
    }
    return await this.#store.writes.add((db) => this.#claim(db, draft, { entry, limit }), 'now')
  }

  settleIntent(intentId: string, outcome: OutcomeRecord): Promise<boolean> {
    return this.#store.writes.add((db) => this.#settle(db, intentId, outcome), 'now')
  }

  reconcileIntent(
    intentId: string,
    word: OutcomeRecord & { readonly providerId: string },
  ): Promise<'better' | 'known' | 'foreign'> {
    return this.#store.writes.add(async (db) => {
      const verdict = await improveOutcome(db, intentId, word)
      if (verdict === 'better') await this.#audit(db, intentId, word)
      return verdict
    }, 'now')
  }

  findIntent(intentId: string): Promise<IntentRecord | undefined> {
    return this.#store.read((db) => findIntent(db, intentId))
  }

  unresolved(maxIntents: number): Promise<readonly IntentRecord[]> {
    return this.#store.read((db) => unresolvedIntents(db, maxIntents))
  }

  showUnresolved(from: {
    readonly sinceMs: number
    readonly nowMs: number
    readonly maxIntents: number
    readonly by: ActingNow
  }): Promise<UnresolvedEffects> {
    return this.#store.writes.add(async (db) => {
      const shown = await showUnresolved(db, from)
      for (const intent of shown) await this.#auditUnknown(db, intent, { reason: 'unresolved', by: from.by })
      return { shown, count: await countUnresolved(db, from.sinceMs) }
    }, 'now')
  }

  untold(maxIntents: number): Promise<readonly IntentRecord[]> {
    return this.#store.read((db) => untoldIntents(db, maxIntents))
  }

  markTold(
    intentIds: readonly string[],
    { nowMs, by }: { readonly nowMs: number; readonly by: ActingNow },
  ): Promise<void> {
    return this.#store.writes.add(async (db) => {
      for (const intent of await markTold(db, intentIds, nowMs))
        await this.#auditUnknown(db, intent, { reason: 'ownerTold', by })
    }, 'now')
  }

  effectsSince(tool: string, sinceMs: number): Promise<readonly EffectCount[]> {
    return this.#store.read((db) => effectsSince(db, tool, sinceMs))
  }

  wasReached(destination: string): Promise<boolean> {
    return this.#store.read((db) => wasReached(db, this.#keyed(destination)))
  }

  wasTried(destination: string): Promise<boolean> {
    return this.#store.read((db) => wasTried(db, this.#keyed(destination)))
  }

  closeLeftovers(nowMs: number): Promise<EffectLeftovers> {
    return this.#store.writes.add(async (db) => {
      const dead = await this.#store.deadProcesses(db)
      const voided = await voidConfirmations(db, { nowMs, dead })
      for (const confirmation of voided) await this.#auditVoid(db, confirmation)
      const unknown = await abandonedIntents(db, dead)
      const outcome = { state: 'unknown', code: 'processDied', settledAtMs: nowMs } as const
      for (const { intentId } of unknown) await this.#settle(db, intentId, outcome)
      const voidedIds = voided.map(({ proposalId }) => proposalId)
      return { voided: voidedIds, unknown: unknown.map((intent) => ({ ...intent, outcome })) }
    }, 'now')
  }

  /**
   * INVARIANT: the insert that the unique constraint decides, the use of the confirmation and the audit record are one
   * transaction: no intent without a yes and a record, and none twice.
   */
  async #claim(
    db: Kysely<Schema>,
    draft: IntentDraft,
    { entry, limit }: { readonly entry: AuditEntry; readonly limit: ClaimLimit | undefined },
  ): Promise<IntentClaim> {
    const known = await intentOfKey(db, draft)
    if (known) return { ok: false, reason: 'duplicate', intent: known }
    const reached = limit && (await limitReached(db, draft.tool, limit))
    if (reached !== undefined) return { ok: false, reason: 'limited', limit: reached }
    if (draft.confirmationId !== undefined && !(await useConfirmation(db, draft))) {
      return { ok: false, reason: 'notConfirmed' }
    }
    const isFirst = await insertIntent(db, draft, { keyed: this.#keyed, owner: this.#store.owner })
    // Another process was quicker after we looked.
    if (!isFirst) return { ok: false, reason: 'duplicate', intent: await this.#quickerThan(db, draft) }
    const { seq } = await appendAudit(db, entry)
    await setAuditSeq(db, draft.intentId, seq)
    return { ok: true, auditSeq: seq }
  }

  #intentEntry(draft: IntentDraft): AuditEntry {
    const { intentId, destination, confirmationId } = draft
    const data = {
      intent: intentId,
      ...(confirmationId !== undefined && { confirmation: confirmationId }),
      ...(destination !== undefined && { textHash: this.#keyed(destination) }),
    }
    return this.#entryOf({ ...auditedOf(draft), kind: 'intent', data })
  }

  async #quickerThan(db: Kysely<Schema>, draft: IntentDraft): Promise<IntentRecord> {
    const intent = await intentOfKey(db, draft)
    if (!intent) throw new Error('Cannot read the intent of the same scope and key')
    return intent
  }

  async #settle(db: Kysely<Schema>, intentId: string, outcome: OutcomeRecord): Promise<boolean> {
    if (!(await putOutcome(db, intentId, outcome))) return false
    await this.#audit(db, intentId, outcome)
    return true
  }

  /** Nobody has answered: the server takes the question back. Its proposal may have been erased. */
  async #auditVoid(
    db: Kysely<Schema>,
    { proposalId, attempts }: Pick<ConfirmationRecord, 'proposalId' | 'attempts'>,
  ): Promise<void> {
    const proposal = await findProposal(db, proposalId)
    const about = proposal && {
      session: proposal.sessionId,
      tool: proposal.tool,
      argumentsHash: proposal.argumentsHash,
    }
    const data = { confirmation: proposalId, state: 'cancelled', reason: 'processDied', attempts }
    await appendAudit(db, this.#entryOf({ kind: 'answer', actor: 'server', ...about, data }))
  }

  /** Nothing new is known of an effect, but somebody knows that. */
  async #auditUnknown(
    db: Kysely<Schema>,
    { intentId, tool, argumentsHash }: IntentRecord,
    { reason, by }: { readonly reason: string; readonly by: ActingNow },
  ): Promise<void> {
    const data = { intent: intentId, state: 'unknown', reason }
    await appendAudit(db, this.#entryOf({ kind: 'outcome', ...by, tool, argumentsHash, data }))
  }

  async #audit(db: Kysely<Schema>, intentId: string, outcome: OutcomeRecord): Promise<void> {
    const intent = await findIntent(db, intentId)
    if (!intent) return
    const { state, code, providerId } = outcome
    const data = {
      intent: intentId,
      state,
      ...(code !== undefined && { code }),
      ...(providerId !== undefined && { provider: providerId }),
    }
    await appendAudit(db, this.#entryOf({ ...auditedOf(intent), kind: 'outcome', data }))
  }
}

function auditedOf(intent: Omit<IntentDraft, 'destination' | 'range' | 'nonceHash'>) {
  return {
    actor: intent.actor,
    strength: intent.strength,
    session: intent.sessionId,
    tool: intent.tool,
    argumentsHash: intent.argumentsHash,
  }
}
