import type { OpenCall } from './gated-call.ts'

/** Who asks, from anybody to the owner with the PIN. */
export type FuzzedStrength = 'S0' | 'S1' | 'S2' | 'S3'

/** One run of a handler, with exactly what it got. */
export type HandlerRun = { readonly tool: string; readonly input: unknown }

/** The gate of one session: tool calls go in, answers come out, and every run of a handler is seen. */
export type ToolSession = AsyncDisposable & {
  propose(call: {
    readonly callId: string
    readonly responseId: string
    readonly name: string
    readonly arguments: string
  }): Promise<{ readonly status: string; readonly output: string }>
  /** Runs so far. */
  readonly runs: readonly HandlerRun[]
}

/** Gates without calls around them, on a database. */
export type ToolGround = {
  open(strength: FuzzedStrength): ToolSession
  /** Opens a gate with a line to somebody who does say something. */
  readonly call: OpenCall
  /** What an answer says. */
  classify(text: string): 'yes' | 'no' | 'change' | 'unknown'
  /** Looks over the audit log: whether its chain is whole, and how many records of a kind there are. */
  audit(): Promise<AuditCounts>
}

/** What an audit log holds. */
export type AuditCounts = {
  readonly isWhole: boolean
  readonly kinds: Readonly<Record<string, number>>
  /** Records by kind, state, decision and reason. */
  readonly reasons: Readonly<Record<string, number>>
}
