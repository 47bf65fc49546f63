import { once } from 'node:events'
import { deadline } from '../lib/clock.ts'
import type { Recordings } from '../ports/recordings.ts'
import type { Records } from '../storage/open-storage.ts'
import type { Parts } from './parts.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
/** Old recordings in a day. Those beyond are for the next days, and those that failed come first then. */
const MAX_PER_DAY = 1_000
/** What is left of an erasure is tried again after each of these. */
const RETRY_AFTER_MS = [1_000, 4_000] as const
/** Whoever ordered the erasure waits for it: what is not deleted within this is left. */
const ERASURE_MS = 60_000

/** Where recordings are deleted; undefined without a telephone network, where all are left. */
type Deleting = { readonly recordings: Recordings | undefined; readonly signal: AbortSignal }

/**
 * Deletes recordings that are kept long enough at the network, one after the other, and forgets each once that is
 * confirmed. They are kept as long as words are, or as calls, where that is shorter.
 */
export async function deleteOldRecordings(
  { clock, log, config }: Pick<Parts, 'clock' | 'log' | 'config'>,
  { messages }: Pick<Records, 'messages'>,
  { recordings, signal }: Deleting,
): Promise<void> {
  const { transcriptRetentionDays, callRetentionDays } = config.limits
  const beforeMs = clock.wallMs() - Math.min(transcriptRetentionDays, callRetentionDays) * DAY_MS
  const due = await messages.recordingsBefore({ beforeMs, maxMessages: MAX_PER_DAY })
  const idOf = new Map(due.map(({ messageId, recordingSid }) => [recordingSid, messageId]))
  const left = await deleteEach([...idOf.keys()], {
    recordings,
    signal,
    onDeleted: (recordingSid) => messages.remove(idOf.get(recordingSid) ?? ''),
  })
  tellDeleted(log, idOf.size - left.size)
  const [code] = left.values()
  // At a stop nothing went wrong: the next process goes on.
  if (code !== undefined && !signal.aborted) log.event('warn', 'recordingsLeft', { count: left.size, code })
}

/**
 * Deletes the recordings of somebody who was erased, and tries again what fails. Each that is left is logged, too: nothing
 * else names it any more, and whoever ordered the erasure may be gone.
 * @returns those that the network still has, as far as is known
 */
export async function deleteErasedRecordings(
  { clock, log }: Pick<Parts, 'clock' | 'log'>,
  recordingSids: readonly string[],
  { recordings, signal: stop }: Deleting,
): Promise<readonly string[]> {
  using limit = deadline({ clock, delayMs: ERASURE_MS, signal: stop, reason: 'The erasure takes too long' })
  const { signal } = limit
  let left = await deleteEach(recordingSids, { recordings, signal })
  for (const delayMs of recordings ? RETRY_AFTER_MS : []) {
    if (left.size === 0) break
    using wait = deadline({ clock, delayMs, signal, reason: 'It is time to try again' })
    if (!wait.signal.aborted) await once(wait.signal, 'abort')
    left = await deleteEach([...left.keys()], { recordings, signal })
  }
  tellDeleted(log, recordingSids.length - left.size)
  for (const [messageId, code] of left) log.event('warn', 'recordingLeft', { messageId, code })
  return [...left.keys()]
}

/** Deletes one after the other; answers which are left, each with the code of why. */
async function deleteEach(
  recordingSids: readonly string[],
  { recordings, signal, onDeleted }: Deleting & { readonly onDeleted?: (sid: string) => Promise<unknown> },
): Promise<ReadonlyMap<string, string>> {
  const left = new Map<string, string>()
  for (const recordingSid of recordingSids) {
    const outcome = await recordings?.deleteRecording(recordingSid, signal)
    if (outcome?.ok) await onDeleted?.(recordingSid)
    else left.set(recordingSid, outcome?.code ?? 'noTelephony')
  }
  return left
}

function tellDeleted(log: Parts['log'], count: number): void {
  if (count > 0) log.event('info', 'recordingsDeleted', { count })
}
