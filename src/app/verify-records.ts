import { loadEnvFile } from '../config/env-file.ts'
import type { Environment } from '../config/field.ts'
import { readConfig } from '../config/read-config.ts'
import type { AuditHead } from '../ports/audit.ts'
import { StorageError } from '../storage/storage-error.ts'
import { type StoredVerdict, verifyStored } from '../storage/verify-stored.ts'

/** What was found; `unavailable`: nothing, since the database is not to be read now, and why, as a sentence. */
export type VerifyOutcome = StoredVerdict | { readonly kind: 'unavailable'; readonly sentence: string }

/**
 * Verifies the audit log that the settings lead to.
 * @throws ConfigError when the settings are wrong
 */
export async function verifyRecords(env: Environment, noted: AuditHead | undefined): Promise<VerifyOutcome> {
  const { config, secrets } = readConfig(loadEnvFile('.env', env).env)
  try {
    return await verifyStored({ dataDir: config.server.dataDir, databaseUrl: secrets.databaseUrl, noted })
  } catch (error) {
    if (error instanceof StorageError) return { kind: 'unavailable', sentence: error.message }
    throw error
  }
}
