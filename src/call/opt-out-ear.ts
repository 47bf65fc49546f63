import { isE164 } from '../lib/phone-number.ts'
import { isOptOutSpeech } from '../policy/opt-out.ts'
import type { SpeechEvent } from '../ports/speech.ts'
import type { Saying } from './event.ts'
import type { CallPlan, CallPorts, OptOutWish } from './plan.ts'

type OptOutPlan = Pick<CallPlan, 'callSid' | 'direction' | 'from' | 'to' | 'isNumberProven'>

/** Said in reply, so that nobody has to ask twice. English, as the phrases are that are heard. */
const ANSWER = 'I have noted it: you will not be called again. I am sorry for the trouble.'

/**
 * Hears whether whoever is spoken with wants no more calls, by the final words of their own turns; also on a call that
 * they make, which may be about one that they have missed. It is kept at once, by the server itself: no model is asked. Whoever wanted it is told when it is kept, and not before.
 */
export class OptOutEar {
  readonly #plan: OptOutPlan
  readonly #ports: Pick<CallPorts, 'gate' | 'background'>
  readonly #say: (saying: Saying) => void
  #isKept = false

  constructor(options: {
    readonly plan: OptOutPlan
    readonly ports: Pick<CallPorts, 'gate' | 'background'>
    readonly say: (saying: Saying) => void
  }) {
    this.#plan = options.plan
    this.#ports = options.ports
    this.#say = options.say
  }

  /** The session in use tells something. */
  onSpeech(event: SpeechEvent): void {
    if (event.kind !== 'callerTranscript' || !event.final || this.#isKept) return
    const { direction, from, to, isNumberProven: isProven, callSid } = this.#plan
    const number = direction === 'inbound' ? from : to
    if (!isE164(number) || !isOptOutSpeech(event.text)) return
    this.#isKept = true
    this.#ports.background('optOut', this.#keep({ number, isProven, callSid }))
  }

  /** One that could not be kept is tried again when it is said again. */
  async #keep(wish: OptOutWish): Promise<void> {
    let isKept: boolean
    try {
      isKept = await this.#ports.gate.optOut(wish)
    } catch (error) {
      this.#isKept = false
      throw error
    }
    if (isKept) this.#say({ id: 'optOut', purpose: 'announcement', text: ANSWER })
  }
}
