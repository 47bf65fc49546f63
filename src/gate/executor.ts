import { createHash } from 'node:crypto'
import { argumentsHash } from '../policy/arguments-hash.ts'
import type { Confirmation } from '../policy/confirmation.ts'
import type { Decision } from '../policy/decide.ts'
import type { DeskEffect } from '../policy/desk.ts'
import { rangeOf } from '../policy/numbers.ts'
import { toolRule } from '../policy/tool-rules.ts'
import type { ClaimLimit, IntentDraft } from '../ports/effects.ts'
import type { HandlerResult, OfferedTool, ToolInput, ToolOutcome } from '../ports/tools.ts'
import { auditedSession, type GatePorts, type GateSession } from './gate-options.ts'
import type { Journal } from './journal.ts'
import { judge, type Judgement } from './judge.ts'
import type { CheckedCall } from './read-call.ts'
import { type EffectEnd, runEffect } from './run-effect.ts'
import { runHandler } from './run-handler.ts'
import { refused, resultAnswer } from './tool-answers.ts'
import type { TurnMemory } from './turn-memory.ts'

/** The order of a desk to run what was confirmed. */
export type RunOrder = Extract<DeskEffect, { kind: 'run' }>

/** What the executor must know of the desk while it runs what was confirmed. */
export type AtDesk = {
  readonly record: () => Confirmation | undefined
  /** Tells the desk that the intent is on disk. What that brings about has happened when it returns. */
  readonly commit: () => void
}

/** What was confirmed is stored like this, or is not run. */
type Stored = {
  readonly tool: OfferedTool
  readonly input: ToolInput
  readonly eventVersion?: number | undefined
  /** See DecidedEffect. */
  readonly limit?: ClaimLimit | undefined
}

/** Effects that certainly did not happen may be asked for again this often in a session. */
const MAX_ATTEMPTS = 3

/** Runs what was decided on, and nothing else: for one session. */
export class Executor {
  readonly #session: GateSession
  readonly #ports: GatePorts
  readonly #journal: Journal
  readonly #memory: TurnMemory
  readonly #signal: AbortSignal
  /** Confirmed runs that have not ended; the desk has a bound for them. `isRevoked` counts until the handler begins. */
  readonly #runs = new Map<string, { isRevoked: boolean }>()
  /** Effects without a question that are under way, by their hash: equal ones are one. */
  readonly #equal = new Map<string, Promise<ToolOutcome>>()
  readonly #counts = new Map<string, number>()

  constructor(parts: {
    readonly session: GateSession
    readonly ports: GatePorts
    readonly journal: Journal
    readonly memory: TurnMemory
    readonly signal: AbortSignal
  }) {
    this.#session = parts.session
    this.#ports = parts.ports
    this.#journal = parts.journal
    this.#memory = parts.memory
    this.#signal = parts.signal
  }

  /** Whether the session has had a tool done as often as it may. */
  isUsedUp({ definition, maxPerSession }: OfferedTool): boolean {
    return maxPerSession !== undefined && (this.#counts.get(definition.name) ?? 0) >= maxPerSession
  }

  /** The run of a confirmation is not to go on: counts until its handler begins. */
  revoke(id: string): void {
    const run = this.#runs.get(id)
    if (run) run.isRevoked = true
  }

  /** Runs a tool call that needs no yes, and answers the model. */
  async allowed(
    call: CheckedCall,
    judged: Judgement & { readonly decision: Extract<Decision, { kind: 'allow' }> },
  ): Promise<ToolOutcome> {
    const { name, tool, input, hash } = call
    const { reasons } = judged.decision
    // INVARIANT: what is high-risk has a confirmation; a request with a key of the matching scope is one.
    if (tool.risk === 'high' && !reasons.includes('requestWithKey')) return refused('unconfirmed')
    this.#decided({ tool: name, argumentsHash: hash }, { decision: 'allow', reasons })
    if (tool.isEffect) {
      const running = this.#equal.get(hash) ?? this.#newEffect(call, judged)
      this.#equal.set(hash, running)
      return await running.finally(() => this.#equal.delete(hash))
    }
    const { sessionId, actorId, toolTimeoutMs } = this.#session
    const { clock } = this.#ports
    const timeoutMs = tool.timeoutMs ?? toolTimeoutMs
    const run = { sessionId, actorId, intentId: undefined, clock, timeoutMs, signal: this.#signal }
    return this.answer(name, (await runHandler(tool, input, run)).result)
  }

  /**
   * Runs what was confirmed, as it was stored: once, and only if it still is allowed.
   * @returns what came of it; `failed` with the reason when no handler was called
   */
  async confirmed(order: RunOrder, desk: AtDesk): Promise<HandlerResult> {
    const { id, tool: name, hash, nonce } = order
    const run = { isRevoked: false }
    this.#runs.set(id, run)
    try {
      const objection = (): string | undefined => this.#objection(run)
      const stored = await this.#stored(order)
      const atOnce = objection()
      if (atOnce !== undefined) return this.#denied(order, [atOnce])
      if (!stored) return this.#denied(order, ['storedOtherwise'])
      const { decision, destination, reach } = await this.#judgeAgain(stored, { order, desk })
      const { reasons } = decision
      // INVARIANT: what is allowed for any other reason than this confirmation is not what was confirmed.
      if (decision.kind !== 'allow' || decision.confirmationId !== id) return this.#denied(order, reasons)
      this.#decided({ tool: name, argumentsHash: hash }, { decision: 'allow', reasons, confirmation: id }, id)
      await this.#journal.settled()
      if (!this.#journal.isWhole(id)) return this.#denied(order, ['auditUnavailable'])
      const early = objection()
      if (early !== undefined) return this.#denied(order, [early])
      const nonceHash = createHash('sha256').update(nonce).digest('hex')
      const draft = { ...this.#draft({ name, hash, destination }), key: id, confirmationId: id, nonceHash }
      const eventVersion = desk.record()?.eventVersion
      const end = await this.#run({ ...stored, eventVersion, limit: reach?.limit }, draft, () => {
        if (objection() === undefined) desk.commit()
        return objection()
      })
      if (end.kind === 'ran') return end.result
      return this.#denied(order, [end.kind === 'duplicate' ? 'duplicate' : end.reason])
    } finally {
      this.#runs.delete(id)
    }
  }

  /** What the model is told of a result; what strangers wrote in it is remembered. */
  answer(name: string, result: HandlerResult): ToolOutcome {
    return this.noted(name, resultAnswer(result, toolRule(name)?.taints))
  }

  /** The model is told an answer, for the first time or again: what it holds counts from now on. */
  noted(name: string, answer: ToolOutcome): ToolOutcome {
    const rule = toolRule(name)
    if (rule && answer.status === 'done')
      this.#memory.note(rule, { text: answer.output, atMs: this.#ports.clock.nowMs() })
    return answer
  }

  /** Reads what was stored, and looks whether it is what was asked about. */
  async #stored({ id, tool: name, hash }: RunOrder): Promise<Stored | undefined> {
    const proposal = await this.#ports.effects.findProposal(id)
    const tool = this.#session.tools.find(({ definition }) => definition.name === name)
    if (!proposal || !tool || proposal.tool !== name || proposal.argumentsHash !== hash) return undefined
    const read = tool.read(JSON.parse(proposal.arguments))
    return read.ok && argumentsHash(name, read.input) === hash ? { tool, input: read.input } : undefined
  }

  async #judgeAgain(
    { tool, input }: Stored,
    { order, desk }: { readonly order: RunOrder; readonly desk: AtDesk },
  ): Promise<Judgement> {
    const { tool: name, hash, nonce } = order
    const record = desk.record()
    const wanted = {
      name,
      hash,
      input,
      // The question has read out what is sent and to whom.
      seen: { hasPrivate: false, taint: [] },
      isAuditWritable: this.#journal.isWritable,
      isUsedUp: this.isUsedUp(tool),
      confirmation: record && { record, nonce },
    }
    return await judge(wanted, this.#session, this.#ports)
  }

  /** An effect that needs no question is one in its session, however often it is asked for, unless it certainly failed. */
  async #newEffect(
    { name, tool, input, hash }: CheckedCall,
    { destination, reach }: Judgement,
  ): Promise<ToolOutcome> {
    const count = this.#counts.get(name) ?? 0
    this.#counts.set(name, count + 1)
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const draft = { ...this.#draft({ name, hash, destination }), key: `${hash}-${attempt}` }
      const end = await this.#run({ tool, input, limit: reach?.limit }, draft, () => this.#objection())
      if (end.kind === 'ran') return this.answer(name, end.result)
      if (end.kind === 'refused') return refused(end.reason)
      const { outcome } = end
      if (outcome?.state === 'done') return this.answer(name, { kind: 'done', result: { done: 'before' } })
      if (outcome?.state !== 'failed') return this.answer(name, { kind: 'unknown', code: 'begunBefore' })
    }
    return refused('failedBefore')
  }

  #run(
    stored: Stored,
    draft: Omit<IntentDraft, 'intentId' | 'createdAtMs'>,
    objection: () => string | undefined,
  ): Promise<EffectEnd> {
    const effect = { ...stored, limit: stored.limit, draft, objection, signal: this.#signal }
    return runEffect(effect, { session: this.#session, ports: this.#ports })
  }

  #objection(run?: { readonly isRevoked: boolean }): string | undefined {
    if (run?.isRevoked === true) return 'revoked'
    return this.#signal.aborted ? 'cancelled' : undefined
  }

  #draft(of: { readonly name: string; readonly hash: string; readonly destination: string | undefined }) {
    const { sessionId, actorId } = this.#session
    const { name, hash, destination } = of
    const hasRange = destination !== undefined && toolRule(name)?.hasNumber === true
    return {
      scope: sessionId,
      tool: name,
      argumentsHash: hash,
      sessionId,
      actor: actorId,
      strength: this.#ports.facts.standing().strength,
      ...(destination !== undefined && { destination }),
      ...(hasRange && { range: rangeOf(destination) }),
    }
  }

  #decided(
    about: { readonly tool: string; readonly argumentsHash: string },
    data: { readonly decision: string; readonly reasons: readonly string[]; readonly confirmation?: string },
    proposalId?: string,
  ): void {
    const session = auditedSession(this.#session, this.#ports)
    this.#journal.record({ kind: 'decision', ...session, ...about, data }, proposalId)
  }

  #denied({ id, tool, hash }: RunOrder, reasons: readonly string[]): HandlerResult {
    const session = auditedSession(this.#session, this.#ports)
    const data = { confirmation: id, decision: 'deny', reasons }
    this.#journal.record({ kind: 'policy_denied', ...session, tool, argumentsHash: hash, data }, id)
    // The first reason is told to the model, all of them to the audit log.
    return { kind: 'failed', code: reasons.slice(0, 1).join() }
  }
}
