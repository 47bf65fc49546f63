import { createHash } from 'node:crypto'
import type { Confirmation, Proposal } from '../policy/confirmation.ts'
import type { Decision } from '../policy/decide.ts'
import type { DeskEffect, EndReason, ProposalAnswer } from '../policy/desk.ts'
import { toolRule } from '../policy/tool-rules.ts'
import type { AuditData } from '../ports/audit.ts'
import type { ErrandReport } from '../ports/errand-report.ts'
import type { HandlerResult, OfferedTool, ToolOutcome } from '../ports/tools.ts'
import { DeskJournal } from './desk-journal.ts'
import { DeskLine, type DeskNews } from './desk-line.ts'
import { bringErrand } from './errand-answer.ts'
import { Executor, type RunOrder } from './executor.ts'
import {
  auditedSession,
  type GatePorts,
  type GateReceiver,
  type GateSession,
  type GateStanding,
} from './gate-options.ts'
import { Journal } from './journal.ts'
import { judge, judgeUnknown, type Judgement } from './judge.ts'
import { KnownCalls } from './known-calls.ts'
import { newProposal } from './new-proposal.ts'
import { type CheckedCall, digestOf, readCall, type ToolCall } from './read-call.ts'
import { busy, deskAnswer, invalidArguments, refused } from './tool-answers.ts'
import { type SeenInTurn, TurnMemory } from './turn-memory.ts'

/** Denials of one session that are recorded; a model gone wild brings no more than these. */
const MAX_DENIALS = 512
/** Longer names of tool calls are none of the model's API. */
const MAX_ID_LENGTH = 256

/**
 * The gate of one call or thread: what the model proposes comes in, is checked, decided, asked about and run here, and
 * in no other way. Whoever holds the line feeds it everything the caller and the questions do.
 */
export class SessionGate implements AsyncDisposable {
  readonly #session: GateSession
  readonly #ports: GatePorts
  readonly #receiver: GateReceiver
  readonly #tools: ReadonlyMap<string, OfferedTool>
  readonly #calls = new KnownCalls()
  readonly #memory = new TurnMemory()
  readonly #journal: Journal
  readonly #deskJournal: DeskJournal
  readonly #line: DeskLine
  readonly #executor: Executor
  readonly #over = new AbortController()
  /** Decisions are made one after another, so that a later proposal cannot overtake an earlier one. */
  #deciding: Promise<unknown> = Promise.resolve()
  readonly #running = new Set<Promise<unknown>>()
  #denials = 0

  constructor(session: GateSession, ports: GatePorts, receiver: GateReceiver) {
    this.#session = session
    this.#ports = ports
    this.#receiver = receiver
    this.#tools = new Map(session.tools.map((tool) => [tool.definition.name, tool]))
    const { clock } = ports
    this.#journal = new Journal(ports)
    const journal = this.#journal
    this.#deskJournal = new DeskJournal({ journal, clock, session: () => auditedSession(session, ports) })
    const perform = (effect: DeskEffect): void => this.#perform(effect)
    const onThrown = (): void => ports.log.event('error', 'gateFailed')
    const onMoved = (now: GateStanding): void => receiver.stands(now)
    const { desk: settings, turns } = session
    this.#line = new DeskLine({ settings, turns, clock, perform, onThrown, onMoved })
    const { signal } = this.#over
    this.#executor = new Executor({ session, ports, journal, memory: this.#memory, signal })
  }

  /** Answers what the model proposes: at once where a yes is needed, else when it is done. Never rejects. */
  propose(call: ToolCall): Promise<ToolOutcome> {
    if (this.#over.signal.aborted) return Promise.resolve(refused('closing'))
    if (call.callId.length > MAX_ID_LENGTH) return Promise.resolve(refused('callIdTooLong'))
    const tool = this.#tools.get(call.name)
    const read = tool && readCall(call, tool)
    const key = read?.ok === true ? read.call.hash : digestOf(call)
    const known = this.#calls.find(call.callId, key)
    switch (known.kind) {
      case 'same':
        if (!known.answer) return Promise.resolve(refused('answeredAlready'))
        return known.answer.then((answer) => this.#executor.noted(call.name, answer))
      case 'other':
        this.#denied(['callIdReused'])
        return Promise.resolve(refused('callIdReused'))
      case 'full':
        return Promise.resolve(busy())
      case 'new': {
        const answer = this.#held(this.#answer(call.name, read))
        this.#calls.add(call.callId, key, answer)
        return answer
      }
    }
  }

  /** Something happened to a question, or the caller did something. */
  feed(news: DeskNews): void {
    this.#line.feed(news)
  }

  /** Where the confirmations stand: see hasOpenConfirmation() and isQuestionOpen(). */
  get desk(): DeskLine['desk'] {
    return this.#line.desk
  }

  /** The session is over, or a part of it. Hang-up and stop also call back what runs. */
  end(reason: EndReason): void {
    this.#line.feed({ kind: 'ended', reason })
    if (reason === 'hungUp' || reason === 'stopping') this.#over.abort(new Error(reason))
  }

  /** A call that was placed for this session is over. */
  errandOver(report: ErrandReport): void {
    if (this.#over.signal.aborted) return
    bringErrand(report, { memory: this.#memory, receiver: this.#receiver, clock: this.#ports.clock })
  }

  /** Ends everything; resolves when what ran is recorded. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over.signal.aborted) this.end('stopping')
    await Promise.all(this.#running)
    await this.#journal.settled()
    this.#line[Symbol.dispose]()
  }

  async #answer(name: string, read: ReturnType<typeof readCall> | undefined): Promise<ToolOutcome> {
    try {
      if (!read) return this.#refuseUnknown(name)
      if (!read.ok) {
        this.#denied(['invalidArguments', read.code], { tool: name })
        return invalidArguments(read.reason)
      }
      const { call } = read
      const decided = this.#deciding.then(() => this.#decide(call))
      this.#deciding = decided.catch(() => undefined)
      return await (
        await decided
      ).answer
    } catch {
      this.#ports.log.event('error', 'gateFailed')
      return refused('internal')
    }
  }

  #refuseUnknown(name: string): ToolOutcome {
    if (toolRule(name)) {
      this.#denied(['notOffered'], { tool: name })
      return refused('notOffered')
    }
    const decision = judgeUnknown(name, this.#session, this.#ports)
    // The name itself is the model's own words: it is not kept.
    this.#denied(decision.reasons)
    return refused('unknownTool', 'unknownTool')
  }

  /** The answer comes wrapped, so that who waits for the decision does not wait for what it leads to. */
  async #decide(call: CheckedCall): Promise<{ readonly answer: ToolOutcome | Promise<ToolOutcome> }> {
    const { name, hash, input, tool } = call
    const { isAsking, isRunning } = this.#line.standing
    // The owner is being asked something, or waits for what they have said yes to: the call is not over.
    if (name === 'end_call' && (isAsking || isRunning))
      return { answer: { ...this.#refuse(call, ['confirmationOpen']), status: 'waits' } }
    const seen = this.#seen()
    const isAuditWritable = this.#journal.isWritable
    const isUsedUp = this.#executor.isUsedUp(tool)
    const wanted = { name, hash, input, seen, isAuditWritable, isUsedUp }
    const judged = await judge(wanted, this.#session, this.#ports)
    const { decision } = judged
    if (this.#over.signal.aborted) return { answer: this.#refuse(call, ['closing']) }
    switch (decision.kind) {
      case 'deny':
        return { answer: this.#refuse(call, decision.reasons) }
      case 'allow':
        return { answer: this.#executor.allowed(call, { ...judged, decision }) }
      case 'confirm':
      case 'pinRequired':
        return { answer: await this.#ask(call, { ...judged, decision }, seen) }
    }
  }

  /** An equal proposal that is open needs no record of its own; any other is on disk before it is answered. */
  async #ask(
    call: CheckedCall,
    judged: Judgement & { readonly decision: Extract<Decision, { kind: 'confirm' | 'pinRequired' }> },
    seen: SeenInTurn,
  ): Promise<ToolOutcome> {
    const here = { session: this.#session, ports: this.#ports, memory: this.#memory, seen }
    const made = await newProposal(call, judged, here)
    if (!made.ok) return this.#refuse(call, made.reasons, made.answer)
    const { proposal } = made
    const open = this.#line.desk.records.find((record) => isSame(record, proposal))
    if (!open && !(await this.#store(proposal))) return this.#refuse(call, ['auditUnavailable'])
    this.#proposed(
      proposal,
      { proposal: (open ?? proposal).id, ...(open && { state: 'joined' }) },
      judged.decision,
    )
    let answer: ProposalAnswer = { status: 'refused', reason: 'closing' }
    for (const effect of this.#line.feed({ kind: 'proposed', proposal }))
      if (effect.kind === 'answerTool') answer = effect.output
    const isTaken = open ?? this.#line.desk.records.find(({ id }) => id === proposal.id)
    if (!isTaken) this.#notTaken(proposal, answer)
    return deskAnswer(answer)
  }

  async #store(proposal: Proposal): Promise<boolean> {
    const { id: proposalId, nonce, hash: argumentsHash, actorId: actor } = proposal
    const { sessionId, callId, tool, strength, taint } = proposal
    const createdAtMs = this.#ports.clock.wallMs()
    const stored = { proposalId, sessionId, callId, tool, argumentsHash, actor, strength, taint, createdAtMs }
    const nonceHash = createHash('sha256').update(nonce).digest('hex')
    const { ttlMs } = this.#session.desk
    try {
      await this.#ports.effects.insertProposal(
        { ...stored, arguments: proposal.arguments },
        { nonceHash, ttlMs },
      )
      return true
    } catch {
      this.#ports.log.event('error', 'proposalNotWritten', { tool })
      return false
    }
  }

  #proposed(
    { tool, hash, taint }: Proposal,
    data: AuditData & { readonly proposal: string },
    { kind, reasons }: Decision,
  ): void {
    const about = { ...auditedSession(this.#session, this.#ports), tool, argumentsHash: hash }
    const source = taint.length > 0 ? { taint: taint.join('.') } : {}
    this.#journal.record({ kind: 'proposal', ...about, data: { ...data, ...source } }, data.proposal)
    const decided = { proposal: data.proposal, decision: kind, reasons }
    this.#journal.record({ kind: 'decision', ...about, data: decided }, data.proposal)
  }

  #notTaken({ id, tool, hash }: Proposal, { status }: ProposalAnswer): void {
    this.#denied([status], { tool, argumentsHash: hash })
    this.#journal.move(id, { state: 'cancelled', decidedAtMs: this.#ports.clock.wallMs() })
  }

  #perform(effect: DeskEffect): void {
    switch (effect.kind) {
      case 'answerTool':
        // Whoever proposed has it already.
        return
      case 'ask': {
        const { kind: _kind, ...question } = effect
        return this.#receiver.ask(question)
      }
      case 'stopQuestion':
        return this.#receiver.stopQuestion(effect.id)
      case 'run':
        return void this.#held(this.#run(effect))
      case 'revoke':
        return this.#executor.revoke(effect.id)
      case 'tell': {
        const { kind: _kind, ...news } = effect
        return this.#receiver.tell(news)
      }
      case 'announceCancelled':
        return this.#receiver.announceCancelled(effect.tool)
      case 'changed':
        return this.#deskJournal.changed(effect.record, effect.reason)
      case 'ignored':
        return this.#deskJournal.ignored(effect)
      case 'approval': {
        const { id, verdict } = effect
        if (verdict !== 'accepted') this.#deskJournal.notApproved(verdict)
        return this.#receiver.approval({ id, verdict })
      }
    }
  }

  /** Runs what was confirmed. Never rejects; nothing that goes wrong before the handler begins is an effect. */
  async #run(order: RunOrder): Promise<void> {
    const { id, tool } = order
    const record = (): Confirmation | undefined => this.#line.desk.records.find((one) => one.id === id)
    const commit = (): void => void this.#line.feed({ kind: 'intentCommitted', id })
    const result = await this.#executor.confirmed(order, { record, commit }).catch((): HandlerResult => {
      this.#ports.log.event('error', 'gateFailed', { tool })
      this.#denied(['internal'], { tool, argumentsHash: order.hash })
      return { kind: 'failed', code: 'internal' }
    })
    // What was called back is over, and the model knows.
    if (!record() && result.kind !== 'done') return
    this.#line.feed({ kind: 'finished', id, status: result.kind })
    const { output } = this.#executor.answer(tool, result)
    this.#receiver.brought({ tool, output })
  }

  #seen(): SeenInTurn {
    return this.#memory.inTurn(this.#line.desk.turns.lastWordsStartedAtMs)
  }

  /** The first reason is told to the model where no other answer is, all of them to the audit log. */
  #refuse({ name, hash }: CheckedCall, reasons: readonly string[], answer?: ToolOutcome): ToolOutcome {
    this.#denied(reasons, { tool: name, argumentsHash: hash })
    return answer ?? refused(reasons.slice(0, 1).join())
  }

  #denied(
    reasons: readonly string[],
    about: { readonly tool?: string; readonly argumentsHash?: string } = {},
  ): void {
    if (this.#denials >= MAX_DENIALS) return
    this.#denials += 1
    const session = auditedSession(this.#session, this.#ports)
    this.#journal.record({ kind: 'policy_denied', ...session, ...about, data: { decision: 'deny', reasons } })
  }

  #held<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work)
    return work.finally(() => this.#running.delete(work))
  }
}

function isSame(record: Confirmation, proposal: Proposal): boolean {
  return record.tool === proposal.tool && record.hash === proposal.hash
}
