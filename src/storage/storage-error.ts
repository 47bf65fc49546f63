/**
 * Why storage refused: `locked` (another process has the data directory), `wrongKey` and `corrupt` at opening, `busy` after
 * waiting, `full` when too many writes wait. After `lost` nobody knows whether the record was stored: the connection to
 * the database broke while it was being committed.
 */
export type StorageErrorCode =
  'closed' | 'full' | 'busy' | 'corrupt' | 'constraint' | 'failed' | 'locked' | 'lost' | 'wrongKey'

const sentences: Readonly<Record<StorageErrorCode, string>> = {
  closed: 'Cannot use storage: it is closed',
  full: 'Cannot store: too many writes are waiting',
  busy: 'Cannot store: the database stayed busy',
  corrupt: 'Cannot use storage: the database is damaged, restore a backup',
  constraint: 'Cannot store: a rule of the database refused the record',
  failed: 'Cannot use storage: the database failed',
  lost: 'Cannot tell whether it was stored: the connection to the database broke',
  wrongKey: 'Cannot open storage: person.key in the data directory cannot be used',
  locked: 'Cannot open storage: another process uses this data directory',
}

/** A failure of storage. Never carries what was to be stored. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, options?: { readonly cause?: unknown; readonly detail?: string }) {
    const detail = options?.detail === undefined ? '' : ` (${options.detail})`
    super(`${sentences[code]}${detail}`, options?.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
  }
}

/** Whether an error says that the database is damaged. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof StorageError && error.code === 'corrupt'
}
