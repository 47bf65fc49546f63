import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Apart, startApart } from '../../src/app/apart.ts'
import type { ServerProcess } from '../../src/sim/server-process.ts'
import { openToRead } from '../../src/storage/open-to-read.ts'
import { query } from '../storage/postgres-server.ts'
import { dying, short } from './canary-calls.ts'
import {
  addresses,
  type Canary,
  cards,
  numbers,
  type Places,
  settingsWithSecrets,
  words,
} from './canary-list.ts'
import { filesIn } from './canary-run.ts'

/** Webhooks that find no server wait for the next one. */
const HOLD_MS = 15_000

/** All that is known after a server has died and the next one has been stopped. */
export type DeathRun = {
  readonly places: Places
  readonly secrets: readonly Canary[]
  /** What requests were answered while the database quoted rows in its errors. */
  readonly failures: readonly number[]
  /** How effects came out, the first known outcome first. */
  readonly outcomes: readonly string[]
  /** What the owner's key is answered. */
  readonly allowed: readonly string[]
  readonly exit: number | NodeJS.Signals
  readonly errors: readonly string[]
}

/** A database that somebody else can get at, too. */
type Tampering = {
  rows(table: string): Promise<readonly string[]>
  tables(): Promise<readonly string[]>
  /** From now on it refuses new rows of a table that hold such words, and quotes them as it does so. */
  refuse(table: string, column: string, word: string): Promise<void>
}

/**
 * A database fails and quotes what it was given; a server is killed while a text message is under way; the next one goes
 * on with the call and is asked for everything.
 */
export async function runDeath(databaseUrl: string | undefined): Promise<DeathRun> {
  const { env, keys } = settingsWithSecrets()
  const at = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }
  await using apart = await startApart({
    env: { ...env, ...at, QUIET_HOURS: 'off', LOG_LEVEL: 'debug', DRAIN_SECONDS: '5' },
    seed: 3,
  })
  const tampering = databaseUrl === undefined ? onSqlite(apart.dataDir) : onPostgres(databaseUrl)
  const first = apart.server()
  const failing = await failHttp(apart, tampering, keys.admin)
  const { told, rebuilt, errors } = await dieInCall(apart)
  const answers = await askAll(apart, keys)
  const last = apart.server()
  last.kill('SIGTERM')
  const exit = await last.exited
  const { OPENAI_API_KEY = '', TWILIO_AUTH_TOKEN = '' } = apart.world.env
  const secrets = {
    'OpenAI key': OPENAI_API_KEY,
    'Twilio token': TWILIO_AUTH_TOKEN,
    'admin key': keys.admin,
    'weak key': keys.weak,
    'PIN hash': env['GODFATHER_PIN_HASH'] ?? '',
    ...(databaseUrl !== undefined && { 'database password': `:${new URL(databaseUrl).password}@` }),
  }
  const tables = await tampering.tables()
  const rows = await Promise.all(tables.map((table) => tampering.rows(table)))
  const outcomes = await tampering.rows('outcomes')
  return {
    places: {
      log: [first, last].flatMap(saidBy),
      metrics: [...failing.metrics, ...answers.metrics],
      audit: (await Promise.all(['audit', 'audit_head'].map((table) => tampering.rows(table)))).flat(),
      turns: await tampering.rows('turns'),
      rebuilt,
      model: told,
      refusals: [...failing.answers, ...answers.refusals],
      toTwilio: [],
      kept: [...filesIn(apart.dataDir), ...rows.flat()],
    },
    secrets: Object.entries(secrets).map(([way, value]): Canary => ({ kind: 'secret', way, value })),
    failures: failing.statuses,
    outcomes: outcomes.map((row) => (JSON.parse(row) as { state: string }).state),
    allowed: answers.allowed,
    exit,
    errors: [...failing.errors, ...errors],
  }
}

function saidBy(server: ServerProcess): readonly string[] {
  return `${server.log()}\n${server.errors()}`.split('\n').filter(Boolean)
}

/** The database refuses rows, and says in its error what stands in them. */
async function failHttp(
  apart: Apart,
  tampering: Tampering,
  key: string,
): Promise<{
  readonly answers: readonly string[]
  readonly statuses: readonly number[]
  readonly metrics: readonly string[]
  readonly errors: readonly string[]
}> {
  await tampering.refuse('contacts', 'note', words.note)
  await tampering.refuse('people', 'number', numbers.stranger)
  await tampering.refuse('turns', 'text', words.caller)
  const put = (id: string, contact: object): Promise<Answer> =>
    ask(apart, `/v1/contacts/${id}`, { key, contact })
  const note = `A ${words.note} has ${cards.inNote}.`
  const email = addresses.contact
  const refused = [
    await put('ada', { name: 'Ada', number: numbers.contact, email, note }),
    await put('bob', { name: 'Bob', number: numbers.stranger }),
  ]
  const kept = await put('cyd', { name: 'Cyd', number: numbers.contact, email })
  if (kept.status >= 300) throw new Error(`Cannot keep a contact: ${kept.text}`)
  const { ended } = await apart.world.ring(short)
  const { summary } = await ended
  return {
    answers: refused.map(({ text }) => text),
    statuses: refused.map(({ status }) => status),
    metrics: [await apart.server().metrics()],
    errors: summary.errors,
  }
}

/** The server is killed when it has given the network a text message and waits for the answer. */
async function dieInCall(apart: Apart): Promise<{
  readonly told: readonly string[]
  readonly rebuilt: readonly string[]
  readonly errors: readonly string[]
}> {
  const { world } = apart
  world.twilio.holdWebhooks(HOLD_MS)
  const asked = Promise.withResolvers<boolean>()
  using watching = new DisposableStack()
  watching.use(
    world.watch(({ side, entry }) => {
      if (side === 'twilio' && entry.kind === 'fault' && entry.fault === 'rest none') asked.resolve(true)
    }),
  )
  const rung = await world.ring(dying)
  const isUnderWay = await Promise.race([asked.promise, rung.ended.then(() => false)])
  if (!isUnderWay) throw new Error('Cannot kill a server: no text message was under way')
  apart.server().kill('SIGKILL')
  await apart.restart()
  const { errors } = (await rung.ended).summary
  const told = rung
    .sessions()
    .map(({ received }) =>
      received
        .filter(({ type }) => type !== 'input_audio_buffer.append')
        .map(({ event }) => JSON.stringify(event)),
    )
  return { told: told.flat(), rebuilt: told[1] ?? [], errors }
}

type Answer = { readonly status: number; readonly text: string }

async function ask(
  apart: Apart,
  path: string,
  { key, contact }: { readonly key?: string; readonly contact?: object },
): Promise<Answer> {
  const headers = {
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    ...(contact && { 'content-type': 'application/json' }),
  }
  const sent = contact ? { method: 'PUT', body: JSON.stringify(contact) } : {}
  const response = await fetch(`${apart.server().origin}${path}`, { ...sent, headers })
  const text = await response.text()
  return { status: response.status, text: `${JSON.stringify([...response.headers])} ${text}` }
}

async function askAll(
  apart: Apart,
  keys: { readonly admin: string; readonly weak: string },
): Promise<{
  readonly refusals: readonly string[]
  readonly allowed: readonly string[]
  readonly metrics: readonly string[]
}> {
  const refusals = []
  const allowed = []
  for (const path of ['/v1/messages', '/v1/contacts', '/v1/audit', '/v1/audit/verify', '/v1/calendar.ics']) {
    for (const key of [{}, { key: keys.weak }]) refusals.push((await ask(apart, path, key)).text)
    allowed.push((await ask(apart, path, { key: keys.admin })).text)
  }
  return { refusals, allowed, metrics: [await apart.server().metrics()] }
}

function onSqlite(dataDir: string): Tampering {
  const path = join(dataDir, 'consigliere.db')
  const all = (sql: string): readonly Record<string, unknown>[] => {
    using database = openToRead(path, 1_000)
    return database.prepare(sql).all()
  }
  const rows = async (table: string) => all(`select * from ${table}`).map((row) => JSON.stringify(row))
  const tables = async () => all("select name from sqlite_master where type = 'table'").map(nameOf)
  const refuse = async (table: string, column: string, word: string): Promise<void> => {
    using database = new DatabaseSync(path, { timeout: 1_000 })
    database.exec(
      `create trigger planted_${table} before insert on ${table} when new.${column} like '%${word}%'
       begin select raise(abort, 'Failing row: ' || new.${column}); end`,
    )
  }
  return { rows, tables, refuse }
}

function onPostgres(url: string): Tampering {
  const rows = async (table: string) =>
    (await query(url, `select * from ${table}`)).map((row) => JSON.stringify(row))
  const tables = async () =>
    (
      await query(
        url,
        'select table_name as name from information_schema.tables where table_schema = current_schema()',
      )
    ).map(nameOf)
  const refuse = async (table: string, column: string, word: string): Promise<void> => {
    await query(
      url,
      `create function planted_${table}() returns trigger language plpgsql
         as $$ begin raise exception 'Failing row: %', new using detail = 'It has ' || new.${column}; end $$;
       create trigger planted before insert on ${table} for each row when (new.${column} like '%${word}%')
         execute function planted_${table}()`,
    )
  }
  return { rows, tables, refuse }
}

function nameOf(row: Record<string, unknown>): string {
  return String(row['name'])
}
