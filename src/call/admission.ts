/** What decides whether a new call is taken. */
export type Load = {
  readonly draining: boolean
  /** Calls that are live, and those of a dead process that may yet come back. */
  readonly liveCalls: number
  readonly maxCalls: number
  /** Live calls of the same caller; 0 where callers cannot be told apart. */
  readonly callsOfCaller: number
  readonly maxCallsPerCaller: number
  /** The event loop is later than calls can bear; see `isStrained`. */
  readonly strained: boolean
  /** No session of the model can be had at the moment. */
  readonly modelDown: boolean
}

/** Why a new call hears the busy sentence. */
export type BusyReason = 'draining' | 'capacity' | 'loopDelay' | 'callerCapacity'

/** What becomes of a new call: it is taken, told "busy", sent to what works without the model, or not answered. */
export type Admission =
  | { readonly kind: 'take' }
  | { readonly kind: 'busy'; readonly reason: BusyReason }
  | { readonly kind: 'ladder' }
  | { readonly kind: 'reject'; readonly reason: 'ownNumber' }

/** After a strain new calls are taken again at this share of the delay that made it one. */
const RELIEF = 0.5

/** Decides about a new call. What protects the live ones comes first; the ladder costs as much as any call. */
export function admit(load: Load): Admission {
  const [reason] = busyReasons(load)
  if (reason) return { kind: 'busy', reason }
  if (load.callsOfCaller >= load.maxCallsPerCaller) return { kind: 'busy', reason: 'callerCapacity' }
  return load.modelDown ? { kind: 'ladder' } : { kind: 'take' }
}

/** Why no call would be taken and talked with now, whoever rings, in words for operators; empty when one would. */
export function refusalReasons(load: Load): readonly string[] {
  const reasons = busyReasons(load).map((reason) => sentences[reason])
  return load.modelDown ? [...reasons, 'no session of the model can be had'] : reasons
}

const sentences: Readonly<Record<Exclude<BusyReason, 'callerCapacity'>, string>> = {
  draining: 'shutting down',
  capacity: 'at the maximum of concurrent calls',
  loopDelay: 'the event loop is too late',
}

/**
 * Whether the event loop is too late for another call. Once it is, it stays so until the delay has come down to half
 * the bound: each call that is let in makes it worse, and in between the answers would alternate.
 * @param was the answer before
 * @param delay.p99Ms lateness of the loop in the last seconds, 99th percentile
 */
export function isStrained(
  was: boolean,
  delay: { readonly p99Ms: number; readonly maxLoopDelayMs: number },
): boolean {
  return delay.p99Ms > (was ? delay.maxLoopDelayMs * RELIEF : delay.maxLoopDelayMs)
}

function busyReasons(load: Load): readonly Exclude<BusyReason, 'callerCapacity'>[] {
  return [
    ...(load.draining ? (['draining'] as const) : []),
    ...(load.liveCalls >= load.maxCalls ? (['capacity'] as const) : []),
    ...(load.strained ? (['loopDelay'] as const) : []),
  ]
}
