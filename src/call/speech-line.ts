import type { ReplyAudio, SpeechEvent, SpeechLoss, SpeechSession, SpeechUsage } from '../ports/speech.ts'
import type { CallPlan, CallPorts } from './plan.ts'
import type { Recorder } from './recorder.ts'

/** What the line reports to its call; a session that was closed reports nothing any more. */
export type SpeechLineListener = {
  onAudio(audio: ReplyAudio): void
  onEvent(event: Exclude<SpeechEvent, { kind: 'sessionLost' }>): void
  /** The session is gone; it has been taken off the line already. */
  onLost(loss: SpeechLoss, atMs: number): void
}

/** The call's connection to a speech engine: one session at a time, one after another. */
export class SpeechLine {
  readonly #plan: CallPlan
  readonly #ports: CallPorts
  readonly #recorder: Recorder
  readonly #listener: SpeechLineListener
  #session: SpeechSession | undefined
  /** Counts sessions, so that a late event of a closed one is not taken for the current one's. */
  #number = 0

  constructor(options: {
    plan: CallPlan
    ports: CallPorts
    recorder: Recorder
    listener: SpeechLineListener
  }) {
    this.#plan = options.plan
    this.#ports = options.ports
    this.#recorder = options.recorder
    this.#listener = options.listener
  }

  /** The session on the line, ready or not. */
  current(): SpeechSession | undefined {
    return this.#session
  }

  /** Dials a new session; one that is still on the line is closed. */
  open(resumed: boolean): void {
    this.close('replaced')
    const number = ++this.#number
    const { voice, safetyIdentifier, callSid, language } = this.#plan
    const { speech, tools, realtimeAudio } = this.#ports
    this.#session = speech.open({
      callSid,
      instructions: this.#plan.instructions(resumed),
      language,
      tools: tools.definitions(),
      audio: realtimeAudio,
      ...(voice !== undefined && { voice }),
      ...(safetyIdentifier !== undefined && { safetyIdentifier }),
      receiver: {
        onAudio: (audio) => {
          if (number === this.#number) this.#listener.onAudio(audio)
        },
        onEvent: (event) => {
          if (number === this.#number) this.#onEvent(event)
        },
      },
    })
    this.#recorder.sessionOpened(speech.name)
  }

  /** Closes the session, if there is one; nothing of it is reported any more. */
  close(reason: string): void {
    this.#session?.close(reason)
    this.#gone(reason)
  }

  #onEvent(event: SpeechEvent): void {
    if (event.kind === 'sessionLost') {
      this.#gone(event.loss.code ?? event.loss.reason)
      return this.#listener.onLost(event.loss, event.atMs)
    }
    if (event.kind === 'sessionReady') this.#recorder.sessionReady(event.sessionId)
    if (event.kind === 'responseDone' && event.usage) this.#onUsage(event.usage)
    this.#listener.onEvent(event)
  }

  #onUsage(usage: SpeechUsage): void {
    this.#recorder.used(usage)
    for (const [kind, tokens] of Object.entries(usage)) {
      if (tokens > 0) this.#ports.metrics.count('tokens_total', { kind }, tokens)
    }
  }

  #gone(reason: string): void {
    if (!this.#session) return
    this.#session = undefined
    this.#number++
    this.#recorder.sessionEnded(reason)
  }
}
