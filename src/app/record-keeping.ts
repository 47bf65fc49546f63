import { createBackground } from '../ops/background.ts'
import type { EffectStorage } from '../ports/effects.ts'
import type { CallStorage } from '../ports/storage.ts'
import type { Records } from '../storage/open-storage.ts'
import type { Parts } from './parts.ts'

const MINUTE_MS = 60_000

/**
 * What is done about the records while a server runs. Its start and its stop are recorded, and the end of the audit chain
 * is logged every minute and at the stop: whoever keeps the log can tell later whether the chain was written anew. On a
 * database that several processes share, the calls of those that have died are closed, as nobody else may come to do it.
 */
export async function keepRecords(
  parts: Pick<Parts, 'clock' | 'log' | 'metrics' | 'config' | 'secrets'>,
  records: Records,
  run: { readonly mode: string; readonly version: string },
): Promise<AsyncDisposable> {
  const { clock, log, metrics, config, secrets } = parts
  const { audit, people } = records
  const background = createBackground({ log, metrics })
  const configHash = people.keyed(JSON.stringify(config))
  await audit.record({ kind: 'start', actor: 'server', data: { ...run, configHash } })
  const logHead = async (): Promise<void> => {
    const { seq, hash } = await audit.head()
    log.event('info', 'auditHead', { count: seq, hash })
  }
  let timer = clock.setTimer(MINUTE_MS, onMinute)
  function onMinute(): void {
    timer = clock.setTimer(MINUTE_MS, onMinute)
    background('auditHead', logHead())
    if (secrets.databaseUrl === undefined) return
    background('closeOrphans', closeOrphans(parts, records.calls))
    background('closeOrphans', closeLeftovers(parts, records.effects))
  }
  return {
    [Symbol.asyncDispose]: async () => {
      timer.cancel()
      await audit.record({ kind: 'stop', actor: 'server' })
      await logHead()
    },
  }
}

/** Closes the calls that dead processes left open, and says which. */
export async function closeOrphans(
  { clock, log }: Pick<Parts, 'clock' | 'log'>,
  calls: CallStorage,
): Promise<void> {
  for (const callSid of await calls.closeOrphans(clock.wallMs())) {
    log.forCall(callSid).event('warn', 'orphanClosed')
  }
}

/** Settles what dead processes left: questions, and effects of which nobody knows what came of them. */
export async function closeLeftovers(
  { clock, log }: Pick<Parts, 'clock' | 'log'>,
  effects: EffectStorage,
): Promise<void> {
  const { unknown, voided } = await effects.closeLeftovers(clock.wallMs())
  for (const { tool } of unknown) log.event('warn', 'effectUnknown', { tool, reason: 'processDied' })
  if (voided.length > 0) log.event('info', 'questionsVoided', { count: voided.length })
}
