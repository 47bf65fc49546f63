import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { Finding } from '../ports/check.ts'
import type { Examination } from './examine-database.ts'
import { migrationNames } from './migrate.ts'

const run = promisify(execFile)
const script = join(import.meta.dirname, 'examine-process.ts')

const examination: z.ZodType<Examination> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('damaged') }),
  z.object({ kind: z.literal('unreadable'), code: z.string() }),
  z.object({
    kind: z.literal('whole'),
    isHeld: z.boolean(),
    applied: z.array(z.string()),
    bytes: z.number(),
  }),
])

/**
 * Whether the database of a folder is whole and of a version that this program knows. A process of its own reads it,
 * so that a large file holds nothing up and can be given up on.
 */
export async function checkDatabase(options: {
  readonly dataDir: string
  readonly deadlineMs: number
}): Promise<readonly Finding[]> {
  const found = await examined(options)
  if (found === 'late') {
    const seconds = Math.round(options.deadlineMs / 1_000)
    const says = `opens, but was not read to its end within ${seconds} s; the server reads it whole at every start`
    return [{ kind: 'skipped', says }]
  }
  return [judgeDatabase(found, migrationNames)]
}

/** What an examination means for a program that knows these migrations. */
export function judgeDatabase(found: Examination, known: readonly string[]): Finding {
  switch (found.kind) {
    case 'none':
      return { kind: 'fine', says: 'there is none yet: the first start makes it' }
    case 'damaged':
      return {
        kind: 'broken',
        says: 'is damaged',
        fix: {
          name: 'restoreBackup',
          does: 'Stop the server and put a backup and its key into an empty DATA_DIR',
        },
      }
    case 'unreadable':
      return {
        kind: 'broken',
        says: `cannot be opened: ${found.code}`,
        fix: {
          name: 'openDatabase',
          does: 'Give consigliere.db in DATA_DIR to the user that runs the server',
        },
      }
    case 'whole':
      return judgeVersion(found.applied, {
        known,
        means: 'whole',
        besides: `${Math.ceil(found.bytes / 1024)} KiB, ${found.isHeld ? 'a running server has it' : 'no server has it open'}`,
      })
  }
}

/** Whether a program that knows some migrations can use a database to which these were applied. */
export function judgeVersion(
  applied: readonly string[],
  program: { readonly known: readonly string[]; readonly means: string; readonly besides?: string },
): Finding {
  const { known, means, besides } = program
  const newer = applied.filter((name) => !known.includes(name))
  if (newer.length > 0) {
    return {
      kind: 'broken',
      says: `was written by a newer version: it has ${newer.join(', ')}`,
      fix: { name: 'updateProgram', does: 'Run at least the version that wrote the database' },
    }
  }
  const version =
    applied.length < known.length ? 'will be brought up to date at the next start' : 'up to date'
  return {
    kind: 'fine',
    says: `${means} and ${version}${besides === undefined ? '' : `, ${besides}`}`,
  }
}

async function examined(options: {
  readonly dataDir: string
  readonly deadlineMs: number
}): Promise<Examination | 'late'> {
  const limits = { timeout: options.deadlineMs, killSignal: 'SIGKILL' } as const
  try {
    const { stdout } = await run(process.execPath, [script, options.dataDir], limits)
    return examination.parse(JSON.parse(stdout))
  } catch (error) {
    if (error instanceof Error && 'killed' in error && error.killed === true) return 'late'
    throw error
  }
}
