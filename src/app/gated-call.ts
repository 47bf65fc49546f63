import { setImmediate as nextTurn } from 'node:timers/promises'
import type { GatePorts, GateReceiver, GateSession } from '../gate/gate-options.ts'
import { SessionGate } from '../gate/session-gate.ts'
import { VirtualClock } from '../lib/virtual-clock.ts'
import { consentLexicons } from '../policy/consent.ts'
import type { GateFacts, KnownEvent, Reach } from '../ports/gate-facts.ts'
import type { OfferedTool, ToolHandler } from '../ports/tools.ts'
import type {
  CallReach,
  CallSettings,
  CallStanding,
  EffectProof,
  GatedCall,
  GateDeed,
  HeldWork,
  LineNews,
} from '../sim/drills/gated-call.ts'
import type { Records } from '../storage/open-storage.ts'

/** What a gated call is made of. */
export type GatedCallParts = {
  readonly records: Pick<Records, 'audit' | 'effects'>
  readonly ports: Pick<GatePorts, 'log' | 'newHex'>
  readonly settings: CallSettings
  readonly onDeed: (deed: GateDeed) => void
  /** The tools that are offered; what they do is the drill's. */
  readonly tools: readonly OfferedTool[]
  /** Does what every tool is for; without it, the drill's own handler shows that it was called. */
  readonly handler?: ToolHandler
  /** A call that is known already; without it, it gets an id of its own. */
  readonly sessionId?: string
  /** Called before each work of the storage, and when it was done. */
  readonly onStep?: () => void
}

const startsAtMs = Date.UTC(2026, 10, 24, 10, 30)
const event: KnownEvent = {
  title: 'Dentist',
  start: '2026-11-24T10:30',
  timeZone: 'Europe/London',
  startsAtMs,
  endsAtMs: startsAtMs + 3_600_000,
}

/** The gate of a call that a drill plays: the real gate on a real database, time and delays in the drill's hands. */
export class DrilledCall implements GatedCall {
  readonly clock = new VirtualClock()
  readonly sessionId: string
  standing: CallStanding = { strength: 'S2', pin: 'open', isInScope: true, limits: { ok: true } }
  reach: CallReach = { is: 'fine' }
  handled: GatedCall['handled'] = 'done'
  readonly #parts: GatedCallParts
  readonly #gate: SessionGate
  readonly #held = new Map<string, { readonly promise: Promise<void>; readonly resolve: () => void }>()
  readonly #broken = new Set<string>()
  /** Work that is under way and not held. */
  #busy = 0
  #idle = Promise.withResolvers<void>()

  constructor(parts: GatedCallParts) {
    this.#parts = parts
    const { records, ports } = parts
    this.sessionId = parts.sessionId ?? `CA${ports.newHex(32)}`
    const audit = this.#slowed(records.audit)
    const effects = this.#slowed(records.effects)
    const facts: GateFacts = this.#slowed({
      standing: () => this.standing,
      reach: async () => reachOf(this.reach),
      event: async () => event,
    })
    this.#gate = new SessionGate(
      this.#session(),
      { ...ports, clock: this.clock, audit, effects, facts },
      this.#receiver(),
    )
  }

  propose(call: Parameters<GatedCall['propose']>[0]): ReturnType<GatedCall['propose']> {
    return this.#gate.propose(call)
  }

  feed(news: LineNews): void {
    if (news.kind === 'ended') this.#gate.end(news.reason)
    else this.#gate.feed(news)
  }

  hold(work: HeldWork, place: 'before' | 'after'): void {
    const key = `${place} ${work}`
    if (!this.#held.has(key)) this.#held.set(key, Promise.withResolvers<void>())
  }

  release(): void {
    const held = [...this.#held.values()]
    this.#held.clear()
    for (const { resolve } of held) resolve()
  }

  breakDown(what: 'audit' | 'intents'): void {
    this.#broken.add(what === 'audit' ? 'record' : 'claimIntent')
  }

  async quiet(): Promise<void> {
    do {
      while (this.#busy > 0) await this.#idle.promise
      // What follows from work that has come to its end is begun before the next turn of the loop.
      await nextTurn()
    } while (this.#busy > 0)
  }

  async proof(intentId: string): Promise<EffectProof | undefined> {
    const { effects } = this.#parts.records
    const intent = await effects.findIntent(intentId)
    if (!intent) return undefined
    const { sessionId, tool, argumentsHash: hash, confirmationId } = intent
    const confirmation =
      confirmationId === undefined ? undefined : await effects.findConfirmation(confirmationId)
    const proposal = confirmationId === undefined ? undefined : await effects.findProposal(confirmationId)
    const [state, stored] = [confirmation?.state, proposal?.arguments]
    const startedAtMs = this.clock.wallMs() - this.clock.nowMs()
    const decidedAtMs =
      confirmation?.decidedAtMs === undefined ? undefined : confirmation.decidedAtMs - startedAtMs
    return { sessionId, tool, hash, confirmationId, state, decidedAtMs, arguments: stored }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release()
    await this.#gate[Symbol.asyncDispose]()
  }

  /** A port whose work can be held, fails when it is broken, and is known while it is under way. */
  #slowed<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function' || name === 'standing') return method
        return (...given: unknown[]): Promise<unknown> =>
          this.#work(String(name), given, () => Promise.resolve(Reflect.apply(method, target, given)))
      },
    })
  }

  async #work(name: string, given: readonly unknown[], work: () => Promise<unknown>): Promise<unknown> {
    this.#tellStored(name, given)
    this.#count(1)
    try {
      await this.#wait(`before ${name}`)
      if (this.#broken.has(name)) throw new Error('The disk is full')
      this.#parts.onStep?.()
      const answer = await work()
      this.#parts.onStep?.()
      await this.#wait(`after ${name}`)
      this.#tellClaimed(name, { given, answer })
      return answer
    } finally {
      this.#count(-1)
    }
  }

  async #wait(place: string): Promise<void> {
    const held = this.#held.get(place)
    if (!held) return
    this.#count(-1)
    await held.promise
    this.#count(1)
  }

  #count(change: number): void {
    this.#busy += change
    if (this.#busy > 0) return
    this.#idle.resolve()
    this.#idle = Promise.withResolvers<void>()
  }

  #tellStored(name: string, [given]: readonly unknown[]): void {
    if (name !== 'insertProposal') return
    const { proposalId, callId, argumentsHash: hash } = texts(given)
    this.#parts.onDeed({ kind: 'stored', id: proposalId ?? '', callId: callId ?? '', hash: hash ?? '' })
  }

  #tellClaimed(
    name: string,
    { given: [given], answer }: { readonly given: readonly unknown[]; readonly answer: unknown },
  ): void {
    const isClaim = name === 'claimIntent' && typeof answer === 'object' && answer !== null
    if (!isClaim || Reflect.get(answer, 'ok') !== true) return
    const { intentId = '', confirmationId } = texts(given)
    this.#parts.onDeed({ kind: 'claimed', intentId, confirmationId })
  }

  #receiver(): GateReceiver {
    const { onDeed } = this.#parts
    return {
      ask: (question) => onDeed({ kind: 'asked', ...question }),
      stopQuestion: (id) => onDeed({ kind: 'stopped', id }),
      announceCancelled: (tool) => onDeed({ kind: 'announced', tool }),
      tell: ({ callId, status }) => onDeed({ kind: 'told', callId, status }),
      brought: () => undefined,
      stands: () => undefined,
      approval: ({ id, verdict }) => onDeed({ kind: 'verdict', id, verdict }),
    }
  }

  #session(): GateSession {
    const { channel, verification, firstDestinations, transcribes, hasVoice } = this.#parts.settings
    const lexicons = consentLexicons(['en'])
    return {
      sessionId: this.sessionId,
      actorId: 'person_at_the_other_end',
      channel,
      verification,
      firstDestinations,
      tools: this.#parts.tools.map((tool) => ({ ...tool, handler: this.#handlerOf(tool.definition.name) })),
      desk: {
        channel: channel === 'voice' ? 'voice' : 'written',
        ttlMs: 30_000,
        transcribes,
        hasVoice,
        lexicons,
      },
      toolTimeoutMs: 15_000,
    }
  }

  #handlerOf(tool: string): ToolHandler {
    const { handler } = this.#parts
    if (handler) return handler
    return async (input, { intentId }) => {
      this.#parts.onDeed({ kind: 'ran', tool, input, intentId })
      if (intentId === undefined || this.handled === 'done') return { kind: 'done', result: { shown: true } }
      if (this.handled === 'throws') throw new Error('Nobody knows')
      return { kind: 'failed', code: 'refused' }
    }
  }
}

function reachOf({ is }: CallReach): Reach {
  if (is === 'fails') throw new Error('Nothing is known')
  const isFirst = is === 'first'
  if (is === 'refused') return { verdict: { ok: false, reason: 'quietHours' }, isFirst }
  return { verdict: { ok: true }, isFirst, ...(!isFirst && { name: 'Ann' }) }
}

function texts(value: unknown): Readonly<Record<string, string | undefined>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter(([, field]) => typeof field === 'string'))
}
