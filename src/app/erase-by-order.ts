import type { Recordings } from '../ports/recordings.ts'
import type { Records } from '../storage/open-storage.ts'
import { deleteErasedRecordings } from './delete-recordings.ts'
import { isOwnNumber, type OrderedErasure } from './own-number.ts'
import type { Parts } from './parts.ts'

/** Erases whoever has a number; disposing of it gives up what is not yet deleted at the telephone network. */
export type EraseByOrder = Disposable & { erase(number: string): Promise<OrderedErasure> }

/**
 * Makes what erases by order of an operator: first here, then the recordings at the network.
 * @param recordings undefined without a telephone network
 */
export function eraseByOrder(
  parts: Pick<Parts, 'config' | 'clock' | 'log'>,
  { upkeep }: Pick<Records, 'upkeep'>,
  recordings: Recordings | undefined,
): EraseByOrder {
  const stop = new AbortController()
  const erased = async (number: string): Promise<OrderedErasure> => {
    if (isOwnNumber(parts.config, number)) return { kind: 'ownNumber' }
    return await upkeep.erase(number, { actor: 'server', strength: 'S4' })
  }
  return {
    async erase(number) {
      const report = await erased(number)
      const calls = report.kind === 'erased' ? { count: report.callSids.length } : {}
      parts.log.event('info', 'erasure', { status: report.kind, ...calls })
      if (report.kind !== 'erased') return report
      const { signal } = stop
      const left = await deleteErasedRecordings(parts, report.recordingSids, { recordings, signal })
      return { ...report, recordingSids: left }
    },
    [Symbol.dispose]: () => stop.abort(),
  }
}
