import { loadEnvFile } from '../config/env-file.ts'
import type { Environment } from '../config/field.ts'
import { readConfig } from '../config/read-config.ts'
import { type Backup, backupDatabase, hasDatabase } from '../storage/backup.ts'

/** How a backup went; `postgres`: that database has its own way. */
export type BackupOutcome =
  | ({ readonly kind: 'done' } & Backup)
  | { readonly kind: 'none' }
  | { readonly kind: 'postgres'; readonly dataDir: string }

/**
 * Copies the database that the settings lead to, beside the server that writes it.
 * @throws ConfigError, StorageError, the file system's error when the file is there already
 */
export async function backupRecords(env: Environment, file: string): Promise<BackupOutcome> {
  const { config, secrets } = readConfig(loadEnvFile('.env', env).env)
  const { dataDir } = config.server
  if (secrets.databaseUrl !== undefined) return { kind: 'postgres', dataDir }
  if (!hasDatabase(dataDir)) return { kind: 'none' }
  return { kind: 'done', ...(await backupDatabase(dataDir, file)) }
}
