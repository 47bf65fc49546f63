import type { Strength } from '../policy/strength.ts'
import type { ReplyAudio, SpeechEvent, SpeechLoss, SpeechSession, SpeechUsage } from '../ports/speech.ts'
import type { CallHistory } from './history.ts'
import type { CallPlan, CallPorts } from './plan.ts'
import type { Recorder, SessionRecorder } from './recorder.ts'

/** What the line reports to its call; a session that was closed reports nothing any more. */
export type SpeechLineListener = {
  onAudio(audio: ReplyAudio): void
  onEvent(event: Exclude<SpeechEvent, { kind: 'sessionLost' }>): void
  /** The session is gone; it has been taken off the line already. */
  onLost(loss: SpeechLoss, atMs: number): void
  /** The session in reserve agreed. */
  onNextReady(expiresAtWallMs: number | undefined, atMs: number): void
  /** The session in reserve is gone; the one in use is not concerned. */
  onNextLost(loss: SpeechLoss, atMs: number): void
}

type Connection = {
  readonly session: SpeechSession
  readonly resumed: boolean
  record?: SessionRecorder
  ready: boolean
}

/** The call's connection to a speech engine: one session in use, and at times another one that is to take over. */
export class SpeechLine {
  readonly #plan: CallPlan
  readonly #ports: CallPorts
  readonly #recorder: Recorder
  readonly #history: CallHistory
  readonly #listener: SpeechLineListener
  readonly #strength: () => Strength
  #inUse: Connection | undefined
  #next: Connection | undefined

  constructor(options: {
    plan: CallPlan
    ports: CallPorts
    recorder: Recorder
    history: CallHistory
    listener: SpeechLineListener
    /** How well the caller is known now. */
    strength: () => Strength
  }) {
    this.#plan = options.plan
    this.#ports = options.ports
    this.#recorder = options.recorder
    this.#history = options.history
    this.#listener = options.listener
    this.#strength = options.strength
  }

  /** The session in use, ready or not. */
  current(): SpeechSession | undefined {
    return this.#inUse?.session
  }

  /** Dials a session to use; one that is still on the line is closed. */
  open(resumed: boolean): void {
    this.close('replaced')
    this.#dial(resumed, (connection) => (this.#inUse = connection))
  }

  /** Dials a session that is to take over later. */
  openNext(): void {
    this.#drop(this.#next, 'replaced')
    this.#dial(true, (connection) => (this.#next = connection))
  }

  /**
   * Lets the session in reserve take over.
   * @returns the session in use from now on, which knows what was said; undefined when there was none in reserve
   */
  switch(): SpeechSession | undefined {
    const next = this.#next
    if (!next) return undefined
    this.#next = undefined
    this.#drop(this.#inUse, 'rotated')
    this.#inUse = next
    next.session.restore(this.#history.pastItems())
    return next.session
  }

  /** Closes every session; nothing of them is reported any more. */
  close(reason: string): void {
    this.#drop(this.#inUse, reason)
    this.#inUse = undefined
    this.#drop(this.#next, reason)
    this.#next = undefined
  }

  #dial(resumed: boolean, place: (connection: Connection) => void): void {
    const { voice, safetyIdentifier, callSid, language } = this.#plan
    const { speech, realtimeAudio } = this.#ports
    let connection: Connection | undefined
    const session = speech.open({
      callSid,
      ...this.#plan.session({ resumed, strength: this.#strength(), atMs: this.#ports.clock.wallMs() }),
      language,
      audio: realtimeAudio,
      ...(voice !== undefined && { voice }),
      ...(safetyIdentifier !== undefined && { safetyIdentifier }),
      receiver: {
        onAudio: (audio) => {
          if (connection === this.#inUse && connection) this.#listener.onAudio(audio)
        },
        onEvent: (event) => {
          if (!connection) return
          if (connection === this.#inUse) this.#onEvent(connection, event)
          else if (connection === this.#next) this.#onNextEvent(connection, event)
        },
      },
    })
    connection = { session, resumed, ready: false }
    // On the line before it is written down: whatever fails there, the session is closed with the call.
    place(connection)
    connection.record = this.#recorder.sessionOpened(speech.name)
  }

  #onEvent(connection: Connection, event: SpeechEvent): void {
    if (event.kind === 'sessionLost') {
      this.#inUse = undefined
      if (!connection.ready) this.#ports.modelHealth.failed()
      connection.record?.ended(event.loss.code ?? event.loss.reason)
      return this.#listener.onLost(event.loss, event.atMs)
    }
    if (event.kind === 'sessionReady') {
      this.#ready(connection, event.sessionId)
      if (connection.resumed) connection.session.restore(this.#history.pastItems())
    }
    if (event.kind === 'responseDone' && event.usage) this.#onUsage(connection, event.usage)
    this.#listener.onEvent(event)
  }

  #onNextEvent(connection: Connection, event: SpeechEvent): void {
    if (event.kind === 'sessionReady') {
      this.#ready(connection, event.sessionId)
      this.#listener.onNextReady(event.expiresAtWallMs, event.atMs)
    }
    if (event.kind !== 'sessionLost') return
    this.#next = undefined
    connection.record?.ended(event.loss.code ?? event.loss.reason)
    this.#listener.onNextLost(event.loss, event.atMs)
  }

  #ready(connection: Connection, sessionId: string): void {
    connection.ready = true
    connection.record?.ready(sessionId)
    this.#ports.modelHealth.succeeded()
  }

  #onUsage(connection: Connection, usage: SpeechUsage): void {
    connection.record?.used(usage)
    for (const [kind, tokens] of Object.entries(usage)) {
      if (tokens > 0) this.#ports.metrics.count('tokens_total', { kind }, tokens)
    }
  }

  #drop(connection: Connection | undefined, reason: string): void {
    if (!connection) return
    connection.session.close(reason)
    connection.record?.ended(reason)
  }
}
