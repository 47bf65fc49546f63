import type { DeskNews } from '../gate/desk-line.ts'
import type { SpeechEvent } from '../ports/speech.ts'
import type { Utterance } from './event.ts'

/** A question on its way to the caller. */
type OnItsWay = {
  readonly id: string
  readonly attempt: number
  /** The one response that speaks it. */
  responseId: string | undefined
  /** Its spoken items that have begun to sound, each with its words once they are final. */
  readonly items: Map<string, { text: string; isHeard: boolean }>
  isSent: boolean
}

/** Response, item, playing: what of a question the caller has really heard, as the desk of confirmations wants it. */
export class QuestionLine {
  readonly #feed: (news: DeskNews) => void
  readonly #sentMs: (itemId: string) => number
  #question: OnItsWay | undefined

  /** @param options.sentMs how much audio of an item was sent to the caller */
  constructor(options: {
    readonly feed: (news: DeskNews) => void
    readonly sentMs: (itemId: string) => number
  }) {
    this.#feed = options.feed
    this.#sentMs = options.sentMs
  }

  /** A question is to be spoken. @returns the id of the request for it, and of nothing else */
  begin({ id, attempt }: { readonly id: string; readonly attempt: number }): string {
    this.#question = { id, attempt, responseId: undefined, items: new Map(), isSent: false }
    return requestId(id, attempt)
  }

  /** It is not to be heard any further. @returns the id of its request, when it was on its way */
  end(id: string): string | undefined {
    const question = this.#question
    if (question?.id !== id) return undefined
    this.#question = undefined
    return requestId(id, question.attempt)
  }

  /** Everything that was queued for the caller was thrown away. */
  cleared(): void {
    if (this.#question && this.#question.items.size > 0) this.#question = undefined
  }

  /** The model's session tells something. */
  onSpeech(event: SpeechEvent): void {
    const question = this.#question
    if (!question) return
    const request = requestId(question.id, question.attempt)
    if (event.kind === 'replyText') {
      const item = event.final ? question.items.get(event.itemId) : undefined
      if (item) item.text = event.text
    } else if (event.kind === 'responseStarted') {
      if (event.id === request) question.responseId = event.responseId
    } else if (event.kind === 'responseDone') {
      if (event.responseId === question.responseId) this.#onDone(question, event.status)
    } else if (event.kind === 'eventRefused' && event.id === request) this.#failed(question)
  }

  /** The first audio of an item was sent. */
  onSounding({ itemId, responseId }: { readonly itemId: string; readonly responseId: string }): void {
    const question = this.#question
    if (!question || responseId !== question.responseId || question.items.has(itemId)) return
    question.items.set(itemId, { text: '', isHeard: false })
    const { id, attempt } = question
    if (question.items.size === 1) this.#feed({ kind: 'questionStarted', id, attempt })
  }

  /** The mark behind the last audio of an utterance came back. */
  onHeard(utterance: Utterance): void {
    const item = utterance.kind === 'reply' ? this.#question?.items.get(utterance.itemId) : undefined
    if (!item || !this.#question) return
    item.isHeard = true
    this.#tellHeard(this.#question)
  }

  #onDone(question: OnItsWay, status: string): void {
    const { id, attempt, items } = question
    if (status !== 'completed' || items.size === 0) return this.#failed(question)
    let audioMs = 0
    const words: string[] = []
    for (const [itemId, { text }] of items) {
      audioMs += this.#sentMs(itemId)
      words.push(text)
    }
    question.isSent = true
    this.#feed({ kind: 'questionSent', id, attempt, audioMs, spoken: words.join(' ') })
    this.#tellHeard(question)
  }

  #tellHeard(question: OnItsWay): void {
    const { id, attempt, items, isSent } = question
    // Another one may have taken its place, or nobody wants it any more.
    if (question !== this.#question || !isSent || ![...items.values()].every(({ isHeard }) => isHeard)) return
    this.#question = undefined
    this.#feed({ kind: 'questionMark', id, attempt })
  }

  #failed(question: OnItsWay): void {
    this.#question = undefined
    this.#feed({ kind: 'questionFailed', id: question.id, attempt: question.attempt })
  }
}

function requestId(id: string, attempt: number): string {
  return `${id}.${attempt}`
}
