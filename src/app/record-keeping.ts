import { createBackground } from '../ops/background.ts'
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
    if (secrets.databaseUrl !== undefined) background('closeOrphans', closeOrphans(parts, records.calls))
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
