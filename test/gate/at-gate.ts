import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { GateReceiver, GateSession, GateStanding } from '../../src/gate/gate-options.ts'
import { knownEvent } from '../../src/gate/known-event.ts'
import { SessionGate } from '../../src/gate/session-gate.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { consentLexicons } from '../../src/policy/consent.ts'
import { toolRule } from '../../src/policy/tool-rules.ts'
import type { AuditRecord } from '../../src/ports/audit.ts'
import type { GateFacts, Reach, Standing } from '../../src/ports/gate-facts.ts'
import type {
  HandlerContext,
  HandlerResult,
  ToolHandler,
  ToolInput,
  ToolOutcome,
} from '../../src/ports/tools.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { catalogue } from '../../src/tools/catalogue.ts'
import { offeredTools } from '../../src/tools/offered-tools.ts'

import { noLog, openedRecords, temporaryFolder } from '../storage/opening.ts'

/** Who is on the line. */
export const actorId = 'person_0a1b2c3d4e5f60718293a4b5'
/** Whom they know. */
export const ann = '+14155550123'
/** A text message to her. */
export const sms = { to_number: ann, body: 'I am on my way' }

/** What happens around a storage method: by throwing it lets the method fail, before or after it was done. */
export type Around = Map<string, () => void>

/** The real storage, with something happening right before a method is called or right after it was done. */
function hooked<Port extends object>(port: Port, { before, after }: { before: Around; after: Around }): Port {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return async (...given: unknown[]): Promise<unknown> => {
        before.get(String(name))?.()
        const answer: unknown = await Reflect.apply(method, target, given)
        after.get(String(name))?.()
        return answer
      }
    },
  })
}

const audioMs = 4_000
/** A call that no other process has. */
export function randomCallSid(): string {
  return `CA${newHex(32)}`
}

const newHex = (digits: number): string => randomBytes(digits / 2).toString('hex')
const done: ToolHandler = async () => ({ kind: 'done', result: { sid: 'SM1' } })

type Arguments<Method> = Method extends (...given: infer Given) => void ? Given[0] : never

/** What the gate has asked of the line, in order. */
class Line implements GateReceiver {
  readonly asked: Arguments<GateReceiver['ask']>[] = []
  readonly stopped: string[] = []
  readonly announced: string[] = []
  readonly told: string[] = []
  readonly answers: { readonly tool: string; readonly output: unknown }[] = []
  readonly approvals: string[] = []
  readonly standings: GateStanding[] = []

  ask(question: Arguments<GateReceiver['ask']>): void {
    this.asked.push(question)
  }
  stopQuestion(id: string): void {
    this.stopped.push(id)
  }
  announceCancelled(tool: string): void {
    this.announced.push(tool)
  }
  tell({ callId, tool, status }: Arguments<GateReceiver['tell']>): void {
    this.told.push(`${callId} ${tool} ${status}`)
  }
  brought({ tool, output }: Arguments<GateReceiver['brought']>): void {
    this.answers.push({ tool, output: JSON.parse(output) })
  }
  stands(now: GateStanding): void {
    this.standings.push(now)
  }
  approval({ verdict }: Arguments<GateReceiver['approval']>): void {
    this.approvals.push(verdict)
  }
}

/** One run of a handler. */
export type Run = { readonly tool: string; readonly input: ToolInput; readonly context: HandlerContext }

/** A gate in a call, on a real database; the caller, the model and the world behind the tools are played by the test. */
export class AtGate implements AsyncDisposable {
  readonly clock = new VirtualClock()
  readonly line = new Line()
  readonly runs: Run[] = []
  readonly records: Records
  readonly sessionId = randomCallSid()
  readonly gate: SessionGate
  standing: Standing = { strength: 'S2', pin: 'open', isInScope: true, limits: { ok: true } }
  reach: Reach = { verdict: { ok: true }, isFirst: false, name: 'Ann' }
  reachFails = false
  /** What the calendar says of any event. */
  event: GateFacts['event'] = (eventId) => knownEvent(this.records.agenda, eventId)
  /** What the facts about a destination wait for, by tool. */
  readonly reaching = new Map<string, Promise<void>>()
  /** What happens around methods of the storage. */
  readonly before: Around = new Map()
  readonly after: Around = new Map()
  /** What tools do, by their name; any other one is done at once. */
  readonly doing = new Map<string, ToolHandler>()
  /** The database, for whoever wants to change it behind everybody's back; of gates that have one of their own. */
  databasePath = ''
  readonly #held: AsyncDisposableStack
  #count = 0

  private constructor(held: AsyncDisposableStack, records: Records, change: Partial<GateSession>) {
    this.#held = held
    this.records = records
    const { clock } = this
    const audit = hooked(records.audit, this)
    const effects = hooked(records.effects, this)
    const facts = {
      standing: () => this.standing,
      reach: async (tool: string) => {
        await this.reaching.get(tool)
        if (this.reachFails) throw new Error('No answer')
        return this.reach
      },
      event: (eventId: string) => this.event(eventId),
    }
    const ports = { clock, log: noLog, audit, effects, facts, newHex }
    this.gate = new SessionGate(this.#session(change), ports, this.line)
    held.use(this.gate)
  }

  /** Opens a gate on a database of its own, or on one that is given. */
  static async open(change: Partial<GateSession> = {}, given?: Records): Promise<AtGate> {
    await using held = new AsyncDisposableStack()
    if (given) return new AtGate(held.move(), given, change)
    const folder = held.use(temporaryFolder())
    const records = held.use(await openedRecords(folder.path, { commits: 'loop' }))
    const at = new AtGate(held.move(), records, change)
    at.databasePath = join(folder.path, 'consigliere.db')
    return at
  }

  /** The model proposes. */
  propose(
    name: string,
    input: unknown,
    more: { callId?: string; responseId?: string } = {},
  ): Promise<ToolOutcome> {
    this.#count += 1
    const { callId = `call_${this.#count}`, responseId = `resp_${this.#count}` } = more
    const text = typeof input === 'string' ? input : JSON.stringify(input)
    return this.gate.propose({ callId, responseId, name, arguments: text })
  }

  /** The question that was asked for last is spoken as it is written, and its mark has not come back yet. */
  speak(): void {
    const { id, attempt, text } = this.question()
    this.gate.feed({ kind: 'questionStarted', id, attempt })
    this.clock.advance(500)
    this.gate.feed({ kind: 'questionSent', id, attempt, audioMs, spoken: text })
  }

  /** The question is spoken, and heard to its end; a second passes. */
  hear(): void {
    this.speak()
    this.clock.advance(audioMs - 500)
    const { id, attempt } = this.question()
    this.gate.feed({ kind: 'questionMark', id, attempt })
    this.clock.advance(1_000)
  }

  /** The caller says something. */
  say(text: string, sessionId = this.sessionId): void {
    this.#count += 1
    const itemId = `item_abcdefgh${this.#count}`
    this.gate.feed({ kind: 'speechStarted', itemId, sessionId })
    this.clock.advance(700)
    this.gate.feed({ kind: 'speechStopped', itemId })
    this.clock.advance(300)
    this.gate.feed({ kind: 'transcript', itemId, text })
  }

  question(): Line['asked'][number] {
    const question = this.line.asked.at(-1)
    if (!question) throw new Error('Nothing was asked')
    return question
  }

  /** Lets everything that has begun come to its end: enough for a whole run, as every test with a yes shows. */
  async quiet(): Promise<void> {
    for (let round = 0; round < 20; round += 1) {
      await this.records.audit.head()
      await nextTurn()
    }
  }

  /** Runs of one tool. */
  count(tool: string): number {
    return this.runs.filter((run) => run.tool === tool).length
  }

  /** The audit log of this session. */
  async audited(): Promise<readonly AuditRecord[]> {
    const all = await this.records.audit.page({ afterSeq: 0, maxRecords: 5_000 })
    return all.filter(({ session }) => session === this.sessionId)
  }

  /** The audit log of this session in words: kind, then what is to be known of each. */
  async story(): Promise<readonly string[]> {
    return (await this.audited()).map(({ kind, data }) =>
      [kind, data.decision, data.state, data.reason, data.code, ...(data.reasons ?? [])]
        .filter((word) => word !== undefined)
        .join(' '),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync()
  }

  #session(change: Partial<GateSession>): GateSession {
    const handlers = new Map(catalogue.map(({ name }) => [name, this.#handlerOf(name)]))
    const lexicons = consentLexicons(['en'])
    return {
      sessionId: this.sessionId,
      actorId,
      channel: 'voice',
      verification: 'stir_or_pin',
      firstDestinations: 'allow',
      tools: offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers }),
      desk: { channel: 'voice', ttlMs: 30_000, transcribes: true, hasVoice: false, lexicons },
      toolTimeoutMs: 15_000,
      ...change,
    }
  }

  #handlerOf(tool: string): ToolHandler {
    return async (input, context): Promise<HandlerResult> => {
      this.runs.push({ tool, input, context })
      return await (this.doing.get(tool) ?? done)(input, context)
    }
  }
}
