import { wholeNumber } from './field.ts'

/** One bound: the variable that sets it, what holds when it is unset, and the range it may be set to. */
type Limit = {
  readonly variable: string
  readonly default: number
  readonly min: number
  readonly max: number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Every bound of the server. The lower ends are low on purpose: a test can make a day last a second. */
const limitTable = {
  maxCalls: { variable: 'MAX_CALLS', default: 100, min: 1, max: 10_000 },
  maxOutboundCalls: { variable: 'MAX_OUTBOUND_CALLS', default: 2, min: 0, max: 1000 },
  maxCallsPerCaller: { variable: 'MAX_CALLS_PER_CALLER', default: 3, min: 1, max: 1000 },
  callMaxSeconds: { variable: 'CALL_MAX_SECONDS', default: 3600, min: 1, max: 14_400 },
  nonceTtlMs: { variable: 'NONCE_TTL_MS', default: minuteMs, min: 1, max: hourMs },
  streamStartDeadlineMs: { variable: 'STREAM_START_DEADLINE_MS', default: 5000, min: 1, max: minuteMs },
  webhookBodyDeadlineMs: { variable: 'WEBHOOK_BODY_DEADLINE_MS', default: 5000, min: 1, max: minuteMs },
  sessionReadyDeadlineMs: { variable: 'SESSION_READY_DEADLINE_MS', default: 3000, min: 1, max: minuteMs },
  silentModelDeadlineMs: { variable: 'SILENT_MODEL_DEADLINE_MS', default: 8000, min: 1, max: 5 * minuteMs },
  unclaimedSessionMs: { variable: 'UNCLAIMED_SESSION_MS', default: 15_000, min: 1, max: 5 * minuteMs },
  confirmationTtlMs: { variable: 'CONFIRMATION_TTL_MS', default: 30_000, min: 1, max: hourMs },
  toolTimeoutMs: { variable: 'TOOL_TIMEOUT_MS', default: 15_000, min: 1, max: 10 * minuteMs },
  idlePromptSeconds: { variable: 'IDLE_PROMPT_SECONDS', default: 12, min: 1, max: 3600 },
  mediaSilenceMs: { variable: 'MEDIA_SILENCE_MS', default: 15_000, min: 1, max: 10 * minuteMs },
  heldAudioMs: { variable: 'HELD_AUDIO_MS', default: 20_000, min: 20, max: 2 * minuteMs },
  drainSeconds: { variable: 'DRAIN_SECONDS', default: 30, min: 0, max: 14_400 },
  maxLoopDelayMs: { variable: 'MAX_LOOP_DELAY_MS', default: 200, min: 1, max: minuteMs },
  storageBatchMs: { variable: 'STORAGE_BATCH_MS', default: 250, min: 0, max: 250 },
  maxModelFailures: { variable: 'MAX_MODEL_FAILURES', default: 5, min: 1, max: 1_000_000 },
  transcriptRetentionDays: { variable: 'TRANSCRIPT_RETENTION_DAYS', default: 30, min: 1, max: 3660 },
  callRetentionDays: { variable: 'CALL_RETENTION_DAYS', default: 396, min: 1, max: 3660 },
  auditRetentionDays: { variable: 'AUDIT_RETENTION_DAYS', default: 731, min: 1, max: 3660 },
  maxQueuedWrites: { variable: 'MAX_QUEUED_WRITES', default: 10_000, min: 1, max: 1_000_000 },
} as const satisfies Record<string, Limit>

/** The bounds by the names the code uses; each name ends in its unit where it has one. */
export type Limits = { readonly [Name in keyof typeof limitTable]: number }

const rows = Object.entries<Limit>(limitTable)

/** The variables that set a limit, each with its schema. */
export const limitFields = Object.fromEntries(
  rows.map(([, limit]) => [limit.variable, wholeNumber(limit.min, limit.max).default(limit.default)]),
)

/** Gathers the limits from the values of their variables. */
export function limitsFrom(values: Readonly<Record<string, unknown>>): Limits {
  const named = rows.map(([name, limit]) => [name, values[limit.variable] ?? limit.default])
  return Object.fromEntries(named) as Limits
}
