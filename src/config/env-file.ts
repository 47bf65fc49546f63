import { readFileSync, statSync } from 'node:fs'
import { parse } from 'dotenv'
import type { Environment } from './field.ts'

/** The variables of the process together with those of a file. */
export type LoadedEnv = {
  readonly env: Environment
  /** The file exists and users other than its owner may read it: worth a warning, since it holds keys. */
  readonly readableByOthers: boolean
}

/**
 * Adds the variables of a `.env` file to those of the process, which win. Without the file nothing is added.
 * @throws the file system's error when the file is there and cannot be read
 */
export function loadEnvFile(path: string, env: Environment): LoadedEnv {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) return { env, readableByOthers: false }
  const readableByOthers = process.platform !== 'win32' && (stats.mode & 0o077) !== 0
  return { env: { ...parse(readFileSync(path)), ...env }, readableByOthers }
}
