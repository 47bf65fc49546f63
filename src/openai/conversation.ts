import type { ConversationItem } from 'openai/resources/realtime/realtime'
import type { Clock, Timer } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { ReplyRequest, SpeechEvent, SpeechReceiver } from '../ports/speech.ts'
import type { PastItem } from '../ports/speech.ts'
import { eventNumbering, pastItems, replyEvent } from './client-codec.ts'
import type { NumberedEvent } from './client-codec.ts'
import type { ErrorReaction } from './errors.ts'
import { ItemLedger } from './items.ts'
import { initialResponses, stepResponses } from './responses.ts'
import type { ResponsesEffect, ResponsesEvent, ResponsesState } from './responses.ts'
import type { ServerEvent } from './server-event.ts'
import { meaningOf } from './speech-events.ts'
import type { ConversationEvent } from './speech-events.ts'

const maxHeldItems = 64

/** What a conversation needs from its session. Nothing is called after `stop`. */
export type ConversationOptions = {
  readonly bytesPerMs: number
  readonly turns: { readonly repliesToTurns: boolean; readonly interrupts: boolean }
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly receiver: SpeechReceiver
  send(event: NumberedEvent): void
  /** Runs work that a timer set off, at the edge where faults are caught. */
  guarded(work: () => void): void
}

/**
 * What is said in a session: who speaks next, which items there are, which tool calls are open. It sends and tells
 * from the agreement on; text items and reply requests from before are kept until then.
 */
export class Conversation {
  readonly #options: ConversationOptions
  readonly #ledger: ItemLedger
  readonly #number = eventNumbering()
  readonly #held: ConversationItem[] = []
  #responses: ResponsesState
  #waitTimer: Timer | undefined
  #phase: 'waiting' | 'running' | 'stopped' = 'waiting'

  constructor(options: ConversationOptions) {
    this.#options = options
    this.#ledger = new ItemLedger(options.bytesPerMs)
    this.#responses = initialResponses(options.turns)
  }

  /** Sends what was kept, tells that the session is ready, then lets replies go. */
  start(sessionReady: SpeechEvent): void {
    this.#phase = 'running'
    for (const item of this.#held.splice(0)) this.addItem(item)
    this.tell(sessionReady)
    this.#step({ kind: 'ready' })
  }

  stop(): void {
    this.#phase = 'stopped'
    this.#waitTimer?.cancel()
  }

  requestReply(request: ReplyRequest): void {
    this.#step({ kind: 'wanted', request })
  }

  cancelReply(responseId: string): void {
    this.#step({ kind: 'cancelAsked', responseId })
  }

  truncate(itemId: string, heardMs: number): void {
    if (this.#phase !== 'running') return
    const cut = this.#ledger.cut(itemId, heardMs)
    switch (cut.kind) {
      case 'nothing':
        return
      case 'delete':
        return this.#options.send({
          type: 'conversation.item.delete',
          event_id: this.#number('delete'),
          item_id: itemId,
        })
      case 'truncate':
        return this.#options.send({
          type: 'conversation.item.truncate',
          event_id: this.#number('truncate'),
          item_id: itemId,
          content_index: 0,
          audio_end_ms: cut.audioEndMs,
        })
    }
  }

  /** A call of an earlier session, or one that was answered before, would be refused by the provider. */
  answerTool(callId: string, output: string): boolean {
    if (this.#phase !== 'running' || !this.#ledger.answerCall(callId)) return false
    this.addItem({ type: 'function_call_output', call_id: callId, output })
    this.#step({ kind: 'toolAnswered', callId })
    return true
  }

  /** Before the agreement an item would enter the conversation of another agent; at most 64 wait, more are dropped. */
  addItem(item: ConversationItem): void {
    switch (this.#phase) {
      case 'stopped':
        return
      case 'waiting':
        if (this.#held.length < maxHeldItems) this.#held.push(item)
        else this.#options.log.event('error', 'itemDropped', { reason: 'tooManyHeld' })
        return
      case 'running': {
        const eventId = this.#number('item')
        this.#step({ kind: 'itemSent', itemId: eventId })
        this.#options.send({
          type: 'conversation.item.create',
          event_id: eventId,
          item: { ...item, id: eventId },
        })
      }
    }
  }

  /** Sent one after the other without waiting for an answer; whatever is asked for later stands behind them. */
  restore(past: readonly PastItem[]): void {
    if (this.#phase !== 'running') return
    for (const one of past) {
      if (one.kind === 'toolRound') this.#ledger.startCall(one.callId)
      for (const item of pastItems(one)) {
        const eventId = this.#number('item')
        this.#options.send({
          type: 'conversation.item.create',
          event_id: eventId,
          item: { ...item, id: eventId },
        })
      }
      if (one.kind === 'toolRound') this.#ledger.answerCall(one.callId)
    }
  }

  onAudio(audio: Extract<ServerEvent, { kind: 'audio' }>): void {
    const { responseId, itemId, bytes } = audio
    if (!this.#ledger.isRunning(responseId)) return this.#countUnheard()
    if (this.#ledger.startItem(itemId, { responseId, role: 'assistant' })) {
      this.tell({ kind: 'replyStarted', responseId, itemId, atMs: this.#options.clock.nowMs() })
    }
    this.#ledger.addAudio(itemId, bytes.length)
    if (this.#phase === 'running') this.#options.receiver.onAudio(audio)
  }

  onEvent(event: ConversationEvent): void {
    const { speech, responses, ignored } = meaningOf(event, this.#ledger, this.#options.clock.nowMs())
    if (ignored) return this.#countUnheard()
    // An interruption is told before anything else is done. The end of a response is told first, so that a reply
    // asked for on hearing it joins one already wanted. A beginning is noted first, so that it can be cancelled.
    const tellFirst = event.kind === 'speechStarted' || event.kind === 'responseDone'
    if (tellFirst && speech) this.tell(speech)
    if (responses) this.#step(responses)
    if (!tellFirst && speech) this.tell(speech)
  }

  /** One of our events was refused and the session goes on; the sequencer decides what becomes of a reply. */
  onRefused(
    reaction: ErrorReaction['kind'],
    refused: { readonly code: string; readonly eventId: string },
  ): void {
    const { code, eventId } = refused
    if (!eventId.startsWith('create_')) {
      return this.tell({ kind: 'eventRefused', code, atMs: this.#options.clock.nowMs() })
    }
    const retry = reaction === 'retryAfterDone' ? 'afterDone' : reaction === 'retryOnce' ? 'now' : 'never'
    this.#step({ kind: 'refused', key: eventId, retry, code })
  }

  /** Tells the call, unless the conversation has not begun or is over. */
  tell(event: SpeechEvent): void {
    if (this.#phase === 'running') this.#options.receiver.onEvent(event)
  }

  #step(event: ResponsesEvent): void {
    if (this.#phase === 'stopped') return
    const { state, effects } = stepResponses(this.#responses, event)
    this.#responses = state
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: ResponsesEffect): void {
    switch (effect.kind) {
      case 'create':
        return this.#options.send(replyEvent(effect.key, effect.request))
      case 'cancel':
        return this.#options.send({
          type: 'response.cancel',
          event_id: this.#number('cancel'),
          response_id: effect.responseId,
        })
      case 'gaveUp':
        return this.#toldGivenUp(effect)
      case 'wait':
        // What was told a moment ago may have led to a newer wait.
        if (effect.token !== this.#responses.waitToken) return
        this.#waitTimer?.cancel()
        this.#waitTimer = this.#options.clock.setTimer(effect.delayMs, () =>
          this.#options.guarded(() => this.#step({ kind: 'waitOver', token: effect.token })),
        )
    }
  }

  #toldGivenUp({ code, id }: Extract<ResponsesEffect, { kind: 'gaveUp' }>): void {
    const atMs = this.#options.clock.nowMs()
    this.tell({ kind: 'eventRefused', code, ...(id !== undefined && { id }), atMs })
  }

  #countUnheard(): void {
    this.#options.metrics.count('realtime_events_ignored_total', { reason: 'otherResponse' })
  }
}
