import { isE164 } from '../lib/phone-number.ts'
import { isOptOutSpeech } from '../policy/opt-out.ts'
import type { SpeechEvent } from '../ports/speech.ts'
import type { CallPlan, CallPorts } from './plan.ts'

/**
 * Hears whether somebody whom we have called wants no more calls, by the final words of their own turns. It is kept at
 * once, by the server itself: no model is asked.
 */
export class OptOutEar {
  readonly #plan: Pick<CallPlan, 'callSid' | 'direction' | 'to'>
  readonly #ports: Pick<CallPorts, 'gate' | 'background'>
  #isKept = false

  constructor(
    plan: Pick<CallPlan, 'callSid' | 'direction' | 'to'>,
    ports: Pick<CallPorts, 'gate' | 'background'>,
  ) {
    this.#plan = plan
    this.#ports = ports
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
    try {
      await this.#ports.gate.optOut(number, callSid)
    } catch (error) {
      this.#isKept = false
      throw error
    }
  }
}
