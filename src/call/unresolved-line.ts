import { sameWords } from '../policy/same-words.ts'
import { isAtLeast, type Strength } from '../policy/strength.ts'
import type { ActingNow, IntentRecord } from '../ports/effects.ts'
import type { UntoldMessages } from '../ports/notices.ts'
import type { SpeechEvent } from '../ports/speech.ts'
import { unresolvedSentence } from '../prompts/unresolved-sentence.ts'
import type { DeskNews } from '../gate/desk-line.ts'
import type { Saying, Utterance } from './event.ts'
import type { CallPlan, CallPorts } from './plan.ts'
import { QuestionLine } from './question-line.ts'

/** Told in one call; what is more is told in the next one. */
const MAX_TOLD = 3
/** Somebody who interrupts the sentence hears it once more in the same call. */
const MAX_SAYINGS = 2
const ID = 'unresolved'

/**
 * Tells the owner, once they are known well enough, of effects that nobody knows the end of, and of messages that could
 * not be sent to them. They count as told when the sentence was spoken as it is written and its last audio was heard;
 * until then every call of the owner's tells them.
 */
export class UnresolvedLine {
  readonly #plan: CallPlan
  readonly #ports: Pick<CallPorts, 'clock' | 'gate' | 'background'>
  readonly #strength: () => Strength
  readonly #caller: () => Promise<ActingNow>
  readonly #say: (saying: Saying) => void
  readonly #words: QuestionLine
  #isBegun = false
  #isOver = false
  #intents: readonly IntentRecord[] = []
  #messages: UntoldMessages = { count: 0, untilMs: 0 }
  #text = ''
  #sayings = 0
  /** The sentence has begun to sound, and is not known to be heard. */
  #isSounding = false
  #isAsWritten = false

  constructor(options: {
    readonly plan: CallPlan
    readonly ports: Pick<CallPorts, 'clock' | 'gate' | 'background'>
    /** How well the caller is known now. */
    readonly strength: () => Strength
    /** Who that is, for the audit log. */
    readonly caller: () => Promise<ActingNow>
    readonly sentMs: (itemId: string) => number
    readonly say: (saying: Saying) => void
  }) {
    this.#plan = options.plan
    this.#ports = options.ports
    this.#strength = options.strength
    this.#caller = options.caller
    this.#say = options.say
    this.#words = new QuestionLine({ feed: (news) => this.#onNews(news), sentMs: options.sentMs })
  }

  /** The caller listens, or is known better than before. */
  begin(): void {
    if (this.#isBegun || !this.#mayTell()) return
    this.#isBegun = true
    this.#ports.background('unresolved', this.#load())
  }

  /** Nobody is told anything any more. */
  end(): void {
    this.#isOver = true
  }

  onSpeech(event: SpeechEvent): void {
    this.#words.onSpeech(event)
  }

  onSounding(reply: { readonly itemId: string; readonly responseId: string }): void {
    this.#words.onSounding(reply)
  }

  onHeard(utterance: Utterance): void {
    this.#words.onHeard(utterance)
  }

  /** What was queued for the caller was thrown away. */
  cleared(): void {
    this.#words.cleared()
    if (this.#isSounding) this.#sayNext()
  }

  #mayTell(): boolean {
    return !this.#isOver && this.#plan.actor === 'owner' && isAtLeast(this.#strength(), 'S2')
  }

  async #load(): Promise<void> {
    const { gate, clock } = this.#ports
    this.#intents = await gate.effects.untold(MAX_TOLD)
    this.#messages = await gate.notices.untold(clock.wallMs())
    if (this.#intents.length > 0 || this.#messages.count > 0) this.#sayNext()
  }

  #sayNext(): void {
    this.#isSounding = false
    this.#isAsWritten = false
    if (this.#sayings >= MAX_SAYINGS || !this.#mayTell()) return
    const told = this.#intents.map(({ tool, destinationLast4: last4, createdAtMs: begunAtMs }) => ({
      tool,
      last4,
      begunAtMs,
    }))
    const { ownerTimeZone: timeZone } = this.#ports.gate
    const { count: messages } = this.#messages
    this.#text = unresolvedSentence(told, { timeZone, isAgain: this.#sayings > 0, messages })
    this.#sayings += 1
    const id = this.#words.begin({ id: ID, attempt: this.#sayings })
    this.#say({ id, purpose: 'announcement', text: this.#text })
  }

  #onNews(news: DeskNews): void {
    if (news.kind === 'questionStarted') this.#isSounding = true
    else if (news.kind === 'questionSent') this.#isAsWritten = sameWords(news.spoken ?? '', this.#text)
    else if (news.kind === 'questionMark') this.#onHeardWhole()
    else if (news.kind === 'questionFailed') this.#sayNext()
  }

  #onHeardWhole(): void {
    if (!this.#isAsWritten) return this.#sayNext()
    this.#isSounding = false
    const { gate, background } = this.#ports
    if (this.#intents.length > 0) background('markTold', this.#markTold())
    const { count, untilMs } = this.#messages
    if (count > 0) background('markTold', gate.notices.markTold(untilMs))
  }

  async #markTold(): Promise<void> {
    const { clock, gate } = this.#ports
    const nowMs = clock.wallMs()
    const told = this.#intents.map(({ intentId }) => intentId)
    await gate.effects.markTold(told, { nowMs, by: await this.#caller() })
  }
}
