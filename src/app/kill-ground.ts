import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { systemClock } from '../lib/clock.ts'
import type { AuditRecord } from '../ports/audit.ts'
import { DrillError } from '../sim/drills/drill.ts'
import type { Aftermath, KillGround, KillPlace } from '../sim/drills/kills.ts'
import { temporaryFolder } from '../sim/temporary-folder.ts'
import type { Records } from '../storage/open-storage.ts'
import { killableCall, newHex, openDrilled } from './kill-parts.ts'

const childFile = fileURLToPath(new URL('./kill-process.ts', import.meta.url))
const postgresScript = fileURLToPath(new URL('../../.ci/postgres', import.meta.url))
/**
 * A server of PostgreSQL may need a moment to notice that a process is gone: on a busy machine, seconds. Who was still
 * there at the first look is taken for dead only 15 s after the next one.
 */
const SETTLED_WITHIN_TRIES = 1500
const BETWEEN_TRIES_MS = 20

type Place = { readonly dataDir: string; readonly databaseUrl: string | undefined }

/** Databases on which processes are killed in the middle of effects: SQLite, and PostgreSQL where there is one. */
export const killGround: KillGround = {
  names: ['sqlite', 'postgres'],
  open: async (name) => {
    if (name === 'sqlite') return await openPlace(undefined)
    const { url, missing } = await postgresUrl()
    return url === undefined ? { missing } : await openPlace(url)
  },
}

/** A place to kill on: a new folder, and a new schema where a server is given. */
async function openPlace(serverUrl: string | undefined): Promise<KillPlace> {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const dataDir = join(folder.path, 'data')
  mkdirSync(dataDir)
  const databaseUrl = serverUrl === undefined ? undefined : await newSchema(serverUrl, opening)
  const held = opening.move()
  const under = new UnderKills({ dataDir, databaseUrl })
  return {
    kill: (seed) => under.kill(seed),
    aftermath: () => under.aftermath(),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

class UnderKills {
  readonly #place: Place
  readonly #effectsFile: string
  #repeated = 0
  #askedAgain = 0
  /** Where the audit log ended before the last kill. */
  #seq = 0

  constructor(place: Place) {
    this.#place = place
    this.#effectsFile = join(place.dataDir, 'effects.txt')
  }

  async kill(seed: number): Promise<void> {
    const { dataDir, databaseUrl } = this.#place
    const sessionId = `CA${newHex(32)}`
    const url = databaseUrl === undefined ? [] : [databaseUrl]
    await killed([dataDir, this.#effectsFile, sessionId, String(seed), ...url])
    // Opening refuses a chain that is not whole.
    await using records = await openDrilled(dataDir, databaseUrl)
    const audited = await auditedAfter(records, this.#seq)
    this.#seq = audited.at(-1)?.seq ?? this.#seq
    const known = audited.filter(({ kind, session }) => kind === 'intent' && session === sessionId)
    await this.#askAgain(records, { sessionId, times: known.length })
    await closeAll(records, idsIn(audited, 'intent'))
  }

  async aftermath(): Promise<Aftermath> {
    await using records = await openDrilled(this.#place.dataDir, this.#place.databaseUrl)
    const sent = this.#sent()
    const audited = await auditedAfter(records, 0)
    const intents = idsIn(audited, 'intent')
    const confirmations = idsIn(audited, 'confirmation')
    const known = new Set(intents)
    const outcomes = await Promise.all(
      intents.map(async (id) => ({ id, outcome: (await records.effects.findIntent(id))?.outcome })),
    )
    const done = outcomes.filter(({ outcome }) => outcome?.state === 'done')
    const unknown = outcomes.filter(({ outcome }) => outcome?.state === 'unknown')
    const wrong = done.filter(({ id }) => !sent.includes(id)).length
    return {
      effects: sent.length,
      intents: intents.length,
      done: done.length,
      unknown: unknown.length,
      duplicates: twice(sent) + twice(intents) + twice(confirmations),
      unrecorded: sent.filter((id) => !known.has(id)).length,
      unsettled: intents.length - done.length - unknown.length + wrong,
      repeated: this.#repeated,
      askedAgain: this.#askedAgain,
      isWhole: (await records.audit.verify()).ok,
    }
  }

  /** In the next process a model asks for the same messages again: they are not taken again. */
  async #askAgain(
    records: Records,
    { sessionId, times }: { readonly sessionId: string; readonly times: number },
  ): Promise<void> {
    const before = this.#sent().length
    for (let index = 0; index < times; index += 1) {
      const handler = () => {
        this.#repeated += 1
        return Promise.resolve({ kind: 'done', result: {} } as const)
      }
      const output = await killableCall(records, { handler, sessionId }).take(index)
      if (!/"status":"(done|unknown)"/.test(output)) this.#repeated += 1
    }
    this.#repeated += this.#sent().length - before
    this.#askedAgain += times
  }

  #sent(): readonly string[] {
    if (!existsSync(this.#effectsFile)) return []
    return readFileSync(this.#effectsFile, 'utf8').split('\n').filter(Boolean)
  }
}

async function killed(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [childFile, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = Promise.withResolvers<string | null>()
  child.once('exit', (_code, signal) => ended.resolve(signal))
  child.once('error', ended.reject)
  const signal = await ended.promise
  if (signal !== 'SIGKILL') throw new DrillError(`Cannot count a kill: the process ended by ${signal}`)
}

/** What dead processes left is settled. */
async function closeAll({ effects }: Records, intents: readonly string[]): Promise<void> {
  for (let tries = 0; tries < SETTLED_WITHIN_TRIES; tries += 1) {
    await effects.closeLeftovers(systemClock.wallMs())
    const all = await Promise.all(intents.map((id) => effects.findIntent(id)))
    if (all.every((intent) => intent?.outcome)) return
    await new Promise<void>((resume) => systemClock.setTimer(BETWEEN_TRIES_MS, resume))
  }
}

async function auditedAfter({ audit }: Records, seq: number): Promise<readonly AuditRecord[]> {
  const all: AuditRecord[] = []
  for (;;) {
    const page = await audit.page({ afterSeq: all.at(-1)?.seq ?? seq, maxRecords: 1_000 })
    if (page.length === 0) return all
    all.push(...page)
  }
}

function idsIn(audited: readonly AuditRecord[], name: 'intent' | 'confirmation'): readonly string[] {
  return audited.flatMap(({ kind, data }) => (kind === 'intent' ? (data[name] ?? []) : []))
}

function twice(ids: readonly string[]): number {
  return ids.length - new Set(ids).size
}

/** A server that is named, or the one that Debian installs, started. */
async function postgresUrl(): Promise<{ readonly url?: string; readonly missing: string }> {
  const given = process.env['TEST_DATABASE_URL']
  if (given !== undefined) return { url: given, missing: '' }
  try {
    return { url: (await promisify(execFile)(postgresScript)).stdout.trim(), missing: '' }
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout).trim() : ''
    return { missing: said || 'PostgreSQL cannot be started' }
  }
}

/** An empty schema, dropped at the end. */
async function newSchema(serverUrl: string, held: AsyncDisposableStack): Promise<string> {
  const { Client } = await import('pg')
  const name = `kills_${newHex(12)}`
  const query = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: serverUrl })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
  await query(`create schema ${name}`)
  held.defer(() => query(`drop schema ${name} cascade`))
  return `${serverUrl}?options=-c%20search_path%3D${name}`
}
