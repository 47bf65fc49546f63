/** What went wrong between us and Twilio, in fields of our own: no header, no body, no text of a stranger. */
export type TwilioFault = {
  /** Twilio's number as text, a network code such as ECONNRESET, or a word of ours. */
  readonly code: string
  /** One plain sentence for the operator. */
  readonly sentence: string
  /** HTTP status, where there was an answer. */
  readonly status?: number
  /** True when the order may have been carried out all the same. */
  readonly ambiguous?: boolean
}

/**
 * The error of this room. It keeps no `cause`: what the HTTP client throws carries the Basic header and the form
 * body in properties that JSON.stringify and util.inspect print.
 */
export class TwilioError extends Error {
  override readonly name = 'TwilioError'
  readonly code: string
  readonly sentence: string
  readonly status: number | undefined
  readonly ambiguous: boolean

  constructor(fault: TwilioFault) {
    super(`${fault.sentence} (${fault.code})`)
    this.code = fault.code
    this.sentence = fault.sentence
    this.status = fault.status
    this.ambiguous = fault.ambiguous ?? false
  }
}
