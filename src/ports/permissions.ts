/** How somebody said that they want no calls and no messages. */
export type OptOutSource = 'sms' | 'voice' | 'operator'

/** That somebody wants no calls and no messages. Times are Unix milliseconds. */
export type OptOutRecord = {
  readonly source: OptOutSource
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** Set when an operator has lifted it. */
  readonly liftedAtMs?: number
}

/** That somebody may be called or written to. Times are Unix milliseconds. */
export type ConsentRecord = {
  readonly consentId: string
  /** `owner_statement` covers one errand; the others last until they are withdrawn or expire. */
  readonly source: 'callee_request' | 'given' | 'owner_statement'
  /** Where the proof is: the id of a confirmation, a call, a message. */
  readonly proof?: string
  readonly givenAtMs: number
  readonly expiresAtMs?: number
  readonly withdrawnAtMs?: number
  /** The intent that has used it up, for one that covers one errand. */
  readonly usedBy?: string
}

/**
 * Who must not be called, and who may be. An opt-out is kept under a keyed hash of the number: it outlives everything
 * else that is known of somebody. Writes are durable when they resolve; all reject with StorageError.
 */
export interface Permissions {
  /** For voice and messages, at once and for five years. Withdraws all consents: lifting it brings none back. */
  optOut(number: string, how: { readonly source: OptOutSource; readonly nowMs: number }): Promise<void>
  /** Lifts an opt-out. @returns false when there is none */
  liftOptOut(number: string, nowMs: number): Promise<boolean>
  isOptedOut(number: string, nowMs: number): Promise<boolean>
  /** @throws RangeError (as a rejection) for what is no E.164 number */
  addConsent(number: string, consent: Omit<ConsentRecord, 'withdrawnAtMs' | 'usedBy'>): Promise<void>
  /** Consents that hold now, the newest first. */
  consentsOf(number: string, nowMs: number): Promise<readonly ConsentRecord[]>
  /** Uses up a consent that covers one errand. @returns false when it was used or withdrawn, or is not known */
  useConsent(consentId: string, intentId: string): Promise<boolean>
  /** Withdraws all consents of somebody; answers how many. */
  withdrawConsents(number: string, nowMs: number): Promise<number>
}
