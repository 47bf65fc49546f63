import { z } from 'zod'
import { callerScript } from './caller/script.ts'
import { modelScriptSchema } from './openai/model-script.ts'
import type { ModelScript } from './openai/model-script.ts'
import type { OutboundAnswer, OutboundLeg } from './twilio/outbound-answer.ts'

/** What happens at a telephone that the product calls. */
export const phoneSchema = z.strictObject({
  number: z.string().regex(/^\+[1-9][0-9]{6,14}$/),
  answer: z.enum(['answer', 'busy', 'noAnswer', 'failed']).default('answer'),
  /** What whoever answers does, and what the model hears and says on that call. */
  callee: callerScript.default({ steps: [{ do: 'waitForEnd', withinMs: 60_000 }] }),
  model: modelScriptSchema.default({ hears: [], replies: [] }),
})

type Phone = z.output<typeof phoneSchema>

const MAX_PHONES = 200

/** The telephones of a world: one that nobody has said anything of rings, and nobody answers. */
export class Phones {
  readonly #byNumber = new Map<string, Phone>()
  readonly #offer: (script: ModelScript, number: string) => void

  /** @param offer hands the model's script of a call to whoever gives it to the session of that call */
  constructor(offer: (script: ModelScript, number: string) => void) {
    this.#offer = offer
  }

  /** From now on it is so at these numbers. */
  add(phones: readonly Phone[]): void {
    for (const phone of phones) {
      this.#byNumber.delete(phone.number)
      this.#byNumber.set(phone.number, phone)
      const [oldest] = this.#byNumber.keys()
      if (this.#byNumber.size > MAX_PHONES && oldest !== undefined) this.#byNumber.delete(oldest)
    }
  }

  /** What happens at a telephone that rings. */
  answer({ to }: OutboundLeg): OutboundAnswer {
    const phone = this.#byNumber.get(to)
    if (!phone) return { kind: 'noAnswer' }
    if (phone.answer !== 'answer') return { kind: phone.answer }
    // Its own object for each call, as for calls that come in.
    this.#offer({ ...phone.model }, to)
    return { kind: 'answer', script: phone.callee }
  }
}
