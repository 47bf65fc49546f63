import type { StorageErrorCode } from './storage-error.ts'

/**
 * Primary result codes of SQLite (the low byte of an extended code). Everything not listed is `failed`.
 * Source: https://sqlite.org/rescode.html
 */
const meanings: Readonly<Record<number, StorageErrorCode>> = {
  5: 'busy',
  6: 'busy',
  11: 'corrupt',
  19: 'constraint',
  26: 'corrupt',
}

/** What an error of node:sqlite means for whoever asked. */
export function meaningOf(error: unknown): StorageErrorCode {
  // An integer beyond 2^53, of which we write none, is read.
  if (error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE') return 'corrupt'
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return 'failed'
  return meanings[error.errcode & 0xff] ?? 'failed'
}

/** Whether an error is one of SQLite with the given meaning. */
export function isSqliteFailure(error: unknown, meaning: StorageErrorCode): boolean {
  return meaningOf(error) === meaning
}
