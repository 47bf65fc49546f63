import { setImmediate as nextTurn } from 'node:timers/promises'
import { createAudioEngine } from '../../../src/audio/engine.ts'
import { Calls } from '../../../src/call/calls.ts'
import type { CallGatePorts } from '../../../src/call/plan.ts'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { toolRule } from '../../../src/policy/tool-rules.ts'
import type { ReplyRequest, SpeechEvent } from '../../../src/ports/speech.ts'
import type { StreamReceiver } from '../../../src/ports/telephony.ts'
import type { HandlerResult, ToolHandler, ToolInput } from '../../../src/ports/tools.ts'
import type { Records } from '../../../src/storage/open-storage.ts'
import { catalogue } from '../../../src/tools/catalogue.ts'
import { offeredTools } from '../../../src/tools/offered-tools.ts'
import { openedRecords, temporaryFolder } from '../../storage/opening.ts'
import { gatePorts } from './gate-ports.ts'
import { Line } from './line.ts'
import { type DrivenSession, testPlan, testPorts } from './ports.ts'

export const SID = 'CA00000000000000000000000000000001'
/** A text message to somebody who is known. */
export const sms = { to_number: '+14155550123', body: 'I am on my way.' }
const engine = createAudioEngine({ kind: 'integer' })
const QUESTION_BYTES = 192_000

type Timeless<Event> = Event extends { atMs: number } ? Omit<Event, 'atMs'> : never

/** One call of the owner's on a virtual clock and a real database; model, caller and handlers are the test's. */
export class OnACall implements AsyncDisposable {
  readonly clock = new VirtualClock()
  readonly records: Records
  readonly world: ReturnType<typeof testPorts>
  readonly calls: Calls
  readonly runs: { readonly tool: string; readonly input: ToolInput; readonly atMs: number }[] = []
  readonly line: Line
  strength: 'S1' | 'S2' = 'S2'
  doing: (signal: AbortSignal) => Promise<HandlerResult> = async () => ({ kind: 'done', result: {} })
  receiver: StreamReceiver | undefined
  readonly #held: AsyncDisposableStack
  #count = 0

  private constructor(held: AsyncDisposableStack, records: Records, own: Partial<CallGatePorts>) {
    this.#held = held
    this.records = records
    this.world = testPorts(this.clock, engine)
    const { audit, effects, notices, people } = records
    const ports = { ...this.world.ports, gate: gatePorts({ audit, effects, notices, people, ...own }) }
    this.calls = new Calls({
      ports,
      plan: (offer) => ({
        ...testPlan(offer.callSid, offer.from),
        actor: 'owner',
        rules: { ...testPlan(SID).rules, opening: [] },
        strength: ({ pinRight, transferred }) => (transferred ? 'S0' : pinRight ? 'S3' : this.strength),
        tools: this.#tools(),
      }),
      limits: { maxCalls: 10, maxCallsPerCaller: 3, nonceTtlMs: 60_000 },
      say: { language: 'en', busy: 'All lines are busy.', apology: 'Something went wrong.' },
    })
    this.line = new Line(this.clock, (name) =>
      this.receiver?.onEvent({ kind: 'mark', name, atMs: this.clock.nowMs() }),
    )
  }

  /** @param before done before the call comes in */
  static async open(
    own: Partial<CallGatePorts> = {},
    before?: (records: Records, call: OnACall) => Promise<void>,
  ): Promise<OnACall> {
    await using held = new AsyncDisposableStack()
    const folder = held.use(temporaryFolder())
    const records = held.use(await openedRecords(folder.path, { commits: 'loop' }))
    const call = new OnACall(held.move(), records, own)
    await before?.(records, call)
    await call.calls.offer({ callSid: SID, from: '+14155550101', to: '+14155550100', direction: 'inbound' })
    const attached = call.calls.attach({ callSid: SID, sink: call.line })
    if (!attached.ok) throw new Error('Not attached')
    call.receiver = attached.receiver
    call.emit({ kind: 'sessionReady', sessionId: 'sess_1' })
    return call
  }

  get session(): DrivenSession {
    return this.world.speech.last()
  }

  /** The model's session in use tells something. */
  emit(event: Timeless<SpeechEvent>, session = this.session): void {
    session.emit({ ...event, atMs: this.clock.nowMs() })
  }

  /** The model proposes in a response that says nothing; what follows has happened when this resolves. */
  async propose(name = 'send_sms', input: unknown = sms): Promise<void> {
    const responseId = this.#id('resp')
    this.emit({ kind: 'responseStarted', responseId })
    const callId = this.#id('call')
    this.emit({ kind: 'toolRequested', responseId, callId, name, arguments: JSON.stringify(input) })
    this.emit({ kind: 'responseDone', responseId, status: 'completed', retryable: false })
    await this.quiet()
  }

  /** The question that was asked for last: what the model was told to say. */
  question(): { readonly request: ReplyRequest; readonly text: string } {
    const request = this.session.requests.findLast(({ purpose }) => purpose === 'question')
    const text = /"(.*)"$/.exec(request?.instructions ?? '')?.[1]
    if (!request || text === undefined) throw new Error('No question was asked for')
    return { request, text }
  }

  /** The model speaks what it was told to, or something else, in one go; nothing of it has been played yet. */
  speak(said?: string, request = this.question().request): { responseId: string; itemId: string } {
    const reply = { responseId: this.#id('resp'), itemId: this.#id('item') }
    const { responseId } = reply
    const { purpose, id } = request
    this.emit({ kind: 'responseStarted', responseId, ...(purpose && { purpose }), ...(id && { id }) })
    this.emit({ kind: 'replyStarted', ...reply })
    this.session.request.receiver.onAudio({ ...reply, bytes: new Uint8Array(QUESTION_BYTES) })
    this.emit({ kind: 'replyAudioDone', ...reply })
    this.emit({ kind: 'replyText', ...reply, text: said ?? this.question().text, final: true })
    this.emit({ kind: 'responseDone', responseId, status: 'completed', retryable: false })
    return reply
  }

  /** The caller speaks; the words are known at the end of the turn. */
  say(text: string): void {
    const itemId = this.#id('turn')
    this.emit({ kind: 'speechStarted', itemId })
    this.line.play(500)
    this.emit({ kind: 'speechStopped', itemId })
    this.emit({ kind: 'turnCommitted', itemId })
    this.emit({ kind: 'callerTranscript', itemId, text, final: true })
  }

  /** The provider's own reply to the caller's turn. */
  reply(said = 'All right.'): void {
    this.speak(said, {})
  }

  press(digits: string): void {
    for (const digit of digits) this.receiver?.onEvent({ kind: 'dtmf', digit, atMs: this.clock.nowMs() })
  }

  /** Lets everything that has begun come to its end. */
  async quiet(): Promise<void> {
    for (let round = 0; round < 20; round += 1) {
      await this.records.audit.head()
      await nextTurn()
    }
  }

  /** The audit log of the call in words. */
  async story(): Promise<readonly string[]> {
    const all = await this.records.audit.page({ afterSeq: 0, maxRecords: 1_000 })
    return all.map(({ kind, data }) =>
      [kind, data.decision, data.state, data.reason, ...(data.reasons ?? [])].filter(Boolean).join(' '),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.receiver?.onEvent({ kind: 'streamEnded', reason: 'stop', atMs: this.clock.nowMs() })
    this.clock.advance(5_000)
    await this.quiet()
    await this.#held.disposeAsync()
  }

  #id(kind: string): string {
    this.#count += 1
    return `${kind}_abcdefgh${this.#count}`
  }

  #tools() {
    const handlerOf = (tool: string): ToolHandler => {
      return async (input, { signal }) => {
        this.runs.push({ tool, input, atMs: this.clock.nowMs() })
        return await this.doing(signal)
      }
    }
    const handlers = new Map(catalogue.map(({ name }) => [name, handlerOf(name)]))
    return offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers })
  }
}
