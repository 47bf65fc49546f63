import type { Contradiction } from '../policy/contradictions.ts'
import { correction } from '../prompts/corrections.ts'
import type { Log } from '../ports/log.ts'
import type { SpeechEvent, SpeechLoss } from '../ports/speech.ts'
import type { CallEvent, Heard, Saying } from './event.ts'
import { GateLine } from './gate-line.ts'
import { CallHistory } from './history.ts'
import { CallMedia } from './media.ts'
import { NamedTimers } from './named-timers.ts'
import { OptOutEar } from './opt-out-ear.ts'
import type { CallPlan, CallPorts } from './plan.ts'
import { takesPin } from './pin-line.ts'
import { Playback } from './playback.ts'
import { Recorder } from './recorder.ts'
import { SaidCheck } from './said-check.ts'
import { type Circumstances, type Silenced, SpeechInbox, type Taken } from './speech-inbox.ts'
import { SpeechLine } from './speech-line.ts'
import { StreamLine } from './stream-line.ts'
import { ToolDesk } from './tool-desk.ts'

/** Where what happens goes. */
export type CallDoor = {
  /** Takes an event for the call's mailbox. */
  readonly post: (event: CallEvent) => void
  /** Silences what the caller interrupts, before anybody is told; false where nothing was to be silenced. */
  readonly silence: (event: Extract<CallEvent, { kind: 'speechStarted' }>) => boolean
} & Pick<Circumstances, 'isWanted' | 'onThrown'>

/** What one call is made of besides its state, put together so that whatever they report becomes an event. */
export class CallParts {
  readonly plan: CallPlan
  readonly ports: CallPorts
  readonly log: Log
  readonly recorder: Recorder
  readonly history = new CallHistory()
  readonly playback: Playback
  readonly media: CallMedia
  readonly timers: NamedTimers
  readonly line: SpeechLine
  readonly stream: StreamLine
  readonly tools: ToolDesk
  readonly inbox: SpeechInbox
  readonly gate: GateLine
  readonly said: SaidCheck
  readonly #optOuts: OptOutEar
  /** Fires when the call is over. */
  readonly abort = new AbortController()
  readonly post: (event: CallEvent) => void
  #corrections = 0

  constructor(plan: CallPlan, ports: CallPorts, door: CallDoor) {
    const { post } = door
    this.plan = plan
    this.ports = ports
    this.post = post
    this.log = ports.log.forCall(plan.callSid)
    this.recorder = new Recorder(plan, ports)
    // Their times are of another clock, which nobody asks for here.
    for (const turn of plan.resumption?.history ?? []) this.history.turn(turn)
    this.playback = this.#makePlayback()
    this.inbox = new SpeechInbox({
      clock: ports.clock,
      call: {
        ...door,
        mayAnythingWait: () => this.gate.isShut(),
        silence: (event) => this.#silence(event, door),
      },
      take: (event, isSilenced) => this.#onTold(event, isSilenced),
    })
    this.media = new CallMedia({
      engine: ports.audio,
      mode: ports.realtimeAudio,
      playback: this.playback,
      heldAudioMs: ports.heldAudioMs,
      hidesKeys: takesPin(plan, ports),
      nowMs: () => ports.clock.nowMs(),
      listener: {
        onCallerPaused: (pause) => post({ kind: 'callerPaused', ...pause }),
        onReplySounding: (reply) => this.inbox.post({ kind: 'replySounding', ...reply }),
      },
    })
    this.gate = this.#makeGate()
    this.#optOuts = new OptOutEar({ plan, ports, say: (saying) => this.#say(saying) })
    this.said = new SaidCheck((found, responseId) => this.#onContradiction(found, responseId))
    this.stream = new StreamLine({ recorder: this.recorder, playback: this.playback, media: this.media })
    this.timers = new NamedTimers(ports.clock, (name) =>
      post({ kind: 'timer', name, heard: this.heard(), atMs: this.#arrived() }),
    )
    this.line = this.#makeLine()
    this.tools = new ToolDesk({
      tools: plan.tools,
      ports,
      log: this.log,
      history: this.history,
      line: this.line,
      propose: (call) => this.gate.propose(call),
      onTold: (result) => this.said.told(result),
      onFinished: (callId, outcome) => post({ kind: 'toolFinished', callId, outcome, atMs: this.#arrived() }),
    })
  }

  /** What the caller has heard by now of everything that is not yet settled. */
  heard(): readonly Heard[] {
    return this.playback.heard(this.nowMs())
  }

  nowMs(): number {
    return this.ports.clock.nowMs()
  }

  /** Marks that work of this call enters the loop, and answers when. */
  #arrived(): number {
    const atMs = this.nowMs()
    this.ports.loop?.enter(this.plan.callSid, atMs)
    return atMs
  }

  #makePlayback(): Playback {
    return new Playback({
      onFirstHeard: (utterance, atMs) => this.post({ kind: 'firstHeard', utterance, atMs }),
      onUtteranceHeard: (heard, atMs) => {
        this.gate.onHeard(heard.utterance)
        this.post({ kind: 'utteranceHeard', ...heard, atMs })
      },
      onReplyStalled: ({ itemId, responseId }, atMs) => {
        this.media.stalled()
        this.post({ kind: 'replyStalled', itemId, responseId, atMs })
      },
    })
  }

  /** What the caller was told wrongly is put right, in words of ours, and stands in the audit log. */
  #onContradiction(found: Contradiction, responseId: string): void {
    this.#corrections += 1
    this.log.event('warn', 'contradicted', { reason: found.kind, responseId })
    this.gate.contradicted({ reason: found.kind, response: responseId })
    this.#say({ id: `fix.${this.#corrections}`, purpose: 'announcement', text: correction(found) })
  }

  #say(saying: Saying): void {
    this.post({ kind: 'sayingWanted', saying, atMs: this.#arrived() })
  }

  #makeGate(): GateLine {
    const { plan, ports, log } = this
    return new GateLine({
      plan,
      ports,
      log,
      sentMs: (itemId) => this.playback.sentMs(itemId),
      listener: {
        onSaying: (saying) => this.#say(saying),
        onSayingStopped: (id) =>
          this.post({ kind: 'sayingStopped', id, heard: this.heard(), atMs: this.#arrived() }),
        onStanding: (standing) => this.post({ kind: 'confirmationsMoved', standing, atMs: this.#arrived() }),
        onOutcomes: (outcomes) => this.post({ kind: 'outcomes', outcomes, atMs: this.#arrived() }),
        onProven: () => this.post({ kind: 'callerProven', atMs: this.#arrived() }),
        onEntering: (isEntering) => this.media.mute(isEntering),
      },
    })
  }

  #makeLine(): SpeechLine {
    const { plan, ports, recorder, history } = this
    return new SpeechLine({
      plan,
      ports,
      recorder,
      history,
      strength: () => this.gate.strength(),
      listener: {
        onAudio: (audio) => this.media.onReplyAudio(audio),
        onEvent: (event) => this.#onSpeechEvent(event),
        onLost: (loss, atMs) => this.#onLost(loss, atMs),
        onNextReady: (expiry, atMs) => this.post({ kind: 'nextReady', ...this.#lasting(expiry), atMs }),
        onNextLost: ({ reason, code }, atMs) => this.post({ kind: 'nextLost', code: code ?? reason, atMs }),
      },
    })
  }

  #onSpeechEvent(event: Exclude<SpeechEvent, { kind: 'sessionLost' }>): void {
    if (event.kind === 'sessionReady') return this.#onSessionReady(event)
    this.inbox.post(event)
  }

  #silence(spoke: Extract<SpeechEvent, { kind: 'speechStarted' }>, door: CallDoor): Silenced {
    const heard = this.playback.heard(spoke.atMs)
    const event = { ...spoke, isLive: this.media.hearsCaller(), heard }
    const isSilenced = door.silence(event)
    this.media.turnBegan()
    return { event, isSilenced }
  }

  #onTold(event: Taken, isSilenced: boolean): void {
    if (event.kind === 'speechStarted') return this.#onSpeechStarted(event, isSilenced)
    if (event.kind === 'replySounding') {
      this.gate.onSounding(event)
      return this.post(event)
    }
    this.said.onSpeech(event)
    this.#optOuts.onSpeech(event)
    if (event.kind !== 'responseDone') this.gate.onSpeech(event)
    if (event.kind === 'sessionAnswered') this.media.sessionAnswered()
    if (event.kind === 'replyAudioDone') {
      const { itemId, responseId } = event
      this.playback.complete({ kind: 'reply', itemId, responseId }, event.atMs)
    }
    if (event.kind === 'responseDone') {
      this.playback.completeReplies(event.responseId, event.atMs)
      this.media.responseDone(event.responseId)
      this.gate.onSpeech(event)
    }
    this.post(event)
  }

  #onSpeechStarted(event: Extract<Taken, { kind: 'speechStarted' }>, isSilenced: boolean): void {
    const { itemId, atMs } = event
    this.gate.onSpeech({ kind: 'speechStarted', itemId, atMs })
    // What is cleared for the caller's words must find that they have begun.
    if (isSilenced) this.gate.cleared()
    this.post(event)
  }

  /** What waits of the caller's audio goes in before a reply is asked for, so that the model hears it first. */
  #onSessionReady(event: Extract<SpeechEvent, { kind: 'sessionReady' }>): void {
    this.inbox.settle()
    const { sessionId, expiresAtWallMs, atMs } = event
    const session = this.line.current()
    const spokenTo = session !== undefined && this.media.sessionReady(session)
    this.post({ kind: 'sessionReady', sessionId, ...this.#lasting(expiresAtWallMs), spokenTo, atMs })
  }

  #onLost({ retryable, reason, code }: SpeechLoss, atMs: number): void {
    this.inbox.settle()
    this.media.sessionGone()
    this.gate.end('modelLost')
    const { heard, chance } = { heard: this.heard(), chance: this.ports.random() }
    this.post({ kind: 'sessionLost', retryable, code: code ?? reason, heard, chance, atMs })
    this.playback.completeReplies(undefined, atMs)
  }

  #lasting(expiresAtWallMs: number | undefined): { lastsMs?: number } {
    return expiresAtWallMs === undefined ? {} : { lastsMs: expiresAtWallMs - this.ports.clock.wallMs() }
  }
}
