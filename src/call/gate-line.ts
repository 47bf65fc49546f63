import type { DeskNews } from '../gate/desk-line.ts'
import type { GateReceiver, GateStanding } from '../gate/gate-options.ts'
import type { ToolCall } from '../gate/read-call.ts'
import { SessionGate } from '../gate/session-gate.ts'
import { refused } from '../gate/tool-answers.ts'
import { isE164 } from '../lib/phone-number.ts'
import { type CallerTurns, noTurns } from '../policy/caller-turns.ts'
import { isQuestionOpen, takesKeys } from '../policy/confirmation-desk.ts'
import type { EndReason } from '../policy/desk.ts'
import { notAskedSentence } from '../policy/question.ts'
import type { Strength } from '../policy/strength.ts'
import type { AuditData, AuditKind } from '../ports/audit.ts'
import type { ActingNow } from '../ports/effects.ts'
import type { Log } from '../ports/log.ts'
import type { SpeechEvent } from '../ports/speech.ts'
import type { ToolOutcome } from '../ports/tools.ts'
import { CallFacts, strengthNow } from './call-facts.ts'
import { turnsAfter } from './earlier-turns.ts'
import type { Outcomes, Saying, Utterance } from './event.ts'
import { PinLine } from './pin-line.ts'
import type { CallPlan, CallPorts } from './plan.ts'
import { QuestionLine } from './question-line.ts'
import { UnresolvedLine } from './unresolved-line.ts'

/** Whoever calls without a number has no id of their own. */
const WITHHELD = 'caller_withheld'

/** So long after a key that answered a question the next one is about the same. */
const SAME_KEY_MS = 2_000

/** What the gate asks of its call. */
export type GateLineListener = {
  /** Words to be spoken exactly so, as soon as nobody else speaks. */
  onSaying(saying: Saying): void
  /** They are not to be heard any further. */
  onSayingStopped(id: string): void
  onStanding(now: GateStanding): void
  /** For the model. */
  onOutcomes(outcomes: Outcomes): void
  /** The caller is known better than before. */
  onProven(): void
  /** The caller is not to be heard by the model while a PIN is entered. */
  onEntering(isEntering: boolean): void
}

/**
 * A call's side of its gate. The gate is made at the first proposal: most calls need none, and what the caller has said
 * until then is kept here. Everything that the caller, the questions and the keypad do goes to it from here.
 */
export class GateLine implements AsyncDisposable {
  readonly #plan: CallPlan
  readonly #ports: CallPorts
  readonly #log: Log
  readonly #listener: GateLineListener
  readonly #question: QuestionLine
  readonly #pin: PinLine
  readonly #unresolved: UnresolvedLine
  #turns: CallerTurns = noTurns
  #opening: Promise<SessionGate> | undefined
  #gate: SessionGate | undefined
  /** Hears what comes of calls that were placed for this one. */
  #watching: Disposable | undefined
  #person: Promise<string> | undefined
  #isTransferred = false
  #isWithPerson = false
  #over: 'hungUp' | 'stopping' | undefined
  #outcomes: Outcomes | undefined
  #sayings = 0
  #answeredUntilMs = 0

  constructor(parts: {
    readonly plan: CallPlan
    readonly ports: CallPorts
    readonly log: Log
    readonly sentMs: (itemId: string) => number
    readonly listener: GateLineListener
  }) {
    this.#plan = parts.plan
    this.#ports = parts.ports
    this.#log = parts.log
    this.#listener = parts.listener
    this.#question = new QuestionLine({ feed: (news) => this.#feed(news), sentMs: parts.sentMs })
    this.#pin = new PinLine({
      plan: parts.plan,
      ports: parts.ports,
      actorId: () => this.#actorId(),
      isTransferred: () => this.#isTransferred,
      listener: {
        onEntering: (isEntering) => parts.listener.onEntering(isEntering),
        onRight: () => this.#onPinRight(),
        onRefused: () => this.#feed({ kind: 'pinRefused' }),
        say: (text) => this.#say(text),
      },
    })
    const { plan, ports, sentMs, listener } = parts
    this.#unresolved = new UnresolvedLine({
      plan,
      ports,
      sentMs,
      say: (saying) => listener.onSaying(saying),
      strength: () => this.strength(),
      caller: () => this.#caller(),
    })
  }

  /** No question was put in this call, and none is about to be. */
  isShut(): boolean {
    return this.#opening === undefined
  }

  /** How well the caller is known now. */
  strength(): Strength {
    return strengthNow(this.#plan, { pin: this.#pin, transferred: this.#isTransferred })
  }

  /** The caller listens. */
  attached(): void {
    this.#unresolved.begin()
  }

  /** The model has said what the result of a tool does not bear out. */
  contradicted(data: Pick<AuditData, 'reason' | 'response'>): void {
    this.#ports.background('auditContradiction', this.#audit('contradicted', data))
  }

  /** The network is about to ring a person for the caller: that is recorded, once, and they are nobody we know from here. */
  handedToPerson(): void {
    if (this.#isWithPerson) return
    this.#isWithPerson = true
    this.#isTransferred = true
    const data = { state: 'transferred', means: 'person', reason: 'modelLost' }
    this.#ports.background('auditTransfer', this.#audit('decision', data))
  }

  /** Answers what the model proposes. Never rejects. */
  async propose(call: ToolCall): Promise<ToolOutcome> {
    if (this.#over) return refused('closing')
    try {
      const gate = await this.#open()
      return await gate.propose(call)
    } catch {
      this.#log.event('error', 'gateFailed')
      return refused('internal')
    }
  }

  /** The session in use tells something. */
  onSpeech(event: SpeechEvent): void {
    const sessionId = this.#plan.callSid
    if (event.kind === 'speechStarted')
      return this.#feed({ kind: 'speechStarted', itemId: event.itemId, sessionId })
    if (event.kind === 'speechStopped') return this.#feed({ kind: 'speechStopped', itemId: event.itemId })
    if (event.kind === 'callerTranscript' && event.final)
      return this.#feed({ kind: 'transcript', itemId: event.itemId, text: event.text })
    if (event.kind === 'callerTranscriptFailed')
      return this.#feed({ kind: 'transcriptFailed', itemId: event.itemId })
    this.#question.onSpeech(event)
    this.#unresolved.onSpeech(event)
  }

  /** The first audio of a reply was sent to the caller. */
  onSounding(reply: { readonly itemId: string; readonly responseId: string }): void {
    this.#question.onSounding(reply)
    this.#unresolved.onSounding(reply)
  }

  /** The caller has heard an utterance to its end. */
  onHeard(utterance: Utterance): void {
    this.#question.onHeard(utterance)
    this.#unresolved.onHeard(utterance)
  }

  /** What was queued for the caller was thrown away. */
  cleared(): void {
    this.#question.cleared()
    this.#unresolved.cleared()
    if (this.#gate) this.#feed({ kind: 'cleared' })
  }

  /** A key of the caller's telephone: it belongs to the question where one takes keys, and else to the PIN. */
  key(key: string): void {
    const nowMs = this.#ports.clock.nowMs()
    const isAnswer = this.#gate !== undefined && takesKeys(this.#gate.desk)
    // Whoever has answered with a key and presses it again begins no PIN.
    if (!isAnswer && nowMs >= this.#answeredUntilMs) return this.#pin.key(key)
    if (isAnswer) this.#answeredUntilMs = nowMs + SAME_KEY_MS
    this.#feed({ kind: 'key', key })
  }

  /** The call is over for the confirmations, or a part of it. */
  end(reason: EndReason): void {
    if (reason === 'transferred') this.#isTransferred = true
    if (reason === 'hungUp' || reason === 'stopping') this.#over ??= reason
    if (reason !== 'modelLost') this.#unresolved.end()
    if (this.#gate) this.#gate.end(reason)
    else this.#turns = { ...this.#turns, open: [] }
  }

  /** Resolves when everything that ran is recorded. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over ??= 'hungUp'
    this.#unresolved.end()
    this.#pin[Symbol.dispose]()
    this.#watching?.[Symbol.dispose]()
    const gate = await this.#opening?.catch(() => undefined)
    await gate?.[Symbol.asyncDispose]()
  }

  #feed(news: DeskNews): void {
    if (this.#gate) return this.#gate.feed(news)
    const { transcribes } = this.#ports.gate.desk
    this.#turns = turnsAfter(this.#turns, { ...news, atMs: this.#ports.clock.nowMs() }, transcribes)
  }

  /** One that could not be made is tried again with the next proposal. */
  #open(): Promise<SessionGate> {
    this.#opening ??= this.#newGate().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #audit(kind: AuditKind, data: AuditData): Promise<void> {
    await this.#ports.gate.audit.record({ kind, ...(await this.#caller()), data })
  }

  /** Who is on the call, as well as they are known at this moment. */
  async #caller(): Promise<ActingNow> {
    const strength = this.strength()
    return { actor: await this.#actorId(), strength, session: this.#plan.callSid }
  }

  async #newGate(): Promise<SessionGate> {
    const actorId = await this.#actorId()
    await this.#pin.load()
    const { clock, toolTimeoutMs, gate: own } = this.#ports
    const { audit, effects, newHex, verification, firstDestinations, desk } = own
    const { callSid: sessionId, tools } = this.#plan
    const isTransferred = (): boolean => this.#isTransferred
    const facts = new CallFacts({
      plan: this.#plan,
      ports: this.#ports,
      pin: this.#pin,
      actorId,
      isTransferred,
    })
    const session = { sessionId, actorId, channel: 'voice', verification, firstDestinations } as const
    const gate = new SessionGate(
      { ...session, tools, desk, toolTimeoutMs, turns: this.#turns },
      { clock, log: this.#log, audit, effects, facts, newHex },
      this.#receiver(),
    )
    this.#gate = gate
    this.#watching = this.#ports.errands?.watch(sessionId, (report) => gate.errandOver(report))
    if (this.#over) gate.end(this.#over)
    return gate
  }

  #receiver(): GateReceiver {
    const listener = this.#listener
    return {
      ask: ({ id, attempt, text }) => {
        this.#pin.interrupt()
        listener.onSaying({ id: this.#question.begin({ id, attempt }), purpose: 'question', text })
      },
      stopQuestion: (id) => {
        const request = this.#question.end(id)
        if (request !== undefined) listener.onSayingStopped(request)
      },
      announceCancelled: (tool) => this.#say(notAskedSentence(tool)),
      tell: (news) => this.#told({ told: [news], brought: [] }),
      brought: (answer) => this.#told({ told: [], brought: [answer] }),
      stands: (now) => listener.onStanding(now),
      // Nobody approves by a key here: whoever asked for that has the audit log.
      approval: () => undefined,
    }
  }

  #say(text: string): void {
    this.#sayings += 1
    this.#listener.onSaying({ id: `say.${this.#sayings}`, purpose: 'announcement', text })
  }

  /** What comes at the same moment is told at once: the model is to speak of it once. */
  #told({ told, brought }: Outcomes): void {
    if (this.#outcomes) {
      const before = this.#outcomes
      this.#outcomes = { told: [...before.told, ...told], brought: [...before.brought, ...brought] }
      return
    }
    this.#outcomes = { told, brought }
    queueMicrotask(() => {
      const all = this.#outcomes
      this.#outcomes = undefined
      if (all) this.#listener.onOutcomes(all)
    })
  }

  #onPinRight(): boolean {
    this.#feed({ kind: 'pinRight' })
    this.#unresolved.begin()
    this.#listener.onProven()
    return this.#gate !== undefined && isQuestionOpen(this.#gate.desk)
  }

  #actorId(): Promise<string> {
    this.#person ??= this.#findActor().catch((error: unknown) => {
      this.#person = undefined
      throw error
    })
    return this.#person
  }

  async #findActor(): Promise<string> {
    const { direction, from, to } = this.#plan
    const number = direction === 'inbound' ? from : to
    return isE164(number) ? await this.#ports.gate.people.idOf(number) : WITHHELD
  }
}
