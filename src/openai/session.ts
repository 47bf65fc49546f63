import type { RealtimeSessionCreateRequest } from 'openai/resources/realtime/realtime'
import type { Clock, Timer } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PastItem, ReplyRequest, SpeechLoss, SpeechReceiver, SpeechSession } from '../ports/speech.ts'
import { compareLater, compareSession, reportSession } from './agreement.ts'
import { encodeEvent, textItem } from './client-codec.ts'
import type { NumberedEvent } from './client-codec.ts'
import { Conversation } from './conversation.ts'
import { codeLabel, lossOf, reactionTo } from './errors.ts'
import type { ErrorReaction, ProviderError } from './errors.ts'
import { scanFlatEvent } from './flat-event.ts'
import { MessageBudget } from './message-budget.ts'
import { Probe } from './probe.ts'
import { type Dial, RealtimeSocket } from './realtime-socket.ts'
import { decodeServerMessage } from './server-codec.ts'
import type { ServerEvent } from './server-event.ts'

/** All that a session needs from its engine. */
export type SessionOptions = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly config: RealtimeSessionCreateRequest
  readonly bytesPerMs: number
  readonly turns: { readonly repliesToTurns: boolean; readonly interrupts: boolean }
  readonly limits: {
    readonly sessionReadyDeadlineMs: number
    readonly handshakeTimeoutMs: number
    readonly pingIntervalMs: number
    readonly maxBufferedBytes: number
  }
  readonly scratch: Buffer
  readonly receiver: SpeechReceiver
  readonly dial?: Dial | undefined
  readonly clock: Clock
  /** Already bound to the call. */
  readonly log: Log
  readonly metrics: Metrics
  /** Told once, when the session is over for whatever reason. */
  readonly onOver: () => void
  /** Told of each message before anything else is done with it. */
  readonly onEnter?: () => void
}

/**
 * One Realtime connection of a call, from the handshake through the agreement to its end. `over` is reached once,
 * by a loss that is told or by `close`, and nothing is told after it.
 */
export class RealtimeSession implements SpeechSession {
  readonly #options: SessionOptions
  readonly #socket: RealtimeSocket
  readonly #conversation: Conversation
  readonly #openedAtMs: number
  readonly #readyTimer: Timer
  readonly #probe: Probe
  readonly #budget = new MessageBudget()
  #phase: 'connecting' | 'updating' | 'ready' | 'over' = 'connecting'
  #sessionId = ''
  #expiresAtWallMs: number | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    const { clock, limits } = options
    this.#openedAtMs = clock.nowMs()
    this.#conversation = new Conversation({
      ...options,
      send: (event) => this.#send(event),
      guarded: (work) => this.#guarded(work),
    })
    this.#probe = new Probe({
      clock,
      onAnswer: (atMs) => options.receiver.onEvent({ kind: 'sessionAnswered', atMs }),
      onSilence: () =>
        this.#guarded(() => this.#lose({ reason: 'unresponsive', code: 'probe', retryable: true })),
    })
    this.#readyTimer = clock.setTimer(limits.sessionReadyDeadlineMs, () =>
      this.#guarded(() => this.#lose({ reason: 'notReady', retryable: true })),
    )
    this.#socket = new RealtimeSocket({
      ...limits,
      url: options.url,
      headers: options.headers,
      dial: options.dial,
      clock,
      listener: {
        onOpen: () => this.#onOpen(),
        onMessage: (message, isBinary) => this.#onMessage(message, isBinary),
        onSignOfLife: () => this.#guarded(() => this.#staysWithinBudget()),
        onKnown: (bytes, from, end) => this.#onKnown(bytes, from, end),
        onEnd: (end) => this.#guarded(() => this.#lose(lossOf(end))),
      },
    })
  }

  append(bytes: Uint8Array): boolean {
    if (this.#phase !== 'ready') return false
    if (bytes.length === 0) return true
    const outcome = this.#socket.sendAudio(bytes)
    return outcome === 'sent' || (outcome === 'unread' && this.#staysWithinBuffer())
  }

  requestReply(request: ReplyRequest = {}): void {
    this.#conversation.requestReply(request)
  }

  cancelReply(responseId: string): void {
    this.#conversation.cancelReply(responseId)
  }

  truncate(itemId: string, heardMs: number): void {
    this.#conversation.truncate(itemId, heardMs)
  }

  answerTool(callId: string, output: string): boolean {
    return this.#conversation.answerTool(callId, output)
  }

  restore(past: readonly PastItem[]): void {
    this.#conversation.restore(past)
  }

  addText(item: { readonly role: 'system' | 'user' | 'assistant'; readonly text: string }): void {
    this.#conversation.addItem(textItem(item.role, item.text))
  }

  probe(): void {
    if (this.#phase === 'ready') this.#probe.ask((event) => this.#send(event))
  }

  bufferedBytes(): number {
    return this.#socket.bufferedBytes()
  }

  close(reason: string): void {
    if (this.#phase === 'over') return
    this.#finish()
    this.#socket.close()
    this.#options.log.event('info', 'sessionClosed', { reason: reason.slice(0, 64) })
  }

  /** `session.created` need not be waited for. */
  #onOpen(): void {
    if (this.#phase !== 'connecting') return
    this.#phase = 'updating'
    this.#send({ type: 'session.update', event_id: 'update_1', session: this.#options.config })
  }

  #onMessage(message: Buffer, isBinary: boolean): void {
    if (this.#phase === 'over') return
    this.#options.onEnter?.()
    // Not #guarded: the audio path makes no closure.
    try {
      this.#probe.onMessage()
      if (!this.#staysWithinBudget()) return
      if (isBinary) this.#onEvent({ kind: 'malformed', reason: 'notText' })
      else this.#onEvent(decodeServerMessage(message, this.#options.scratch))
    } catch (error) {
      this.#broke(error)
    }
  }

  /** What comes often, audio before all, is known by its bytes. */
  #onKnown(bytes: Buffer, from: number, end: number): boolean {
    if (this.#phase !== 'ready') return false
    const event = scanFlatEvent(bytes, this.#options.scratch, { from, end })
    if (!event) return false
    this.#options.onEnter?.()
    try {
      this.#probe.onMessage()
      if (this.#staysWithinBudget()) this.#onEvent(event)
    } catch (error) {
      this.#broke(error)
    }
    return true
  }

  #onEvent(event: ServerEvent): void {
    const { metrics } = this.#options
    switch (event.kind) {
      case 'audio':
        return this.#conversation.onAudio(event)
      case 'sessionCreated':
        this.#sessionId = event.sessionId
        this.#expiresAtWallMs = event.expiresAtWallMs
        return
      case 'sessionUpdated':
        return this.#onUpdated(event)
      case 'error':
        return this.#onError(event)
      case 'other':
        return metrics.count('realtime_events_ignored_total', { reason: 'notUsed' })
      case 'malformed':
        metrics.count('protocol_faults_total', { source: 'openai', reason: event.reason })
        if (!this.#budget.takeUnreadable()) this.#lose({ reason: 'garbled', retryable: true })
        return
      case 'speechStarted':
      case 'speechStopped':
      case 'turnCommitted':
      case 'callerText':
      case 'callerTextFailed':
      case 'itemAdded':
      case 'responseCreated':
      case 'outputItemAdded':
      case 'outputItemDone':
      case 'replyText':
      case 'audioDone':
      case 'responseDone':
        return this.#conversation.onEvent(event)
    }
  }

  #onUpdated(event: Extract<ServerEvent, { kind: 'sessionUpdated' }>): void {
    const { config } = this.#options
    this.#sessionId = event.sessionId ?? this.#sessionId
    this.#expiresAtWallMs = event.expiresAtWallMs ?? this.#expiresAtWallMs
    const found = (this.#phase === 'ready' ? compareLater : compareSession)(config, event.session)
    // Once: the answer to every probe tells small differences again.
    reportSession(this.#phase === 'updating' ? found : { ...found, differences: [] }, this.#options)
    if (found.disagreements.length > 0) {
      // A running session that changed: the caller must not go on talking to another agent.
      if (this.#phase === 'ready') {
        this.#lose({ reason: 'fatalError', code: 'session_changed', retryable: true })
      }
    } else if (this.#phase === 'updating') this.#becomeReady()
    else this.#probe.onAnswered()
  }

  #becomeReady(): void {
    const { clock, metrics, log } = this.#options
    this.#phase = 'ready'
    this.#readyTimer.cancel()
    const atMs = clock.nowMs()
    const durationMs = atMs - this.#openedAtMs
    metrics.observe('session_ready_ms', durationMs)
    const sessionId = this.#sessionId
    log.event('info', 'sessionReady', { sessionId, durationMs })
    const expiry = this.#expiresAtWallMs === undefined ? {} : { expiresAtWallMs: this.#expiresAtWallMs }
    this.#conversation.start({ kind: 'sessionReady', sessionId, ...expiry, atMs })
  }

  #onError(error: ProviderError & { readonly param?: string }): void {
    const { log, metrics } = this.#options
    const { code, param, eventId = '' } = error
    const reaction = reactionTo(error)
    if (eventId.startsWith('probe_')) this.#probe.onAnswered()
    metrics.count('realtime_events_refused_total', { code: codeLabel(code), reaction: reaction.kind })
    const level = reaction.kind === 'ignore' ? 'debug' : reaction.kind === 'clientBug' ? 'error' : 'warn'
    log.event(level, 'eventRefused', { code, name: eventId, reason: param ?? reaction.kind })
    switch (reaction.kind) {
      case 'fatal':
        return this.#lose({ reason: 'fatalError', code, retryable: reaction.retryable })
      case 'reconnect':
        return this.#lose({ reason: 'expired', code, retryable: true })
      case 'ignore':
        return
      case 'clientBug':
      case 'report':
      case 'retryOnce':
      case 'retryAfterDone':
        // The update was not applied: the defaults are in force, another agent would answer.
        if (this.#phase === 'updating' && isUpdateRefusal(reaction, eventId)) {
          return this.#lose({ reason: 'notReady', code, retryable: true })
        }
        return this.#conversation.onRefused(reaction.kind, { code, eventId })
    }
  }

  #send(event: NumberedEvent): void {
    if (this.#phase !== 'over' && this.#socket.send(encodeEvent(event))) this.#staysWithinBuffer()
  }

  #staysWithinBudget(): boolean {
    if (this.#budget.take(this.#options.clock.nowMs())) return true
    this.#lose({ reason: 'flooded', retryable: true })
    return false
  }

  #staysWithinBuffer(): boolean {
    if (this.#socket.bufferedBytes() <= this.#options.limits.maxBufferedBytes) return true
    this.#lose({ reason: 'backpressure', retryable: true })
    return false
  }

  #lose(loss: SpeechLoss): void {
    if (this.#phase === 'over') return
    const { metrics, log, clock, receiver } = this.#options
    this.#finish()
    this.#socket.terminate()
    metrics.count('realtime_sessions_lost_total', { reason: loss.reason })
    const code = loss.code === undefined ? {} : { code: loss.code }
    log.event('warn', 'sessionLost', { sessionId: this.#sessionId, reason: loss.reason, ...code })
    receiver.onEvent({ kind: 'sessionLost', loss, atMs: clock.nowMs() })
  }

  #finish(): void {
    this.#phase = 'over'
    this.#readyTimer.cancel()
    this.#probe.stop()
    this.#conversation.stop()
    this.#options.onOver()
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#broke(error)
    }
  }

  /** A fault in one call ends its session and reaches no other call: this is the edge of the socket. */
  #broke(error: unknown): void {
    const { log } = this.#options
    const name = error instanceof Error ? error.name : typeof error
    log.event('error', 'sessionReceiverFailed', { name })
    try {
      this.#lose({ reason: 'fatalError', code: 'internal', retryable: false })
    } catch {
      log.event('error', 'sessionReceiverFailed', { name, reason: 'onLoss' })
    }
  }
}

/** Before the agreement we have sent nothing but the update, so a fault without an id is about it too. */
function isUpdateRefusal(reaction: ErrorReaction, eventId: string): boolean {
  return eventId.startsWith('update_') || (eventId === '' && reaction.kind === 'clientBug')
}
