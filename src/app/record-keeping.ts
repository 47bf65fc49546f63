import type { Calls } from '../call/calls.ts'
import { createBackground } from '../ops/background.ts'
import type { EffectStorage } from '../ports/effects.ts'
import type { Recordings } from '../ports/recordings.ts'
import type { CallStorage } from '../ports/storage.ts'
import type { Records } from '../storage/open-storage.ts'
import { deleteOldRecordings } from './delete-recordings.ts'
import type { Parts } from './parts.ts'
import { showUnresolved } from './show-unresolved.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/**
 * What is done about the records while a server runs. Its start and its stop are recorded, and the end of the audit chain
 * is logged every minute and at the stop: whoever keeps the log can tell later whether the chain was written anew.
 * Effects that stay unknown are shown to operators. What is too old is removed once a day, and first after a minute, so
 * that it does not come in the way of the start.
 * @param run.recordings where recordings are deleted; they stay while there is no telephone network
 */
export async function keepRecords(
  parts: Pick<Parts, 'clock' | 'log' | 'metrics' | 'config'>,
  records: Records,
  run: { readonly mode: string; readonly version: string; readonly recordings?: Recordings | undefined },
): Promise<AsyncDisposable> {
  const { clock, log, metrics, config } = parts
  const { audit, people, effects } = records
  const background = createBackground({ log, metrics })
  const { mode, version, recordings } = run
  const configHash = people.keyed(JSON.stringify(config))
  await audit.record({ kind: 'start', actor: 'server', data: { mode, version, configHash } })
  const logHead = async (): Promise<void> => {
    const { seq, hash } = await audit.head()
    log.event('info', 'auditHead', { count: seq, hash })
  }
  let timer = clock.setTimer(MINUTE_MS, onMinute)
  let retainedAtMs = -DAY_MS
  const stop = new AbortController()
  let retaining: Promise<void> = Promise.resolve()
  let deleting: Promise<void> = Promise.resolve()
  let showing: Promise<void> = Promise.resolve()
  function onMinute(): void {
    timer = clock.setTimer(MINUTE_MS, onMinute)
    const nowMs = clock.nowMs()
    if (nowMs - retainedAtMs >= DAY_MS) {
      retainedAtMs = nowMs
      retaining = retain(parts, records, stop.signal)
      background('retention', retaining)
      deleting = deleteOldRecordings(parts, records, { recordings, signal: stop.signal })
      background('oldRecordings', deleting)
    }
    background('auditHead', logHead())
    showing = showUnresolved(parts, effects)
    background('showUnresolved', showing)
  }
  return {
    [Symbol.asyncDispose]: async () => {
      timer.cancel()
      stop.abort()
      await records.calls.flush()
      await retaining.catch(() => undefined)
      await deleting.catch(() => undefined)
      await showing.catch(() => undefined)
      await audit.record({ kind: 'stop', actor: 'server' })
      await logHead()
    },
  }
}

async function retain(
  { clock, log, config }: Pick<Parts, 'clock' | 'log' | 'config'>,
  { upkeep }: Records,
  signal: AbortSignal,
): Promise<void> {
  const { transcriptRetentionDays, callRetentionDays, auditRetentionDays } = config.limits
  const rules = {
    transcriptDays: transcriptRetentionDays,
    callDays: callRetentionDays,
    auditDays: auditRetentionDays,
  }
  const report = await upkeep.retain(rules, { nowMs: clock.wallMs(), signal }).catch((error: unknown) => {
    // What is left is removed after the next start.
    if (signal.aborted) return undefined
    throw error
  })
  const { silenced, calls, auditRecords } = report ?? { silenced: 0, calls: 0, auditRecords: 0 }
  if (silenced > 0) log.event('info', 'wordsRemoved', { count: silenced })
  if (calls > 0) log.event('info', 'callsRemoved', { count: calls })
  if (auditRecords > 0) log.event('info', 'auditRemoved', { count: auditRecords })
}

/** Takes calls that a dead process left open, and finds out what has become of them; see src/call/orphans.ts. */
type OrphanKeeper = Pick<Calls, 'adopt' | 'has' | 'watchOrphans'>

/**
 * Settles what dead processes left open, before anybody can ask for it: calls are adopted, or closed where no call could go
 * on; questions are void; of effects without an outcome nobody knows what came. On a database that several processes share
 * this is done every minute again, as nobody else may come to do it. Calls of this process whose end could not be written
 * are closed every minute, too: until then they would count as live.
 * @returns what ends that
 */
export async function tendOrphans(
  parts: Pick<Parts, 'clock' | 'log' | 'metrics' | 'secrets'>,
  { calls: storage, effects }: Pick<Records, 'calls' | 'effects'>,
  keeper: OrphanKeeper | undefined,
): Promise<Disposable> {
  const { clock, log, metrics, secrets } = parts
  const background = createBackground({ log, metrics })
  const isShared = secrets.databaseUrl !== undefined
  const tend = async (): Promise<void> => {
    if (keeper) keeper.adopt(await storage.orphans(clock.wallMs()))
    else await closeOrphans(parts, storage)
    await closeLeftovers(parts, effects)
  }
  const tendAgain = async (): Promise<void> => {
    await tend()
    keeper?.watchOrphans()
  }
  await tend()
  let timer = clock.setTimer(MINUTE_MS, onMinute)
  function onMinute(): void {
    timer = clock.setTimer(MINUTE_MS, onMinute)
    if (isShared) background('closeOrphans', tendAgain())
    if (keeper) background('endForgotten', endForgotten(parts, storage, keeper))
  }
  return { [Symbol.dispose]: () => timer.cancel() }
}

/** Closes the calls that dead processes left open, and says which. */
async function closeOrphans({ clock, log }: Pick<Parts, 'clock' | 'log'>, calls: CallStorage): Promise<void> {
  for (const callSid of await calls.closeOrphans(clock.wallMs())) {
    log.forCall(callSid).event('warn', 'orphanClosed')
  }
}

/** Closes calls of this process that it has no more, and says which. */
async function endForgotten(
  { clock, log }: Pick<Parts, 'clock' | 'log'>,
  storage: CallStorage,
  keeper: OrphanKeeper,
): Promise<void> {
  const ended = await storage.endForgotten(clock.wallMs(), (callSid) => keeper.has(callSid))
  for (const callSid of ended) log.forCall(callSid).event('warn', 'callClosedLate')
}

/** Settles what dead processes left: questions, and effects of which nobody knows what came of them. */
async function closeLeftovers(
  { clock, log }: Pick<Parts, 'clock' | 'log'>,
  effects: EffectStorage,
): Promise<void> {
  const { unknown, voided } = await effects.closeLeftovers(clock.wallMs())
  for (const { tool } of unknown) log.event('warn', 'effectUnknown', { tool, reason: 'processDied' })
  if (voided.length > 0) log.event('info', 'questionsVoided', { count: voided.length })
}
