import type { SpeechUsage } from '../ports/speech.ts'
import type { CallEnding, CallPatch, SessionRecord, StreamRecord } from '../ports/storage.ts'
import type { Turn } from './effect.ts'
import type { CallPlan, CallPorts } from './plan.ts'

/** Writes the record of one session. */
export type SessionRecorder = {
  ready(providerSessionId: string): void
  used(usage: SpeechUsage): void
  ended(reason: string): void
}

/** Writes one call's record while it happens. Nothing waits for it; a write that fails is logged and counted. */
export class Recorder {
  readonly #plan: CallPlan
  readonly #ports: CallPorts
  /** Wall time minus monotonic time, taken once: all times of a call then fit together. */
  readonly #wallOffsetMs: number
  readonly #startedAtWallMs: number
  #stream: StreamRecord | undefined
  #sessions: number
  #isAnswered: boolean

  constructor(plan: CallPlan, ports: CallPorts) {
    this.#plan = plan
    this.#ports = ports
    this.#wallOffsetMs = ports.clock.wallMs() - ports.clock.nowMs()
    const { resumption } = plan
    this.#startedAtWallMs = Math.round(resumption?.startedAtMs ?? ports.clock.wallMs())
    this.#sessions = resumption?.sessions ?? 0
    this.#isAnswered = resumption?.answeredAtMs !== undefined
  }

  /** Durable when it resolves: no call is answered that left no trace. One that is known stays as it is. */
  async begin(): Promise<void> {
    const { callSid, direction, from, to, persona, actor } = this.#plan
    await this.#ports.storage.insertCall({
      callSid,
      direction,
      from,
      to,
      persona,
      actor,
      status: 'ringing',
      startedAtMs: this.#startedAtWallMs,
    })
  }

  streamStarted(streamSid: string): void {
    const startedAtMs = this.#wallMs()
    this.#stream = { streamSid, callSid: this.#plan.callSid, startedAtMs }
    this.#write('putStream', this.#ports.storage.putStream(this.#stream))
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.#patch({ status: 'in-progress', answeredAtMs: startedAtMs })
  }

  streamEnded(end: { readonly reason: string; readonly framesIn: number; readonly framesOut: number }): void {
    if (!this.#stream) return
    const { reason: endReason, framesIn, framesOut } = end
    this.#write(
      'putStream',
      this.#ports.storage.putStream({
        ...this.#stream,
        endedAtMs: this.#wallMs(),
        endReason,
        framesIn,
        framesOut,
      }),
    )
    this.#stream = undefined
  }

  /** Two sessions may be open at a time, so each has a record of its own. */
  sessionOpened(provider: string): SessionRecorder {
    let session: SessionRecord = {
      sessionKey: `${this.#plan.callSid}:${this.#sessions++}`,
      callSid: this.#plan.callSid,
      provider,
      model: this.#ports.model,
      startedAtMs: this.#wallMs(),
    }
    const put = (patch: Partial<SessionRecord>): void => {
      session = { ...session, ...patch }
      this.#write('putSession', this.#ports.storage.putSession(session))
    }
    put({})
    return {
      ready: (providerSessionId) => put({ providerSessionId, readyAtMs: this.#wallMs() }),
      used: (usage) => put({ usage: session.usage ? addUsage(session.usage, usage) : usage }),
      ended: (endReason) => put({ endedAtMs: this.#wallMs(), endReason }),
    }
  }

  turn(turn: Turn): void {
    const startedAtMs = Math.round(turn.startedAtMs + this.#wallOffsetMs)
    const record = { ...turn, callSid: this.#plan.callSid, startedAtMs }
    this.#ports.onTurn?.(record)
    this.#write('putTurn', this.#ports.storage.putTurn(record))
  }

  /** The last write of a call. */
  async finish(ending: CallEnding): Promise<void> {
    const endedAtMs = this.#wallMs()
    await this.#ports.storage.patchCall(this.#plan.callSid, {
      status: 'completed',
      endedAtMs,
      ending,
      durationSeconds: Math.round((endedAtMs - this.#startedAtWallMs) / 1_000),
    })
  }

  #patch(patch: CallPatch): void {
    this.#write('patchCall', this.#ports.storage.patchCall(this.#plan.callSid, patch))
  }

  #write(name: string, work: Promise<void>): void {
    this.#ports.background(name, work)
  }

  #wallMs(): number {
    return Math.round(this.#ports.clock.nowMs() + this.#wallOffsetMs)
  }
}

function addUsage(a: SpeechUsage, b: SpeechUsage): SpeechUsage {
  return {
    inputTextTokens: a.inputTextTokens + b.inputTextTokens,
    inputAudioTokens: a.inputAudioTokens + b.inputAudioTokens,
    cachedTextTokens: a.cachedTextTokens + b.cachedTextTokens,
    cachedAudioTokens: a.cachedAudioTokens + b.cachedAudioTokens,
    outputTextTokens: a.outputTextTokens + b.outputTextTokens,
    outputAudioTokens: a.outputAudioTokens + b.outputAudioTokens,
  }
}
