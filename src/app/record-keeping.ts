import { createBackground } from '../ops/background.ts'
import type { CallStorage } from '../ports/storage.ts'
import type { Parts } from './parts.ts'

const MINUTE_MS = 60_000

/**
 * What is done about the record every minute while a server runs: on a database that several processes share, the calls
 * of those that have died are closed, as nobody else may come to do it.
 */
export function keepRecords(parts: Parts, storage: CallStorage): Disposable {
  const { clock, log, metrics, secrets } = parts
  const background = createBackground({ log, metrics })
  let timer = clock.setTimer(MINUTE_MS, onMinute)
  function onMinute(): void {
    timer = clock.setTimer(MINUTE_MS, onMinute)
    if (secrets.databaseUrl !== undefined) background('closeOrphans', closeOrphans(parts, storage))
  }
  return { [Symbol.dispose]: () => timer.cancel() }
}

/** Closes the calls that dead processes left open, and says which. */
export async function closeOrphans(
  { clock, log }: Pick<Parts, 'clock' | 'log'>,
  storage: CallStorage,
): Promise<void> {
  for (const callSid of await storage.closeOrphans(clock.wallMs())) {
    log.forCall(callSid).event('warn', 'orphanClosed')
  }
}
