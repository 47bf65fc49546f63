import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { createAudioEngine } from '../audio/engine.ts'
import type { Calls } from '../call/calls.ts'
import { drainCalls } from '../call/drain.ts'
import type { Config, Secrets } from '../config/config.ts'
import type { RunMode } from '../config/run-mode.ts'
import { type Clock, isoTime, systemClock } from '../lib/clock.ts'
import { modelWarning } from '../openai/models.ts'
import { auditRedaction } from '../ops/audit-redaction.ts'
import { createLog } from '../ops/logger.ts'
import { loopIdleMs, LoopWatch } from '../ops/loop-watch.ts'
import { createMetrics } from '../ops/metrics.ts'
import type { Log } from '../ports/log.ts'
import type { OfferedTool } from '../ports/tools.ts'
import type { AuditLog } from '../ports/audit.ts'
import type { CompleteCall, TurnRecord } from '../ports/storage.ts'
import { openStorage, type Records } from '../storage/open-storage.ts'
import { buildCalls } from './build-calls.ts'
import { verificationWarning } from './check-settings.ts'
import { buildOutside } from './build-outside.ts'
import { buildHttp } from './build-http.ts'
import { findLostCalls } from './find-lost-calls.ts'
import type { Network } from './network.ts'
import { eraseByOrder } from './erase-by-order.ts'
import type { OrderedErasure } from './own-number.ts'
import type { Parts } from './parts.ts'
import { keepRecords, tendOrphans } from './record-keeping.ts'

/**
 * Connections that wait to be accepted. Node's usual 511 are there within a tenth of a second of a flood: what comes
 * then is dropped by the kernel, and a webhook among it comes again a second later or not at all.
 */
const BACKLOG = 4_096

/** How a server is started. */
export type ServerOptions = {
  readonly config: Config
  readonly secrets: Secrets
  /** A rehearsal runs on settings that look like real ones, and says so here. */
  readonly mode: RunMode
  readonly clock?: Clock
  /** How the world is reached; over real sockets when unset. */
  readonly network?: Network
  /** From 0 up to 1, for what must not happen at the same time everywhere; by chance when unset. */
  readonly random?: () => number
  /** Where log lines go; standard output when unset. */
  readonly logTo?: { write(line: string): void }
  /**
   * Where records are committed: in a thread of their own, so that no call waits for the disk, or on the event loop,
   * where nothing may happen outside of it. On the loop by default.
   */
  readonly commits?: 'thread' | 'loop'
  /** What the model may propose, in place of the tools that the server has. */
  readonly tools?: readonly OfferedTool[]
  /** Done before any call is taken: what a rehearsal begins with. */
  readonly furnish?: (records: Records) => Promise<void>
  /** Told of every turn as it is recorded, for whoever shows a transcript while it is spoken. */
  readonly onTurn?: (turn: TurnRecord) => void
}

/** A running server; disposing of it says goodbye on live calls, closes everything and leaves complete records. */
export type Server = AsyncDisposable & {
  readonly origin: string
  readonly log: Log
  /**
   * Takes no more calls and resolves when all are over, within DRAIN_SECONDS: `patiently` lets the live ones end by
   * themselves as long as that allows, `atOnce` says goodbye now, also when patience was asked for before.
   */
  readonly drain: (how: 'patiently' | 'atOnce') => Promise<void>
  /** The time for that and for closing, in ms: DRAIN_SECONDS. */
  readonly drainMs: number
  /** Removes everything that is kept of whoever has a number, at the telephone network as well, unless it is one of ours. */
  erase(number: string): Promise<OrderedErasure>
  readonly audit: AuditLog
  /** Everything recorded about a call, including what was just asked to be written. */
  record(callSid: string): Promise<CompleteCall | undefined>
}

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string
}
/** Starts the server on its settings. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { config, secrets, mode, network, clock = systemClock, random = Math.random } = options
  await using starting = new AsyncDisposableStack()
  const log = createLog({
    level: config.server.logLevel,
    clock,
    ...(options.logTo && { destination: options.logTo }),
  })
  const metrics = starting.use(createMetrics())
  log.event('info', 'starting', { mode: mode.mode, missing: mode.missing, version })
  const loop = starting.use(new LoopWatch({ clock, log, metrics, idleMs: loopIdleMs }))
  const parts: Parts = { config, secrets, clock, log, metrics, loop, network, random }
  const records = starting.use(await openRecords(parts, options.commits ?? 'loop'))
  const { calls: storage } = records
  const outside = buildOutside(parts, records)
  const recordings = outside?.telephony
  starting.use(await keepRecords(parts, records, { mode: mode.mode, version, recordings }))
  await options.furnish?.(records)
  const audio = createAudioEngine({ downlink: config.realtime.downlink })
  // What is left at the end of the last call is told as well.
  if (outside) starting.use(outside.ownerNotice)
  const { tools, onTurn } = options
  const calls = await buildCalls(parts, { audio, records, outside, tools, onTurn })
  const http = await buildHttp({ ...parts, version }, { calls, outside, scratch: audio.ulawIn, records })
  starting.defer(() => http.close())
  const drain = drainOf(calls, parts)
  starting.defer(async () => {
    await drain('atOnce')
    await storage.flush()
  })
  starting.use(await tendOrphans(parts, records, calls))
  await outside?.resume()
  starting.defer(() => outside?.errands[Symbol.dispose]())
  await outside?.prepare()
  const { host, port } = config.server
  const origin = await listen(http, { host, port, network })
  log.event('info', 'listening', { address: host, port: Number(new URL(origin).port) })
  warnOfSettings(parts)
  loop.start()
  calls?.watchOrphans()
  if (calls && outside) starting.use(findLostCalls(parts, records, { calls, outside }))
  const erasing = starting.use(eraseByOrder(parts, records, recordings))
  const running = starting.move()
  return {
    origin,
    log,
    drain,
    drainMs: config.limits.drainSeconds * 1_000,
    audit: records.audit,
    erase: (number) => erasing.erase(number),
    record: async (callSid) => {
      await storage.flush()
      return storage.completeCall(callSid)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function listen(
  http: FastifyInstance,
  at: { readonly host: string; readonly port: number; readonly network: Network | undefined },
): Promise<string> {
  const { host, port, network } = at
  if (!network) return await http.listen({ host, port, backlog: BACKLOG })
  const origin = `http://${host}:${port}`
  await http.ready()
  network.serve(http.server, origin)
  return origin
}

function openRecords(
  { config, secrets, clock, log, metrics }: Parts,
  commits: 'thread' | 'loop',
): Promise<Records> {
  const { storageBatchMs: batchMs, maxQueuedWrites } = config.limits
  return openStorage({
    dataDir: config.server.dataDir,
    databaseUrl: secrets.databaseUrl,
    clock,
    log,
    metrics,
    batchMs,
    maxQueuedWrites,
    commits,
    auditRedaction,
  })
}

/** Makes the one drain of a server; asked for again it only may hurry. */
function drainOf(calls: Calls | undefined, { config, clock, log }: Parts): Server['drain'] {
  const hurry = new AbortController()
  let draining: Promise<void> | undefined
  return (how) => {
    if (how === 'atOnce') hurry.abort()
    if (draining) return draining
    log.event('info', 'stopping', { count: calls?.size() ?? 0, mode: how })
    const drainMs = config.limits.drainSeconds * 1_000
    draining = calls ? drainCalls(calls, { clock, drainMs, hurry: hurry.signal }) : Promise.resolve()
    return draining
  }
}

function warnOfSettings({ config, log, clock }: Parts): void {
  const weak = verificationWarning(config.owner)
  if (weak !== undefined) log.event('warn', 'weakVerification', { sentence: weak })
  const today = isoTime(clock.wallMs()).slice(0, 10)
  for (const model of [config.openai.realtimeModel, config.openai.transcriptionModel]) {
    const sentence = model === undefined ? undefined : modelWarning(model, today)
    if (model !== undefined && sentence !== undefined)
      log.event('warn', 'modelEnds', { name: model, sentence })
  }
}
