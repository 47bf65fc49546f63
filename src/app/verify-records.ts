import { loadEnvFile } from '../config/env-file.ts'
import type { Environment } from '../config/field.ts'
import { readConfig } from '../config/read-config.ts'
import type { AuditHead } from '../ports/audit.ts'
import { type StoredVerdict, verifyStored } from '../storage/verify-stored.ts'

/**
 * Verifies the audit log that the settings lead to.
 * @throws ConfigError when the settings are wrong, StorageError when the database cannot be read
 */
export async function verifyRecords(env: Environment, noted: AuditHead | undefined): Promise<StoredVerdict> {
  const { config, secrets } = readConfig(loadEnvFile('.env', env).env)
  return await verifyStored({ dataDir: config.server.dataDir, databaseUrl: secrets.databaseUrl, noted })
}
