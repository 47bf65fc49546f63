import type { CallerScriptInput } from '../caller/script.ts'

/** What answers a phone, as detection would call it. */
export type AnsweredBy = 'human' | 'machine_start' | 'fax' | 'unknown'

/** A phone that rings because the product called it, by REST or by `<Dial>`. */
export type OutboundLeg = {
  readonly callSid: string
  readonly from: string
  readonly to: string
  readonly direction: 'outbound-api' | 'outbound-dial'
}

/** What happens at that phone, `afterMs` (1 s) after it began to ring. Nobody answers: it rings until it times out. */
export type OutboundAnswer =
  | {
      readonly kind: 'answer'
      readonly script: CallerScriptInput
      readonly afterMs?: number
      readonly answeredBy?: AnsweredBy
    }
  | { readonly kind: 'busy'; readonly afterMs?: number }
  | { readonly kind: 'failed'; readonly afterMs?: number; readonly sipResponseCode?: number }
  | { readonly kind: 'noAnswer' }

/** Decides what happens at a phone that rings. */
export type AnswerOutbound = (leg: OutboundLeg) => OutboundAnswer

/** How long a phone rings before it is answered, unless the answer says otherwise. */
export const USUAL_RING_MS = 1_000
