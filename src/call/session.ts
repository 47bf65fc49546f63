import type { CallStatus } from '../ports/incoming-calls.ts'
import type { Log } from '../ports/log.ts'
import type { SpeechEvent } from '../ports/speech.ts'
import type { MediaSink, StreamEndReason, StreamEvent, StreamReceiver } from '../ports/telephony.ts'
import type { Effect } from './effect.ts'
import type { CallEvent, Heard } from './event.ts'
import { Mailbox } from './mailbox.ts'
import { step } from './machine.ts'
import { CallMedia } from './media.ts'
import { NamedTimers } from './named-timers.ts'
import type { CallPlan, CallPorts } from './plan.ts'
import { Playback } from './playback.ts'
import { countCall } from './call-metrics.ts'
import { Recorder } from './recorder.ts'
import { runTool } from './tool-run.ts'
import { SpeechLine } from './speech-line.ts'
import { StreamLine } from './stream-line.ts'
import { faultCode } from './fault-code.ts'
import { type CallState, initialEffects, initialState } from './state.ts'

/** Events of one call that may wait for their turn. */
const MAILBOX_CAPACITY = 1_024

/**
 * One call from ring to hang-up: the shell round the pure machine. It turns what ports report into events, and effects
 * into orders to ports; it decides nothing.
 */
export class CallSession {
  readonly plan: CallPlan
  readonly #ports: CallPorts
  readonly #log: Log
  readonly #recorder: Recorder
  readonly #playback: Playback
  readonly #media: CallMedia
  readonly #mailbox: Mailbox<CallEvent>
  readonly #timers: NamedTimers
  readonly #line: SpeechLine
  readonly #stream: StreamLine
  readonly #abort = new AbortController()
  readonly #onOver: () => void
  readonly #offeredAtMs: number
  #state: CallState
  #eventAtMs = 0
  #isOver = false
  #hangUpOrdered = false

  /** @param onOver called once, when the record of the call is complete */
  constructor(plan: CallPlan, ports: CallPorts, onOver: () => void) {
    this.plan = plan
    this.#ports = ports
    this.#onOver = onOver
    this.#log = ports.log.forCall(plan.callSid)
    this.#recorder = new Recorder(plan, ports)
    this.#offeredAtMs = ports.clock.nowMs()
    this.#state = initialState(plan.rules)
    this.#playback = new Playback({
      onFirstHeard: (utterance, atMs) => this.#post({ kind: 'firstHeard', utterance, atMs }),
      onUtteranceHeard: (heard, atMs) => this.#post({ kind: 'utteranceHeard', ...heard, atMs }),
      onReplyStalled: ({ itemId, responseId }, atMs) => {
        this.#media.stalled()
        this.#post({ kind: 'replyStalled', itemId, responseId, atMs })
      },
    })
    this.#media = new CallMedia({
      engine: ports.audio,
      mode: ports.realtimeAudio,
      playback: this.#playback,
      heldAudioMs: ports.heldAudioMs,
      nowMs: () => ports.clock.nowMs(),
      listener: { onReplySounding: (reply) => this.#post({ kind: 'replySounding', ...reply }) },
    })
    this.#stream = new StreamLine({ recorder: this.#recorder, playback: this.#playback, media: this.#media })
    this.#timers = new NamedTimers(ports.clock, (name) =>
      this.#post({ kind: 'timer', name, heard: this.#heard(), atMs: this.#now() }),
    )
    this.#line = new SpeechLine({
      plan,
      ports,
      recorder: this.#recorder,
      listener: {
        onAudio: (audio) => this.#media.onReplyAudio(audio),
        onEvent: (event) => this.#onSpeechEvent(event),
        onLost: ({ retryable, reason, code }, atMs) => {
          this.#media.sessionGone()
          this.#post({ kind: 'sessionLost', retryable, code: code ?? reason, heard: this.#heard(), atMs })
          this.#playback.completeReplies(undefined, atMs)
        },
      },
    })
    this.#mailbox = new Mailbox({
      capacity: MAILBOX_CAPACITY,
      handle: (event) => this.#handle(event),
      onFull: () => this.#failHard('mailboxFull'),
    })
  }

  /** Writes the call down and dials the model, while the caller's leg is still being set up. */
  async begin(): Promise<void> {
    await this.#recorder.begin()
    // The call may have ended while it was written down: a session opened now would never be closed.
    if (this.phase() !== 'ringing') return
    const { from, to, direction, persona } = this.plan
    this.#log.event('info', 'callOffered', { from, to, direction, name: persona })
    this.#line.open(false)
    for (const effect of initialEffects(this.plan.rules)) this.#perform(effect)
  }

  /** Where the call stands, for the registry and for readiness. */
  phase(): CallState['phase'] {
    return this.#isOver ? 'over' : this.#state.phase
  }

  /** Joins a media stream that has started; one that was still attached is over. */
  attach(sink: MediaSink): StreamReceiver {
    this.streamGone('closed')?.close(1000, 'replaced')
    this.#stream.join(sink)
    const sessionAlive = this.#line.current() !== undefined
    this.#post({ kind: 'streamStarted', streamSid: sink.streamSid, sessionAlive, atMs: this.#now() })
    return {
      onMedia: (ulaw) => {
        if (this.#stream.is(sink)) this.#media.onCallerAudio(ulaw)
      },
      onEvent: (event) => {
        if (this.#stream.is(sink)) this.#onStreamEvent(event)
      },
    }
  }

  /**
   * The stream is over, whoever noticed first.
   * @returns the stream, which this does not close
   */
  streamGone(reason: StreamEndReason): MediaSink | undefined {
    const heard = this.#heard()
    const sink = this.#stream.leave(reason)
    if (sink) this.#post({ kind: 'streamEnded', reason, heard, atMs: this.#now() })
    return sink
  }

  statusChanged(status: CallStatus): void {
    this.#post({ kind: 'statusChanged', status, heard: this.#heard(), atMs: this.#now() })
  }

  /** Says goodbye and ends. */
  shutdown(): void {
    this.#post({ kind: 'shutdown', heard: this.#heard(), atMs: this.#now() })
  }

  /** Gives the call up before or without a stream: something of our own failed. */
  fail(): void {
    this.#failHard('internal')
  }

  #onStreamEvent(event: StreamEvent): void {
    switch (event.kind) {
      case 'mark':
        return this.#playback.onMark(event.name, event.atMs)
      case 'streamEnded':
        this.streamGone(event.reason)
        return
      case 'dtmf':
      case 'mediaPaused':
        return this.#post(event)
    }
  }

  #onSpeechEvent(event: Exclude<SpeechEvent, { kind: 'sessionLost' }>): void {
    if (event.kind === 'sessionReady') return this.#onSessionReady(event)
    if (event.kind === 'speechStarted') {
      return this.#post({ ...event, heard: this.#playback.heard(event.atMs) })
    }
    if (event.kind === 'replyAudioDone') {
      this.#playback.complete(
        { kind: 'reply', itemId: event.itemId, responseId: event.responseId },
        event.atMs,
      )
    }
    if (event.kind === 'responseDone') {
      this.#playback.completeReplies(event.responseId, event.atMs)
      this.#media.responseDone(event.responseId)
    }
    this.#post(event)
  }

  #onSessionReady(event: Extract<SpeechEvent, { kind: 'sessionReady' }>): void {
    this.#post(event)
    const session = this.#line.current()
    if (session) this.#media.sessionReady(session)
  }

  #post(event: CallEvent): void {
    this.#mailbox.post(event)
  }

  /** The edge of the call: what is thrown further in ends this call, not the socket or timer that brought the event. */
  #handle(event: CallEvent): void {
    this.#eventAtMs = event.atMs
    try {
      const { state, effects } = step(this.#state, event)
      this.#state = state
      for (const effect of effects) if (!this.#isOver) this.#perform(effect)
    } catch (error) {
      this.#failHard(faultCode(error))
    }
  }

  /** The one place where a call touches the world. */
  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'playClip':
        return this.#playClip(effect)
      case 'clearPlayback':
        return this.#clearPlayback()
      case 'dropReply':
        return this.#media.drop(effect.responseId)
      case 'truncateReply':
        this.#log.event('info', 'truncated', { itemId: effect.itemId, heardMs: effect.heardMs })
        return this.#line.current()?.truncate(effect.itemId, effect.heardMs)
      case 'cancelReply':
        return this.#line.current()?.cancelReply(effect.responseId)
      case 'requestReply':
        return this.#line.current()?.requestReply({ purpose: effect.purpose })
      case 'openSession':
        return this.#line.open(effect.resumed)
      case 'closeSession':
        this.#media.sessionGone()
        return this.#line.close(effect.reason)
      case 'padSilence':
        return this.#media.padSilence(effect.ms)
      case 'runTool':
        return this.#ports.background('tool', this.#runTool(effect))
      case 'answerTool':
        return this.#line.current()?.answerTool(effect.callId, effect.output)
      case 'setTimer':
        return this.#timers.set(effect.name, effect.delayMs)
      case 'cancelTimer':
        return this.#timers.cancel(effect.name)
      case 'recordTurn':
        return this.#recorder.turn(effect.turn)
      case 'observe':
        return this.#ports.metrics.observe(effect.name, effect.valueMs)
      case 'log':
        return this.#log.event(effect.level, effect.event, effect.fields)
      case 'closeStream':
        return this.#stream.leave(effect.reason)?.close(effect.code, effect.reason)
      case 'hangUp':
        return this.#ports.background('hangUp', this.#hangUp())
      case 'finish':
        return this.#finish(effect)
    }
  }

  #playClip({ sentence, clipId }: Extract<Effect, { kind: 'playClip' }>): void {
    const atMs = this.#now()
    const utterance = { kind: 'clip', clipId, sentence } as const
    const { ulaw } = this.#ports.promptAudio.clip(sentence, this.plan.language)
    this.#log.event('info', 'sentencePlayed', { name: sentence })
    if (this.#playback.send(utterance, ulaw, atMs)) return this.#playback.complete(utterance, atMs)
    // Nothing can be played any more: the sentence counts as over, so that nobody waits for it.
    this.#post({ kind: 'utteranceHeard', utterance, heardMs: 0, quiet: true, atMs })
  }

  #clearPlayback(): void {
    this.#playback.clear()
    this.#media.cleared()
    this.#ports.metrics.count('interruptions_total')
    this.#ports.metrics.observe('barge_in_clear_ms', this.#now() - this.#eventAtMs)
  }

  async #runTool({ callId, name, arguments: args }: Extract<Effect, { kind: 'runTool' }>): Promise<void> {
    const proposal = { callSid: this.plan.callSid, callId, name, arguments: args }
    const outcome = await runTool(proposal, {
      ports: this.#ports,
      log: this.#log,
      signal: this.#abort.signal,
    })
    this.#post({ kind: 'toolFinished', callId, outcome, atMs: this.#now() })
  }

  async #hangUp(): Promise<void> {
    if (this.#hangUpOrdered) return
    this.#hangUpOrdered = true
    const outcome = await this.#ports.telephony.hangUp(this.plan.callSid)
    const code = outcome.ok ? {} : { code: outcome.code }
    this.#post({ kind: 'hangUpDone', ok: outcome.ok, ...code, heard: this.#heard(), atMs: this.#now() })
  }

  #finish({ ending }: Extract<Effect, { kind: 'finish' }>): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#mailbox.close()
    this.#timers.cancelAll()
    this.#ports.background('finish', this.#recorder.finish(ending).finally(this.#onOver))
    this.#abort.abort()
    countCall(this.#ports.metrics, this.#media, { ending, offeredAtMs: this.#offeredAtMs })
    this.#media[Symbol.dispose]()
    this.#log.event('info', 'callEnded', { reason: ending, durationMs: this.#now() - this.#offeredAtMs })
  }

  /** The call can no longer be trusted to its own machine: it ends without it, whatever else is broken. */
  #failHard(code: string): void {
    if (this.#isOver) return
    this.#log.event('fatal', 'callFailed', { code })
    this.#ports.background('hangUp', this.#hangUp())
    this.#attempt(() => this.#stream.leave('failed')?.close(1011, 'internal error'))
    this.#attempt(() => this.#line.close('failed'))
    this.#attempt(() => this.#finish({ kind: 'finish', ending: 'failed' }))
  }

  #attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#log.event('error', 'closingFailed', { code: faultCode(error) })
    }
  }

  #heard(): readonly Heard[] {
    return this.#playback.heard(this.#now())
  }

  #now(): number {
    return this.#ports.clock.nowMs()
  }
}
