import { inTime } from '../lib/in-time.ts'
import type { CallStatus } from '../ports/incoming-calls.ts'
import type { MediaSink, StreamEndReason, StreamEvent, StreamReceiver } from '../ports/telephony.ts'
import type { CallEnding } from '../ports/storage.ts'
import { countCall } from './call-metrics.ts'
import { CallParts } from './call-parts.ts'
import type { Effect } from './effect.ts'
import type { CallEvent } from './event.ts'
import { faultCode } from './fault-code.ts'
import { aheadOfStep, step } from './machine.ts'
import { joinWords } from './join-words.ts'
import { Mailbox } from './mailbox.ts'
import { Performer } from './performer.ts'
import type { CallPlan, CallPorts } from './plan.ts'
import { firstEffects, firstState } from './resumption.ts'
import { type CallState, handedOverState } from './state.ts'
import { isUnwanted } from './turns.ts'

/** Events of one call that may wait for their turn. */
const MAILBOX_CAPACITY = 1_024
/** What the gate of a call that is over has to write is on disk within this, or is not waited for. */
const GATE_CLOSING_MS = 2_000

/**
 * One call from ring to hang-up: the shell round the pure machine. It turns what ports report into events, and effects
 * into orders to ports; it decides nothing.
 */
export class CallSession {
  readonly plan: CallPlan
  readonly #ports: CallPorts
  readonly #parts: CallParts
  readonly #performer: Performer
  readonly #mailbox: Mailbox<CallEvent>
  readonly #onOver: () => void
  readonly #offeredAtMs: number
  #state: CallState
  #isOver = false
  /** What the caller's latest words interrupt is silent, and the event that tells of them is still to be handled. */
  #isSilenced = false

  /**
   * @param options.handsOver the call is served by the network from the start, without a stream and without a model
   * @param options.onOver called once, when the record of the call is complete
   */
  constructor(
    plan: CallPlan,
    ports: CallPorts,
    options: { readonly handsOver: boolean; readonly onOver: () => void },
  ) {
    this.plan = plan
    this.#ports = ports
    this.#onOver = options.onOver
    this.#offeredAtMs = ports.clock.nowMs()
    const { rules, resumption } = plan
    this.#state = options.handsOver ? handedOverState(rules) : firstState(rules, resumption)
    this.#parts = new CallParts(plan, ports, {
      post: (event) => this.#post(event),
      silence: (event) => this.#silence(event),
      isWanted: (event) => !isUnwanted(this.#state, event),
      onThrown: (error) => this.#failHard(faultCode(error)),
    })
    this.#performer = new Performer(this.#parts, (effect) => this.#finish(effect))
    this.#mailbox = new Mailbox({
      capacity: MAILBOX_CAPACITY,
      handle: (event) => this.#handle(event),
      join: joinWords,
      onFull: () => this.#failHard('mailboxFull'),
    })
  }

  /** Writes the call down and dials the model, while the caller's leg is still being set up. */
  async begin(): Promise<void> {
    const { recorder, log, line } = this.#parts
    const phase = this.phase()
    await recorder.begin()
    // The call may have ended while it was written down: a session opened now would never be closed.
    if (this.phase() !== phase) return
    const { from, to, direction, persona, resumption } = this.plan
    if (!resumption) log.event('info', 'callOffered', { from, to, direction, name: persona })
    if (phase !== 'handedOver') line.open(phase === 'detached')
    const effects = firstEffects(this.#state, resumption, this.#ports.clock.wallMs())
    for (const effect of effects) this.#performer.perform(effect, this.#offeredAtMs)
  }

  /** Where the call stands, for the registry and for readiness. */
  phase(): CallState['phase'] {
    return this.#isOver ? 'over' : this.#state.phase
  }

  /** Joins a media stream that has started; one that was still attached is over. */
  attach(sink: MediaSink): StreamReceiver {
    const { stream, line, media, gate } = this.#parts
    this.streamGone('closed')?.close(1000, 'replaced')
    stream.join(sink)
    const sessionAlive = line.current() !== undefined
    const atMs = this.#parts.nowMs()
    this.#post({ kind: 'streamStarted', streamSid: sink.streamSid, sessionAlive, atMs })
    gate.attached()
    return {
      onMedia: (ulaw) => {
        if (stream.is(sink)) media.onCallerAudio(ulaw)
      },
      onEvent: (event) => {
        if (stream.is(sink)) this.#onStreamEvent(event)
      },
    }
  }

  /**
   * The stream is over, whoever noticed first.
   * @returns the stream, which this does not close
   */
  streamGone(reason: StreamEndReason): MediaSink | undefined {
    const now = this.#now()
    const sink = this.#parts.stream.leave(reason)
    if (sink) this.#post({ kind: 'streamEnded', reason, ...now })
    return sink
  }

  statusChanged(status: CallStatus): void {
    this.#post({ kind: 'statusChanged', status, ...this.#now() })
  }

  /** The network is about to ring a person for the caller. */
  handedToPerson(): void {
    this.#parts.gate.handedToPerson()
  }

  /** Says goodbye and ends. */
  shutdown(): void {
    this.#post({ kind: 'shutdown', ...this.#now() })
  }

  /** Ends the call now, whatever was still to be said. */
  cutOff(): void {
    this.#post({ kind: 'cutOff', ...this.#now() })
  }

  /** Gives the call up before or without a stream: something of our own failed. */
  fail(): void {
    this.#failHard('internal')
  }

  #onStreamEvent(event: StreamEvent): void {
    switch (event.kind) {
      case 'mark':
        return this.#parts.playback.onMark(event.name, event.atMs)
      case 'streamEnded':
        this.streamGone(event.reason)
        return
      case 'dtmf':
        this.#parts.gate.key(event.digit)
        return this.#post(event)
      case 'mediaPaused':
        return this.#post(event)
    }
  }

  /** What the model has told before comes first. */
  #post(event: CallEvent): void {
    this.#parts.inbox.settle()
    this.#mailbox.post(event)
  }

  /**
   * The caller begins to speak: what sounds is silenced before anything else is done about it.
   * @returns whether something was
   */
  #silence(event: Extract<CallEvent, { kind: 'speechStarted' }>): boolean {
    if (this.#isOver || this.#mailbox.isHandling()) return false
    const ahead = aheadOfStep(this.#state, event)
    this.#isSilenced = ahead.length > 0
    this.#guarded(() => {
      for (const effect of ahead) {
        if (effect.kind === 'clearPlayback') this.#performer.silence(event.atMs)
        else this.#performer.perform(effect, event.atMs)
      }
    })
    return this.#isSilenced
  }

  /** The edge of the call: what is thrown further in ends this call, not the socket or timer that brought the event. */
  #handle(event: CallEvent): void {
    this.#guarded(() => {
      const { state, effects } = step(this.#state, event)
      this.#state = state
      const isSilenced = event.kind === 'speechStarted' && this.#isSilenced
      if (isSilenced) this.#isSilenced = false
      this.#performAll(isSilenced ? effects.filter((effect) => !silences(effect)) : effects, event.atMs)
    })
  }

  #performAll(effects: readonly Effect[], atMs: number): void {
    for (const effect of effects) if (!this.#isOver) this.#performer.perform(effect, atMs)
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#failHard(faultCode(error))
    }
  }

  #finish({ ending }: Extract<Effect, { kind: 'finish' }>): void {
    if (this.#isOver) return
    this.#isOver = true
    const { timers, abort, media, log, inbox } = this.#parts
    this.#mailbox.close()
    inbox.clear()
    timers.cancelAll()
    this.#ports.background('finish', this.#complete(ending).finally(this.#onOver))
    abort.abort()
    countCall(this.#ports.metrics, media, { ending, offeredAtMs: this.#offeredAtMs })
    media[Symbol.dispose]()
    const durationMs = this.#parts.nowMs() - this.#offeredAtMs
    log.event('info', 'callEnded', { reason: ending, durationMs })
  }

  /** The record, and what the gate still has to write: a handler that does not heed its end is not waited for. */
  async #complete(ending: CallEnding): Promise<void> {
    const { recorder, gate } = this.#parts
    const closed = inTime(gate[Symbol.asyncDispose](), { clock: this.#ports.clock, delayMs: GATE_CLOSING_MS })
    await Promise.all([recorder.finish(ending), closed])
  }

  /** The call can no longer be trusted to its own machine: it ends without it, whatever else is broken. */
  #failHard(code: string): void {
    if (this.#isOver) return
    const { log, stream, line } = this.#parts
    log.event('fatal', 'callFailed', { code })
    this.#performer.hangUp()
    this.#attempt(() => stream.leave('failed')?.close(1011, 'internal error'))
    this.#attempt(() => line.close('failed'))
    this.#attempt(() => this.#finish({ kind: 'finish', ending: 'failed' }))
  }

  #attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#parts.log.event('error', 'closingFailed', { code: faultCode(error) })
    }
  }

  #now(): { heard: ReturnType<CallParts['heard']>; atMs: number } {
    return { heard: this.#parts.heard(), atMs: this.#parts.nowMs() }
  }
}

/** What an interruption does before anything else. */
function silences({ kind }: Effect): boolean {
  return kind === 'clearPlayback' || kind === 'dropReply'
}
