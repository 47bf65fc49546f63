import type { AuditEvent, AuditRecord } from './audit.ts'
import type { ContactRecord } from './contacts.ts'
import type { ConfirmationRecord, IntentRecord, ProposalRecord } from './effects.ts'
import type { ErrandRecord } from './errands.ts'
import type { ConsentRecord, OptOutRecord } from './permissions.ts'
import type { CompleteCall, MessageRecord } from './storage.ts'

/** How long what is kept. Everything is in days. */
export type RetentionRules = {
  /** Words: turns, messages in words, proposals, questions. */
  readonly transcriptDays: number
  /** That there was a call, an effect, a cost. */
  readonly callDays: number
  readonly auditDays: number
}

/** How much was removed. */
export type RetentionReport = {
  /** Calls that lost their words, and calls that went altogether. */
  readonly silenced: number
  readonly calls: number
  readonly auditRecords: number
}

/** What became of an erasure. */
export type ErasureReport =
  | {
      readonly kind: 'erased'
      /** The CallSids of calls that went. */
      readonly callSids: readonly string[]
      /** Recordings that were left in them, by the network's names: it has them still, and nothing here names them any more. */
      readonly recordingSids: readonly string[]
      /** Texts of others in which the number was struck out. */
      readonly mentions: number
      /** Calls that began meanwhile, and all that belongs to them, are there still: erase again when they are over. */
      readonly callsLeft: number
      /**
       * Whether the bytes are gone from the database's files as well. Not while somebody else reads the database, nor on a
       * full disk; on PostgreSQL it is the server's own affair when it writes over them.
       */
      readonly isScrubbed: boolean
    }
  /** A call of that number goes on: it has to end first. */
  | { readonly kind: 'callLive' }

/** Everything that is kept of somebody. Times are Unix milliseconds. */
export type PersonExport = {
  readonly number: string
  /** How everything that is kept for long names them, where anything does. */
  readonly person?: string
  /** Calls of the number, and of a SIP address with it, in either direction. */
  readonly calls: readonly CompleteCall[]
  /** What they left in calls of which nothing else is kept. */
  readonly messages: readonly MessageRecord[]
  readonly contacts: readonly ContactRecord[]
  readonly consents: readonly ConsentRecord[]
  /** Whether an opt-out holds, and the last one. */
  readonly optedOut: boolean
  readonly optOut?: OptOutRecord
  /** When a PIN was tried from the number. */
  readonly pinTriesAtMs: readonly number[]
  /** Effects that reached them. */
  readonly effects: readonly IntentRecord[]
  /** Which of those effects, and of their calls, belong together. */
  readonly errands: readonly ErrandRecord[]
  /** What the model asked for in their calls, for them, or with their number in it; and the questions about it. */
  readonly proposals: readonly ProposalRecord[]
  readonly confirmations: readonly Omit<ConfirmationRecord, 'nonceHash'>[]
  /** What others said and wrote with the number in it. */
  readonly mentions: readonly Mention[]
  /** Records of the audit log about them, their calls and their number. */
  readonly audit: readonly AuditRecord[]
}

/** Words of others that hold somebody's number. */
export type Mention = {
  readonly kind: 'turn' | 'event' | 'message' | 'contact' | 'consent' | 'question'
  /** The record's id; of a turn its CallSid. */
  readonly id: string
  readonly texts: readonly string[]
}

/** Removing what is not to be kept any longer. Rejects with StorageError. */
export interface Upkeep {
  /**
   * Removes what is too old, little by little, so that calls do not feel it; an abort ends it between two pieces.
   * Recordings stay until they are deleted at the network.
   */
  retain(
    rules: RetentionRules,
    at: { readonly nowMs: number; readonly signal?: AbortSignal },
  ): Promise<RetentionReport>
  /**
   * Removes everything about whoever has a number: their calls and all that was said in them, their messages, contacts
   * and consents, what was to be done to them, and the number wherever else it was said. An opt-out stays, under its
   * keyed hash; the audit log holds nothing of theirs and gets an `erasure` record with what goes first, and one at the end.
   * Done again it finds nothing.
   * @param by who asked, for the audit log
   * @throws RangeError (as a rejection) for what is no E.164 number
   */
  erase(number: string, by: Pick<AuditEvent, 'actor' | 'strength'>): Promise<ErasureReport>
}
