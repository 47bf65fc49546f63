import type { CallInquiry } from '../ports/call-inquiry.ts'
import type { CallOffer } from '../ports/incoming-calls.ts'
import type { CallRecord } from '../ports/storage.ts'
import type { LoadMeter } from './doorkeeper.ts'
import type { CallPlan, CallPorts } from './plan.ts'

/** What the registry of calls needs besides the ports. */
export type CallsOptions = {
  readonly ports: CallPorts
  /**
   * Decides persona, actor and rules of a call that is taken.
   * @param actor of a call that another process took: it was known better then, and is not raised
   */
  readonly plan: (offer: CallOffer, actor?: CallRecord['actor']) => CallPlan
  readonly limits: {
    readonly maxCalls: number
    readonly maxCallsPerCaller: number
    readonly nonceTtlMs: number
  }
  /** Every number that reaches us: none of them is taken as a caller. */
  readonly ownNumbers?: readonly string[]
  /** What admission goes by besides the numbers of calls; unset, nothing else counts. */
  readonly meter?: LoadMeter
  /** Told when a call is over and its record complete. */
  readonly onOver?: (callSid: string) => void
  /** Where calls are asked about that a dead process left open. */
  readonly inquiry?: CallInquiry
  /** Language and text of sentences that are said by the network, when there is no stream. */
  readonly say: { readonly language: string; readonly busy: string; readonly apology: string }
}
