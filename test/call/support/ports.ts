import type { AudioEngine } from '../../../src/audio/engine.ts'
import { ModelHealth } from '../../../src/call/model-health.ts'
import type { CallPlan, CallPorts } from '../../../src/call/plan.ts'
import type { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { toolRule } from '../../../src/policy/tool-rules.ts'
import type { Log, LogFields } from '../../../src/ports/log.ts'
import type {
  PastItem,
  ReplyRequest,
  SpeechEngine,
  SpeechEvent,
  SpeechRequest,
  SpeechSession,
} from '../../../src/ports/speech.ts'
import type {
  CallRecord,
  CallStorage,
  MessageRecord,
  OrphanRecord,
  SessionRecord,
  StreamRecord,
  TurnRecord,
} from '../../../src/ports/storage.ts'
import type { OfferedTool } from '../../../src/ports/tools.ts'
import { catalogue } from '../../../src/tools/catalogue.ts'
import { endCallHandler } from '../../../src/tools/end-call.ts'
import { offeredTools } from '../../../src/tools/offered-tools.ts'
import { gatePorts } from './gate-ports.ts'
import { rules } from './rules.ts'

/** A speech session that is driven by the test and writes down what it was told. */
export class DrivenSession implements SpeechSession {
  readonly request: SpeechRequest
  readonly told: string[] = []
  readonly past: PastItem[] = []
  readonly requests: ReplyRequest[] = []
  /** Tool calls that this session has proposed. */
  readonly asked = new Set<string>()
  ready = false
  closed = false
  appendedBytes = 0
  /** Whether all that was appended is silence. */
  isSilent = true

  constructor(request: SpeechRequest) {
    this.request = request
  }

  emit(event: SpeechEvent): void {
    if (event.kind === 'sessionReady') this.ready = true
    if (event.kind === 'toolRequested') this.asked.add(event.callId)
    this.request.receiver.onEvent(event)
  }

  append(bytes: Uint8Array): boolean {
    if (!this.ready || this.closed) return false
    this.appendedBytes += bytes.length
    this.isSilent &&= bytes.every((byte) => byte === 0)
    return true
  }

  requestReply(request: ReplyRequest = {}): void {
    this.requests.push(request)
    this.told.push(`reply ${request.purpose ?? ''}`)
  }

  cancelReply(responseId: string): void {
    this.told.push(`cancel ${responseId}`)
  }

  truncate(itemId: string, heardMs: number): void {
    this.told.push(`truncate ${itemId} ${heardMs}`)
  }

  answerTool(callId: string): boolean {
    if (!this.asked.has(callId)) return false
    this.told.push(`answer ${callId}`)
    return true
  }

  restore(past: readonly PastItem[]): void {
    this.past.push(...past)
  }

  addText({ role, text }: { role: string; text: string }): void {
    this.told.push(`${role}: ${text}`)
  }

  probe(): void {
    this.told.push('probe')
  }

  bufferedBytes(): number {
    return 0
  }

  close(): void {
    this.closed = true
  }
}

/** A speech engine whose sessions the test drives. */
export class DrivenSpeech implements SpeechEngine {
  readonly name = 'driven'
  readonly sessions: DrivenSession[] = []

  open(request: SpeechRequest): SpeechSession {
    const session = new DrivenSession(request)
    this.sessions.push(session)
    return session
  }

  last(): DrivenSession {
    const session = this.sessions.at(-1)
    if (!session) throw new Error('Cannot drive a session: none was opened')
    return session
  }
}

/** The storage port in memory, with the semantics that calls rely on. */
export class MemoryStorage implements CallStorage {
  readonly calls = new Map<string, CallRecord>()
  readonly streams = new Map<string, StreamRecord>()
  readonly sessions = new Map<string, SessionRecord>()
  readonly turns = new Map<string, TurnRecord>()
  readonly #nonces = new Map<string, { callSid: string; expiresAtMs: number; used: boolean }>()

  async insertCall(call: CallRecord): Promise<void> {
    if (!this.calls.has(call.callSid)) this.calls.set(call.callSid, call)
  }

  async patchCall(callSid: string, patch: Partial<CallRecord>): Promise<void> {
    const call = this.calls.get(callSid)
    if (call) this.calls.set(callSid, { ...call, ...patch })
  }

  async findCall(callSid: string): Promise<CallRecord | undefined> {
    return this.calls.get(callSid)
  }

  async completeCall(): Promise<undefined> {
    return undefined
  }

  readonly messages = new Map<string, MessageRecord>()

  async insertMessage(message: MessageRecord): Promise<boolean> {
    if (this.messages.has(message.messageId)) return false
    this.messages.set(message.messageId, message)
    return true
  }

  async putStream(stream: StreamRecord): Promise<void> {
    this.streams.set(stream.streamSid, stream)
  }

  async putSession(session: SessionRecord): Promise<void> {
    this.sessions.set(session.sessionKey, session)
  }

  async putTurn(turn: TurnRecord): Promise<void> {
    this.turns.set(`${turn.callSid}:${turn.seq}`, turn)
  }

  async insertNonce(nonce: { nonce: string; callSid: string; expiresAtMs: number }): Promise<void> {
    this.#nonces.set(nonce.nonce, { ...nonce, used: false })
  }

  async claimNonce(nonce: string, nowMs: number) {
    const known = this.#nonces.get(nonce)
    if (!known) return { ok: false, reason: 'unknown' } as const
    if (known.used) return { ok: false, reason: 'used' } as const
    if (nowMs > known.expiresAtMs) return { ok: false, reason: 'expired' } as const
    known.used = true
    return { ok: true, callSid: known.callSid } as const
  }

  async orphans(): Promise<readonly OrphanRecord[]> {
    return []
  }

  async closeOrphans(): Promise<readonly string[]> {
    return []
  }

  async endForgotten(): Promise<readonly string[]> {
    return []
  }

  async flush(): Promise<void> {
    await Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve()
  }
}

/** A log that keeps its lines. */
export class KeptLog implements Log {
  readonly lines: { level: string; kind: string; fields: LogFields }[] = []

  event(level: string, kind: string, fields: LogFields = {}): void {
    this.lines.push({ level, kind, fields })
  }

  forCall(): Log {
    return this
  }
}

/** Ports for calls on a virtual clock. `hangUps` lists the calls that were ended at the network. */
export function testPorts(clock: VirtualClock, audio: AudioEngine) {
  const speech = new DrivenSpeech()
  const storage = new MemoryStorage()
  const log = new KeptLog()
  const hangUps: string[] = []
  const failures: string[] = []
  const notices: string[] = []
  const ports: CallPorts = {
    clock,
    log,
    metrics: { count: () => undefined, observe: () => undefined, gauge: () => undefined },
    storage,
    speech,
    telephony: {
      hangUp: async (callSid) => {
        hangUps.push(callSid)
        return { ok: true }
      },
      sendText: async () => ({ ok: true }),
    },
    ownerNotice: {
      errandOver: async () => undefined,
      messageKept: async ({ messageId }) => void notices.push(messageId),
    },
    modelHealth: new ModelHealth(clock),
    promptAudio: {
      clip: (sentence) => ({
        ulaw: new Uint8Array(8_000).fill(0x7e),
        text: rules.sentences[sentence],
        spoken: true,
      }),
    },
    gate: gatePorts(),
    audio,
    realtimeAudio: 'pcm24k',
    model: 'driven-1',
    heldAudioMs: 20_000,
    toolTimeoutMs: 15_000,
    random: () => 0.5,
    background: (name, work) => {
      work.catch(() => failures.push(name))
    },
  }
  return { ports, speech, storage, log, hangUps, failures, notices }
}

const ownTools: readonly OfferedTool[] = offeredTools(catalogue, {
  riskOf: (name) => toolRule(name)?.risk,
  handlers: new Map([['end_call', endCallHandler]]),
})

/** A plan for a call of that id from that number. */
export function testPlan(callSid: string, from = '+14155550123'): CallPlan {
  return {
    callSid,
    direction: 'inbound',
    from,
    to: '+14155550100',
    isNumberProven: false,
    persona: 'assistant',
    actor: 'external',
    language: 'en',
    strength: () => 'S0',
    session: () => ({
      instructions: 'You answer the phone.',
      tools: ownTools.map(({ definition }) => definition),
    }),
    tools: ownTools,
    rules,
    ladder: {
      words: {
        language: 'en',
        opening: 'A computer speaks and is ill.',
        leaveMessage: 'Leave a message.',
        connecting: 'I connect you.',
        messageTaken: 'Thank you.',
      },
      person: undefined,
      maxLengthSeconds: 3_600,
    },
  }
}
