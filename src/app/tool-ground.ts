import { randomBytes } from 'node:crypto'
import { SessionGate } from '../gate/session-gate.ts'
import type { GateReceiver, GateSession } from '../gate/gate-options.ts'
import { systemClock } from '../lib/clock.ts'
import { auditRedaction } from '../ops/audit-redaction.ts'
import { classifyAnswer, consentLexicons } from '../policy/consent.ts'
import { toolRule } from '../policy/tool-rules.ts'
import type { AuditLog } from '../ports/audit.ts'
import type { GateFacts, KnownEvent } from '../ports/gate-facts.ts'
import type { Log } from '../ports/log.ts'
import type { OfferedTool, ToolHandler } from '../ports/tools.ts'
import { drilledEvent } from '../sim/drills/event-oracle.ts'
import type { FuzzedStrength, HandlerRun, ToolGround, ToolSession } from '../sim/drills/tool-ground.ts'
import { temporaryFolder } from '../sim/temporary-folder.ts'
import { openStorage, type Records } from '../storage/open-storage.ts'
import { catalogue } from '../tools/catalogue.ts'
import { offeredTools } from '../tools/offered-tools.ts'
import { DrilledCall } from './gated-call.ts'

const noLog: Log = { event: () => undefined, forCall: () => noLog }
const PAGE_RECORDS = 1_000
const event: KnownEvent = {
  ...drilledEvent,
  startsAtMs: Date.UTC(2030, 10, 26, 10, 30),
  endsAtMs: Date.UTC(2030, 10, 26, 11, 30),
}

/** Gates on a database in a temporary folder. Their tools do nothing but show that they were run. */
export async function startToolGround(): Promise<ToolGround & AsyncDisposable> {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(temporaryFolder())
  const records = starting.use(
    await openStorage({
      dataDir: folder.path,
      clock: systemClock,
      log: noLog,
      metrics: { count: () => undefined, observe: () => undefined, gauge: () => undefined },
      batchMs: 20,
      maxQueuedWrites: 10_000,
      commits: 'thread',
      auditRedaction,
    }),
  )
  const running = starting.move()
  const tools = toolsThatShow([])
  const lexicons = consentLexicons(['en'])
  return {
    open: (strength) => openSession(records, strength),
    call: (settings, onDeed) =>
      new DrilledCall({ records, settings, onDeed, tools, ports: { log: noLog, newHex } }),
    classify: (text) => classifyAnswer(text, lexicons),
    audit: () => lookOver(records.audit),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function newHex(digits: number): string {
  return randomBytes(digits / 2).toString('hex')
}

function openSession({ audit, effects }: Records, strength: FuzzedStrength): ToolSession {
  const runs: HandlerRun[] = []
  const facts: GateFacts = {
    standing: () => ({ strength, pin: 'open', isInScope: true, limits: { ok: true } }),
    reach: async () => ({ verdict: { ok: true }, isFirst: true }),
    event: async () => event,
  }
  const ports = { clock: systemClock, log: noLog, audit, effects, facts, newHex }
  const gate = new SessionGate(sessionWith(toolsThatShow(runs)), ports, silence)
  return {
    runs,
    propose: (call) => gate.propose(call),
    [Symbol.asyncDispose]: () => gate[Symbol.asyncDispose](),
  }
}

function toolsThatShow(runs: HandlerRun[]): readonly OfferedTool[] {
  const showing = (tool: string): ToolHandler => {
    return async (input) => {
      runs.push({ tool, input })
      return { kind: 'done', result: { shown: true } }
    }
  }
  const handlers = new Map(catalogue.map(({ name }) => [name, showing(name)]))
  return offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers })
}

function sessionWith(tools: readonly OfferedTool[]): GateSession {
  const lexicons = consentLexicons(['en'])
  return {
    sessionId: `CA${newHex(32)}`,
    actorId: 'person_fuzzed_caller',
    channel: 'voice',
    verification: 'stir_or_pin',
    firstDestinations: 'allow',
    tools,
    desk: { channel: 'voice', ttlMs: 30_000, transcribes: true, hasVoice: false, lexicons },
    toolTimeoutMs: 15_000,
  }
}

/** A line on which nobody asks and nobody answers. */
const silence: GateReceiver = {
  ask: () => undefined,
  stopQuestion: () => undefined,
  announceCancelled: () => undefined,
  tell: () => undefined,
  brought: () => undefined,
  stands: () => undefined,
  approval: () => undefined,
}

async function lookOver(audit: AuditLog): ReturnType<ToolGround['audit']> {
  const kinds: Record<string, number> = {}
  const reasons: Record<string, number> = {}
  for (let afterSeq = 0; ;) {
    const page = await audit.page({ afterSeq, maxRecords: PAGE_RECORDS })
    for (const { kind, data } of page) {
      kinds[kind] = (kinds[kind] ?? 0) + 1
      const words = [
        kind,
        data.decision,
        data.state,
        data.reason,
        data.means,
        ...(data.reasons ?? []),
        data.code,
      ]
      const why = words.filter((word) => word !== undefined).join(' ')
      reasons[why] = (reasons[why] ?? 0) + 1
    }
    const last = page.at(-1)
    if (!last) break
    afterSeq = last.seq
  }
  return { isWhole: (await audit.verify()).ok, kinds, reasons }
}
