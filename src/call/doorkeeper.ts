import type { CallOffer } from '../ports/incoming-calls.ts'
import { admit, type Admission, isStrained, type Load, refusalReasons } from './admission.ts'
import type { CallPorts } from './plan.ts'

/** How the process and what it needs are doing, for admission. */
export type LoadMeter = {
  /** Lateness of the event loop in the last seconds, 99th percentile, in ms. */
  readonly loopP99Ms: () => number
  readonly maxLoopDelayMs: number
}

type Numbers = Pick<Load, 'draining' | 'liveCalls'>

/** Asks how things are, and lets new calls in or not; one that is not let in is logged and counted. */
export class Doorkeeper {
  readonly #limits: Pick<Load, 'maxCalls' | 'maxCallsPerCaller'>
  readonly #ownNumbers: readonly string[]
  readonly #meter: LoadMeter
  readonly #ports: Pick<CallPorts, 'log' | 'metrics' | 'modelHealth'>
  #strained = false

  constructor(options: {
    readonly ports: Pick<CallPorts, 'log' | 'metrics' | 'modelHealth'>
    readonly limits: Pick<Load, 'maxCalls' | 'maxCallsPerCaller'>
    /** Every number that reaches us. */
    readonly ownNumbers: readonly string[]
    readonly meter: LoadMeter
  }) {
    this.#ports = options.ports
    this.#limits = options.limits
    this.#ownNumbers = options.ownNumbers
    this.#meter = options.meter
  }

  /** Why no call would be taken and talked with now; empty when one would. */
  refusalReasons(numbers: Numbers): readonly string[] {
    const modelDown = this.#ports.modelHealth.isResting()
    return refusalReasons({ ...this.#load({ ...numbers, callsOfCaller: 0 }), modelDown })
  }

  /**
   * What becomes of a new call.
   * @param now.callers who is on the line, once for every call
   */
  admission(offer: CallOffer, now: Numbers & { readonly callers: readonly string[] }): Admission {
    // Whom we called has forwarded to us: two agents would talk for as long as a call may last.
    if (offer.direction === 'inbound' && this.#ownNumbers.includes(offer.from)) {
      return this.#refused(offer, { kind: 'reject', reason: 'ownNumber' })
    }
    const { callers, ...numbers } = now
    const callsOfCaller = isNumber(offer.from) ? callers.filter((from) => from === offer.from).length : 0
    const load = this.#load({ ...numbers, callsOfCaller })
    const admission = admit(load)
    if (admission.kind === 'busy') return this.#refused(offer, admission)
    // Asked last: while the model is down, a yes is given to one call in a while, and none is to be lost.
    return admit({ ...load, modelDown: !this.#ports.modelHealth.mayTry() })
  }

  #refused(offer: CallOffer, refusal: Extract<Admission, { readonly reason: string }>): Admission {
    const { reason } = refusal
    this.#ports.metrics.count('refusals_total', { reason })
    this.#ports.log.forCall(offer.callSid).event('warn', 'callRefused', { reason, from: offer.from })
    return refusal
  }

  #load(numbers: Numbers & Pick<Load, 'callsOfCaller'>): Load {
    const { loopP99Ms, maxLoopDelayMs } = this.#meter
    this.#strained = isStrained(this.#strained, { p99Ms: loopP99Ms(), maxLoopDelayMs })
    const { maxCalls, maxCallsPerCaller } = this.#limits
    return { ...numbers, maxCalls, maxCallsPerCaller, strained: this.#strained, modelDown: false }
  }
}

/** Whether a caller can be told from others: withheld numbers are not counted together. */
function isNumber(from: string): boolean {
  return /^\+[1-9][0-9]{6,14}$/.test(from)
}
