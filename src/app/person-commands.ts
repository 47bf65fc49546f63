import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config, Secrets } from '../config/config.ts'
import { loadEnvFile } from '../config/env-file.ts'
import type { Environment } from '../config/field.ts'
import { readConfig } from '../config/read-config.ts'
import { systemClock } from '../lib/clock.ts'
import { type Mentions, mentionsOf } from '../lib/number-mentions.ts'
import { textsInJson } from '../lib/texts-in-json.ts'
import { auditRedaction } from '../ops/audit-redaction.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PersonExport } from '../ports/upkeep.ts'
import { openStorage } from '../storage/open-storage.ts'
import { isHeld } from '../storage/open-to-read.ts'
import { readPerson } from '../storage/read-person.ts'
import { isOwnNumber, type OrderedErasure } from './own-number.ts'
import { eraseByServer } from './server-control.ts'

/** How an erasure went; `unreachable`: a server has the folder and does not answer. */
export type EraseOutcome = OrderedErasure | { readonly kind: 'none' } | { readonly kind: 'unreachable' }

/** How an export went; `ownNumber`: it is one of ours, and every call would be in it. */
export type ExportOutcome =
  | { readonly kind: 'written'; readonly found: PersonExport }
  | { readonly kind: 'none' }
  | { readonly kind: 'ownNumber' }

/** Who runs a command can read and write the folder: nobody has more rights there. */
const operator = { actor: 'server', strength: 'S4' } as const

/**
 * Erases whoever has a number, through the server that has the data folder, or where none runs by itself.
 * @throws ConfigError when the settings are wrong, StorageError, RangeError for what is no E.164 number
 */
export async function eraseNumber(env: Environment, number: string): Promise<EraseOutcome> {
  const { config, secrets } = readConfig(loadEnvFile('.env', env).env)
  const { dataDir } = config.server
  if (isOwnNumber(config, number)) return { kind: 'ownNumber' }
  const outcome = await erased({ config, secrets }, number)
  if (outcome.kind === 'erased') eraseRuns(join(dataDir, 'runs'), { number, callSids: outcome.callSids })
  return outcome
}

async function erased(
  { config, secrets }: { readonly config: Config; readonly secrets: Secrets },
  number: string,
): Promise<EraseOutcome> {
  const { dataDir } = config.server
  const { databaseUrl } = secrets
  if (databaseUrl === undefined) {
    if (!existsSync(join(dataDir, 'consigliere.db'))) return { kind: 'none' }
    if (isHeld(dataDir)) return (await eraseByServer(dataDir, number)) ?? { kind: 'unreachable' }
  }
  await using records = await openStorage({
    dataDir,
    databaseUrl,
    clock: systemClock,
    log: silent,
    metrics: uncounted,
    batchMs: 0,
    maxQueuedWrites: 1000,
    commits: 'loop',
    auditRedaction,
  })
  // No server has the folder: a call that is open there was left open by one that died.
  if (databaseUrl === undefined) await records.calls.closeOrphans(systemClock.wallMs())
  return await records.upkeep.erase(number, operator)
}

/**
 * Writes everything that is kept of whoever has a number to a new file, which only its owner can read.
 * @throws ConfigError, StorageError, the file system's error when the file is there already
 */
export async function exportNumber(
  env: Environment,
  { number, file }: { readonly number: string; readonly file: string },
): Promise<ExportOutcome> {
  const { config, secrets } = readConfig(loadEnvFile('.env', env).env)
  if (isOwnNumber(config, number)) return { kind: 'ownNumber' }
  const place = { dataDir: config.server.dataDir, databaseUrl: secrets.databaseUrl }
  const found = await readPerson({ ...place, number, nowMs: systemClock.wallMs() })
  if (!found) return { kind: 'none' }
  await writeFile(file, `${JSON.stringify(found, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  return { kind: 'written', found }
}

/** A rehearsal leaves files of each call in the folder: those of the erased calls go, and those that hold the number. */
function eraseRuns(
  runs: string,
  of: { readonly number: string; readonly callSids: readonly string[] },
): void {
  if (!existsSync(runs)) return
  const mentions = mentionsOf(of.number)
  const endings = new Set(of.callSids.map((callSid) => callSid.slice(-8)))
  for (const entry of readdirSync(runs, { withFileTypes: true })) {
    const run = join(runs, entry.name)
    const texts = entry.isDirectory() ? readdirSync(run).filter((name) => name.endsWith('.jsonl')) : []
    const isTheirs =
      endings.has(entry.name.slice(-8)) || texts.some((name) => isInLines(join(run, name), mentions))
    if (isTheirs) rmSync(run, { recursive: true })
  }
}

function isInLines(file: string, mentions: Mentions): boolean {
  return readFileSync(file, 'utf8')
    .split('\n')
    .some((line) => textsInJson(line).some(mentions.isIn))
}

const silent: Log = { event: () => undefined, forCall: () => silent }
const uncounted: Metrics = { count: () => undefined, observe: () => undefined, gauge: () => undefined }
