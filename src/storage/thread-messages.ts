import type { StorageErrorCode } from './storage-error.ts'

/** Statements for the writing thread, to be run in order up to the first that fails; none at all closes it. */
export type ThreadOrder = {
  readonly statements: readonly { readonly sql: string; readonly parameters: readonly unknown[] }[]
}

/** What the last statement of an order did, or how one failed. The first answer is to the opening. */
export type ThreadAnswer =
  | { readonly ok: true; readonly rows: readonly unknown[]; readonly changes: number | bigint }
  | {
      readonly ok: false
      readonly message: string
      /** SQLite's own number, if it was SQLite that failed. */
      readonly errcode?: number
      readonly code?: StorageErrorCode
    }
