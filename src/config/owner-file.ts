import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { z } from 'zod'
import type { ConfigProblem } from './config-error.ts'
import { jsonOf, phoneNumbers } from './field.ts'
import { settingFields } from './setting-fields.ts'

/** Reads a small file, with its permission bits; undefined when there is none. */
export type SecretFileReader = (path: string) => { readonly text: string; readonly mode: number } | undefined

/** Who the owner is, from a file instead of variables. */
export type OwnerFile = {
  readonly phoneNumbers: readonly string[]
  readonly email: string | undefined
  readonly problems: readonly ConfigProblem[]
}

const maxFileBytes = 65_536
const nobody = { phoneNumbers: [], email: undefined, problems: [] }
const shape = z.strictObject({
  phone_numbers_csv: phoneNumbers.optional(),
  email: settingFields.GODFATHER_EMAIL,
})

/**
 * Reads `{"phone_numbers_csv", "email"}`. A file that others may read is refused: whoever can read it can also tell
 * whose number to forge.
 */
export function readOwnerFile(path: string, readFile: SecretFileReader = readSmallFile): OwnerFile {
  const wrong = (problem: string): OwnerFile => ({ ...nobody, problems: [{ name: path, problem }] })
  let file: ReturnType<SecretFileReader>
  try {
    file = readFile(path)
  } catch (error) {
    return wrong(`cannot be read (${codeOf(error)})`)
  }
  if (!file) return nobody
  if ((file.mode & 0o077) !== 0) return wrong('can be read by others: run chmod 600 on it')
  const parsed = shape.safeParse(jsonOf(file.text))
  if (!parsed.success) {
    return wrong('must be {"phone_numbers_csv": "+14155550101", "email": "…"} with phone numbers in E.164')
  }
  return { phoneNumbers: parsed.data.phone_numbers_csv ?? [], email: parsed.data.email, problems: [] }
}

/** Reads a file of at most 64 KiB. The permissions are those of the opened file, not of a later look at the path. */
function readSmallFile(path: string): ReturnType<SecretFileReader> {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const bytes = Buffer.alloc(maxFileBytes)
    const length = readSync(descriptor, bytes)
    // Windows keeps no such bits: every file looks readable by all.
    const mode = process.platform === 'win32' ? 0o600 : fstatSync(descriptor).mode
    return { text: bytes.toString('utf8', 0, length), mode }
  } finally {
    closeSync(descriptor)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
