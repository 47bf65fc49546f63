/** What one request or session of a provider used, and what that costs. */
export type UsageRecord = {
  /** Asked for again with the same id, nothing is counted twice. */
  readonly usageId: string
  /** Unix milliseconds. */
  readonly atMs: number
  /** The call or thread. */
  readonly sessionId?: string
  readonly provider: string
  readonly model: string
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  /** Millionths of a US dollar. */
  readonly costUsdMicros: number
}

/** Sums of one model. */
export type UsageTotal = {
  readonly provider: string
  readonly model: string
  readonly count: number
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly costUsdMicros: number
}

/** What was used. Rejects with StorageError. */
export interface UsageStorage {
  /** May be batched up to 250 ms. */
  add(usage: UsageRecord): Promise<void>
  /** Sums per model of a time, the dearest first. */
  totals(options: { readonly fromMs: number; readonly toMs: number }): Promise<readonly UsageTotal[]>
}
