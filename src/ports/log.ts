/** Every field a log line may carry besides time, level, callSid and kind. What is not here cannot be logged. */
export type LogFields = {
  readonly streamSid?: string
  readonly sessionId?: string
  readonly responseId?: string
  readonly itemId?: string
  readonly tool?: string
  readonly intentId?: string
  readonly messageId?: string
  readonly reason?: string
  readonly code?: string | number
  readonly status?: string
  readonly from?: string
  readonly to?: string
  readonly direction?: string
  readonly mode?: string
  readonly missing?: readonly string[]
  readonly name?: string
  readonly version?: string
  readonly address?: string
  readonly port?: number
  readonly count?: number
  readonly bytes?: number
  readonly durationMs?: number
  readonly heardMs?: number
  readonly firstDeltaMs?: number
  readonly firstMediaMs?: number
  readonly firstMarkMs?: number
  readonly url?: string
  readonly method?: string
  readonly sentence?: string
  readonly digits?: number
  readonly requestId?: string
  /** The end of the audit chain, 64 hexadecimal digits. */
  readonly hash?: string
}

/** Severity of a log line. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/**
 * Operators' log: one JSON line per event. `from` and `to` are redacted to country and last four digits by the
 * implementation; unknown fields are dropped.
 */
export interface Log {
  event(level: LogLevel, kind: string, fields?: LogFields): void
  /** A log whose every line carries this call's id. */
  forCall(callSid: string): Log
}
