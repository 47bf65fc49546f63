import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { isHeld, openToRead } from './open-to-read.ts'
import { meaningOf } from './sqlite-failure.ts'

/** What can be said of the database in a folder. */
export type Examination =
  | { readonly kind: 'none' }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'unreadable'; readonly code: string }
  | {
      readonly kind: 'whole'
      /** Another process has the folder. */
      readonly isHeld: boolean
      /** Names of the migrations that have been applied to it. */
      readonly applied: readonly string[]
      readonly bytes: number
    }

/**
 * Reads the whole database, and changes nothing in its folder. It takes as long as the disk needs for the file, and
 * blocks: a process of its own runs it.
 */
export function examineDatabase(dataDir: string): Examination {
  const path = join(dataDir, 'consigliere.db')
  try {
    if (!existsSync(path)) return { kind: 'none' }
    using database = openToRead(path)
    const [row] = database.prepare('pragma quick_check(1)').all()
    if (row?.['quick_check'] !== 'ok') return { kind: 'damaged' }
    return {
      kind: 'whole',
      isHeld: isHeld(dataDir),
      applied: appliedMigrations(database),
      bytes: statSync(path).size,
    }
  } catch (error) {
    return meaningOf(error) === 'corrupt' ? { kind: 'damaged' } : { kind: 'unreadable', code: codeOf(error) }
  }
}

function appliedMigrations(database: DatabaseSync): readonly string[] {
  const [table] = database.prepare("select name from sqlite_master where name = 'kysely_migration'").all()
  if (!table) return []
  const rows = database.prepare('select name from kysely_migration order by name').all()
  return rows.map(({ name }) => String(name))
}

/** SQLite's number, or the file system's word; its message would repeat the path. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('errcode' in error && typeof error.errcode === 'number') return `SQLite ${error.errcode}`
  return 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
