import type { AuditEvent } from './audit.ts'

/** Who does something about an effect, who need not be who caused it. */
export type ActingNow = Pick<AuditEvent, 'actor' | 'strength' | 'session'>

/** Where a confirmation stands. The last five are final and never change. */
export type ConfirmationState =
  'proposed' | 'asked' | 'confirmed' | 'denied' | 'expired' | 'superseded' | 'cancelled'

/** A tool call that the model asked for, after its arguments were checked. Times are Unix milliseconds. */
export type ProposalRecord = {
  readonly proposalId: string
  /** The call or thread. */
  readonly sessionId: string
  /** The model's own id of its tool call. */
  readonly callId: string
  readonly tool: string
  /** Canonical JSON: what is asked about is what is run. */
  readonly arguments: string
  readonly argumentsHash: string
  readonly actor: string
  readonly strength: 'S0' | 'S1' | 'S2' | 'S3' | 'S4'
  /** Kinds of untrusted content that the turn held. */
  readonly taint: readonly string[]
  readonly createdAtMs: number
}

/** The question about a proposal, and its answer. It has the id of its proposal. */
export type ConfirmationRecord = {
  readonly proposalId: string
  /** SHA-256 of the nonce: whoever reads it can approve nothing. */
  readonly nonceHash: string
  readonly state: ConfirmationState
  readonly ttlMs: number
  /** Questions begun. */
  readonly attempts: number
  readonly question?: string
  readonly askedAtMs?: number
  readonly decidedAtMs?: number
  /** Why the answer was believed: ids and codes of ours. */
  readonly evidence?: { readonly by: string; readonly id?: string }
  /** When an intent took it; each is taken once. */
  readonly usedAtMs?: number
}

/** What may change on a confirmation. */
export type ConfirmationPatch = {
  readonly state: ConfirmationState
  readonly attempts?: number
  readonly question?: string
  readonly askedAtMs?: number
  readonly decidedAtMs?: number
  readonly evidence?: { readonly by: string; readonly id?: string }
}

/** That an effect is about to be: on disk before its first byte leaves. */
export type IntentRecord = {
  readonly intentId: string
  /** What `key` is unique in: a session, or an API key and its route. Both stay, so neither may hold a number or words. */
  readonly scope: string
  readonly key: string
  readonly tool: string
  readonly argumentsHash: string
  readonly sessionId: string
  readonly actor: string
  readonly strength: ProposalRecord['strength']
  readonly confirmationId?: string
  readonly createdAtMs: number
  /** 64 hexadecimal digits, keyed; see `destination` of a claim. */
  readonly destinationHash?: string
  readonly destinationLast4?: string
  /** Its place in the order of the audit log. */
  readonly auditSeq: number
  /** Undefined while nobody knows, at the latest until the next start. */
  readonly outcome?: OutcomeRecord
}

/**
 * What became of an effect. After `unknown` a better word may come; `done` and `failed` stay, but that a `done` without a
 * code gives way to the last word of the provider that took it: `done` with a code, or `failed`.
 */
export type OutcomeRecord = {
  readonly state: 'done' | 'failed' | 'unknown'
  /** What the provider calls it. */
  readonly providerId?: string
  /** Why, in a word of ours or of the provider. */
  readonly code?: string
  readonly settledAtMs: number
}

/** What an intent is claimed with. */
export type IntentDraft = Omit<
  IntentRecord,
  'auditSeq' | 'outcome' | 'destinationHash' | 'destinationLast4'
> & {
  /** Whom it reaches: a number in E.164, an address. Only a keyed hash and its last four digits are kept. */
  readonly destination?: string
  /** The range of numbers it belongs to, kept as a keyed hash. */
  readonly range?: string
  /** What the confirmation was made with; needed with `confirmationId`. */
  readonly nonceHash?: string
}

/**
 * What a claim must stay below. It is looked at in the transaction that writes the intent, while no other claim with a
 * limit can be written, in this process or another: as many as are allowed are written, and none more.
 */
export type ClaimLimit = {
  /** Unix milliseconds: effects of the same tool that were begun since are counted. */
  readonly sinceMs: number
  /** @returns why there are enough of them; undefined when this one may be added */
  readonly objection: (history: readonly EffectCount[]) => string | undefined
  /** Calls that were placed since and are not known to be over, of any process: as many as `max` allow no further one. */
  readonly liveCalls?: { readonly max: number; readonly sinceMs: number }
}

/**
 * Whether an effect may go on. `notConfirmed`: no confirmation says yes to exactly this, or it was used. `limited`: there
 * are as many as there may be; `limit` says of what.
 */
export type IntentClaim =
  | { readonly ok: true; readonly auditSeq: number }
  | { readonly ok: false; readonly reason: 'duplicate'; readonly intent: IntentRecord }
  | { readonly ok: false; readonly reason: 'notConfirmed' }
  | { readonly ok: false; readonly reason: 'limited'; readonly limit: string }

/** An effect as the caps count it: keyed hashes, equal for equals. */
export type EffectCount = {
  readonly tool: string
  readonly wallMs: number
  readonly destination: string | undefined
  readonly range: string | undefined
  readonly actor: string
}

/** What has stayed `unknown` for long. */
export type UnresolvedEffects = {
  /** Those that were not shown before. */
  readonly shown: readonly IntentRecord[]
  /** All of them, also those that were shown before; up to ten thousand. */
  readonly count: number
}

/** What a start found left over from processes that have died. */
export type EffectLeftovers = {
  /** Intents without an outcome: they are `unknown` now. */
  readonly unknown: readonly IntentRecord[]
  /** Ids of confirmations that were open: they are `cancelled` now. */
  readonly voided: readonly string[]
}

/**
 * Proposals, confirmations, intents and outcomes. Everything is durable when it resolves; intents and outcomes are
 * recorded in the audit log in the same transaction. Rejects with StorageError.
 */
export interface EffectStorage {
  /** Inserts a proposal, and where it needs a yes its confirmation in state `proposed`. */
  insertProposal(
    proposal: ProposalRecord,
    confirmation?: { readonly nonceHash: string; readonly ttlMs: number },
  ): Promise<void>
  findProposal(proposalId: string): Promise<ProposalRecord | undefined>
  /** @returns false when the confirmation is final already, or not known: then nothing changed */
  moveConfirmation(proposalId: string, patch: ConfirmationPatch): Promise<boolean>
  findConfirmation(proposalId: string): Promise<ConfirmationRecord | undefined>
  /**
   * Takes the right to one effect, once for all of scope and key, and uses up its confirmation: that must be
   * `confirmed`, unused, and say yes to this tool, these arguments, this session and this actor. One that is refused for
   * its limit uses up nothing.
   * @throws RangeError (as a rejection) for ids, an actor or a hash that the audit log would not keep
   */
  claimIntent(draft: IntentDraft, limit?: ClaimLimit): Promise<IntentClaim>
  /** @returns false when the outcome is known already, or the intent is not: then nothing changed */
  settleIntent(intentId: string, outcome: OutcomeRecord): Promise<boolean>
  /**
   * Takes the word of a provider, under its own name for the effect, where that is a better one; also before any other.
   * @returns `known` when it says nothing new, `foreign` when there is no such intent or the provider calls it otherwise
   */
  reconcileIntent(
    intentId: string,
    word: OutcomeRecord & { readonly providerId: string },
  ): Promise<'better' | 'known' | 'foreign'>
  findIntent(intentId: string): Promise<IntentRecord | undefined>
  /** Intents whose outcome is `unknown`, the oldest first. */
  unresolved(maxIntents: number): Promise<readonly IntentRecord[]>
  /**
   * Intents that have been `unknown` since a moment, and marks the oldest that were not as shown, which the audit log
   * records as an act of whoever asks. Each is shown once, whichever process asks.
   */
  showUnresolved(from: {
    readonly sinceMs: number
    readonly nowMs: number
    readonly maxIntents: number
    readonly by: ActingNow
  }): Promise<UnresolvedEffects>
  /** Intents that were shown, are `unknown` still, and of which the owner was not told: the oldest first. */
  untold(maxIntents: number): Promise<readonly IntentRecord[]>
  /**
   * The owner was told on a call that these are unknown: recorded in the audit log, once for each.
   * @param told.by who was told, how well they were known, and in which call
   */
  markTold(
    intentIds: readonly string[],
    told: { readonly nowMs: number; readonly by: ActingNow },
  ): Promise<void>
  /** Every effect of a tool that was begun since, whatever came of it. */
  effectsSince(tool: string, sinceMs: number): Promise<readonly EffectCount[]>
  /** Whether an effect was ever done to a destination. */
  wasReached(destination: string): Promise<boolean>
  /** Whether an effect to a destination was ever begun, whatever came of it: a call that nobody took is one, too. */
  wasTried(destination: string): Promise<boolean>
  /**
   * Settles what dead processes left: intents become `unknown`, and nothing is sent again; open questions are void. Both are
   * recorded in the audit log.
   */
  closeLeftovers(nowMs: number): Promise<EffectLeftovers>
}
