import { isE164 } from '../lib/phone-number.ts'
import { isOptOutSpeech } from '../policy/opt-out.ts'
import type { SpeechEvent } from '../ports/speech.ts'
import type { Saying } from './event.ts'
import type { CallPlan, CallPorts } from './plan.ts'

/** Said in reply, so that nobody has to ask twice. English, as the phrases are that are heard. */
const ANSWER = 'I have noted it: you will not be called again. I am sorry for the trouble.'

/**
 * Hears whether somebody whom we have called wants no more calls, by the final words of their own turns. It is kept at
 * once, by the server itself: no model is asked. Whoever wanted it is told when it is kept, and not before.
 */
export class OptOutEar {
  readonly #plan: Pick<CallPlan, 'callSid' | 'direction' | 'to'>
  readonly #ports: Pick<CallPorts, 'gate' | 'background'>
  readonly #say: (saying: Saying) => void
  #isKept = false

  constructor(options: {
    readonly plan: Pick<CallPlan, 'callSid' | 'direction' | 'to'>
    readonly ports: Pick<CallPorts, 'gate' | 'background'>
    readonly say: (saying: Saying) => void
  }) {
    this.#plan = options.plan
    this.#ports = options.ports
    this.#say = options.say
  }

  /** The session in use tells something. */
  onSpeech(event: SpeechEvent): void {
    const { direction, to, callSid } = this.#plan
    if (event.kind !== 'callerTranscript' || !event.final || this.#isKept) return
    if (direction !== 'outbound' || !isE164(to) || !isOptOutSpeech(event.text)) return
    this.#isKept = true
    this.#ports.background('optOut', this.#keep(to, callSid))
  }

  /** One that could not be kept is tried again when it is said again. */
  async #keep(number: string, callSid: string): Promise<void> {
    let isKept: boolean
    try {
      isKept = await this.#ports.gate.optOut(number, callSid)
    } catch (error) {
      this.#isKept = false
      throw error
    }
    if (isKept) this.#say({ id: 'optOut', purpose: 'announcement', text: ANSWER })
  }
}
