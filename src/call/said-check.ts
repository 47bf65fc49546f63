import { type Contradiction, contradictionsIn, type ToldResult } from '../policy/contradictions.ts'
import type { ToldStatus } from '../policy/desk.ts'
import type { SpeechEvent } from '../ports/speech.ts'

/** Results of tools that no reply has followed yet; of more the oldest go uncompared. */
const MAX_RESULTS = 8
/** Corrections of one call: a model that is wrong more often is not made right by them. */
const MAX_CORRECTIONS = 5
/** Text of one reply that is compared, in characters. */
const MAX_TEXT = 4_000
/** What was said before, by anybody: the latest of it is kept, in characters. */
const MAX_HEARD = 8_000

/** A reply that was not asked for because of a result may still speak of it; a second one hardly does. */
const REPLIES_COMPARED = 2

type Told = ToldResult & { readonly repliesLeft: number }
type Reply = {
  readonly responseId: string
  /** Whether it was asked for because a tool has answered: no later reply is compared with what it speaks of. */
  readonly isAnswer: boolean
  /** Results that were known when it began. */
  readonly known: number
  text: string
}

/** Compares what the model says after a tool has answered with what the tool has answered. */
export class SaidCheck {
  readonly #onContradiction: (found: Contradiction, responseId: string) => void
  #results: readonly Told[] = []
  #reply: Reply | undefined
  #corrections = 0
  #heard = ''

  constructor(onContradiction: (found: Contradiction, responseId: string) => void) {
    this.#onContradiction = onContradiction
  }

  /** The model was told how a tool call ended. */
  told(result: ToldResult): void {
    this.#results = [...this.#results, { ...result, repliesLeft: REPLIES_COMPARED }].slice(-MAX_RESULTS)
  }

  /** The session in use tells something. Sentences of ours have an id, and are not compared. */
  onSpeech(event: SpeechEvent): void {
    if (event.kind === 'callerTranscript' && event.final) this.#hear(event.text)
    if (event.kind === 'replyText' && event.final && event.responseId !== this.#reply?.responseId)
      this.#hear(event.text)
    if (event.kind === 'responseStarted') {
      if (event.id !== undefined || this.#results.length === 0) return
      const isAnswer = event.purpose === 'toolResult'
      this.#reply = { responseId: event.responseId, isAnswer, known: this.#results.length, text: '' }
      return
    }
    const reply = this.#reply
    if (!reply) return
    if (event.kind === 'replyText' && event.final && event.responseId === reply.responseId)
      reply.text = `${reply.text} ${event.text}`.slice(0, MAX_TEXT)
    if (event.kind === 'responseDone' && event.responseId === reply.responseId)
      this.#onDone(reply, event.status)
  }

  #hear(text: string): void {
    this.#heard = `${this.#heard} ${text}`.slice(-MAX_HEARD)
  }

  #onDone(reply: Reply, status: string): void {
    this.#reply = undefined
    const heard = this.#heard
    this.#hear(reply.text)
    // One that says nothing, or was cut short, is not what the caller will remember.
    if (status !== 'completed' || reply.text === '') return
    const results = this.#results
    this.#results = results
      .map((one, index) => (index < reply.known ? { ...one, repliesLeft: one.repliesLeft - 1 } : one))
      .filter(({ repliesLeft }, index) => repliesLeft > 0 && !(reply.isAnswer && index < reply.known))
    const text = results.map((result) => result.text).join('\n')
    const [found] = contradictionsIn(reply.text, { status: statusOf(results), text, heard })
    if (!found || this.#corrections >= MAX_CORRECTIONS) return
    this.#corrections += 1
    this.#onContradiction(found, reply.responseId)
  }
}

/** What a tool call was answered with. @param output JSON text of ours */
export function toldResultOf(output: string): ToldResult {
  const answer: unknown = JSON.parse(output)
  const fields = typeof answer === 'object' && answer !== null ? { ...answer } : {}
  const status = 'status' in fields ? fields.status : undefined
  switch (status) {
    case 'done':
      return { status: 'empty' in fields ? 'empty' : 'done', text: output }
    case 'failed':
    case 'unknown':
      return { status, text: '' }
    case 'confirmation_required':
    case 'pin_required':
    case 'busy':
      return { status: 'waits', text: '' }
    default:
      return { status: 'refused', text: '' }
  }
}

/** What became of one that had to wait; undefined for what was done: its result follows. */
export function toldOutcomeOf(status: ToldStatus): ToldResult | undefined {
  if (status === 'done') return undefined
  return { status: status === 'failed' || status === 'unknown' ? status : 'refused', text: '' }
}

/** A claim may be about any of them: it is only false when it is so for all. */
function statusOf(results: readonly ToldResult[]): ToldResult['status'] {
  return results.some(({ status }) => status === 'done') ? 'done' : (results.at(-1)?.status ?? 'done')
}
