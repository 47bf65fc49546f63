import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { startVirtualRehearsal, type VirtualRehearsal } from '../../src/app/virtual-rehearsal.ts'
import type { Scenario } from '../../src/sim/scenario.ts'
import type { MemoryRequest } from '../../src/sim/memory/memory-network.ts'
import { openToRead } from '../../src/storage/open-to-read.ts'
import { temporaryFolder } from '../storage/opening.ts'
import { errand, lost, stranger, withPin } from './canary-calls.ts'
import {
  addresses,
  type Canary,
  cards,
  numbers,
  type Places,
  settingsWithSecrets,
  strangers,
  words,
} from './canary-list.ts'

/** All that is known after the calls. */
export type CanaryRun = {
  readonly places: Places
  /** Secrets that only came about while it ran. */
  readonly secrets: readonly Canary[]
  /** Everything that came into the server: requests, answers, events of the model, settings. */
  readonly arrived: readonly string[]
  /** What a key with every scope is answered, to see that canaries are found where they belong. */
  readonly allowed: readonly string[]
  readonly auditKinds: readonly string[]
  /** Of the requests that no key with the scope came with. */
  readonly statuses: readonly number[]
  /** What went wrong in the calls themselves. */
  readonly errors: readonly string[]
}

const guarded = [
  '/v1/messages',
  '/v1/contacts',
  '/v1/contacts/ada',
  '/v1/audit',
  '/v1/audit/verify',
  '/v1/calendar.ics',
]
const open = ['/readyz', '/healthz', '/metrics', `/v1/nothing?token=${strangers.query}`]

type Wire = {
  /** Transcripts come in pieces: all of them, one after the other. */
  pieces: string
  readonly toTwilio: string[]
  readonly arrived: string[]
  readonly secrets: Canary[]
}

/** Plays the calls on a whole server, asks it for everything, stops it and reads what it has written. */
export async function runCanaries(): Promise<CanaryRun> {
  using folder = temporaryFolder()
  const { env, keys } = settingsWithSecrets()
  const log: string[] = []
  const wire: Wire = { pieces: '', toTwilio: [], arrived: Object.values(env), secrets: [] }
  const told: { readonly session: number; readonly text: string }[] = []
  const asked = await (async () => {
    await using rehearsal = await startVirtualRehearsal({
      env: {
        ...env,
        PORT: '0',
        MAX_LOOP_DELAY_MS: '60000',
        QUIET_HOURS: 'off',
        LOG_LEVEL: 'debug',
        DATA_DIR: folder.path,
      },
      logTo: { write: (line) => void log.push(line) },
      inventsPin: false,
    })
    const { world } = rehearsal
    world.watch(({ side, entry }) => {
      if (side !== 'openai') return
      if (entry.kind === 'server') hear(entry, wire)
      if (entry.kind === 'closed') wire.arrived.push(entry.end.reason)
      if (entry.kind === 'client' && entry.type !== 'input_audio_buffer.append')
        told.push({ session: entry.sessionNumber, text: JSON.stringify(entry.event) })
    })
    tapWire(rehearsal, wire)
    const talked = await rehearsal.virtual.time.until(talk(rehearsal, keys.admin))
    const answers = await rehearsal.virtual.time.until(askEverything(rehearsal, keys))
    const { OPENAI_API_KEY = '', TWILIO_AUTH_TOKEN = '' } = world.env
    const settings = {
      'OpenAI key': OPENAI_API_KEY,
      'Twilio token': TWILIO_AUTH_TOKEN,
      'admin key': keys.admin,
      'weak key': keys.weak,
      'PIN hash': env['GODFATHER_PIN_HASH'] ?? '',
    }
    const secrets = Object.entries(settings).map(([way, value]): Canary => ({ kind: 'secret', way, value }))
    return { ...talked, ...answers, secrets }
  })()
  const { metrics, refusals, allowed, statuses, later, errors } = asked
  const { audit, turns, auditKinds } = rowsOf(folder.path)
  const model = told.map(({ text }) => text)
  const rebuilt = told.filter(({ session }) => session === later).map(({ text }) => text)
  const kept = filesIn(folder.path)
  return {
    places: {
      log: [...log, ...singleKeys(log)],
      metrics,
      audit,
      turns,
      rebuilt,
      model,
      refusals,
      toTwilio: wire.toTwilio,
      kept,
    },
    secrets: [...asked.secrets, ...wire.secrets],
    arrived: [...wire.arrived, wire.pieces],
    allowed,
    auditKinds,
    statuses,
    errors,
  }
}

function hear(entry: { readonly type: string; readonly event: unknown }, wire: Wire): void {
  const { delta } = (entry.event ?? {}) as { readonly delta?: unknown }
  if (entry.type.endsWith('transcript.delta') && typeof delta === 'string') wire.pieces += delta
  else wire.arrived.push(JSON.stringify(entry.event))
}

/** Notes what goes over the network, and has the network say things in its errors that nobody should pass on. */
function tapWire({ virtual: { network }, world, origin }: VirtualRehearsal, wire: Wire): void {
  const [request, dial] = [network.request.bind(network), network.dial.bind(network)]
  const secret = (way: string, value: string | undefined): void => {
    if (value !== undefined) wire.secrets.push({ kind: 'secret', way, value })
  }
  network.request = async (sent: MemoryRequest) => {
    const isToTwilio = sent.url.startsWith(world.twilio.origin)
    if (isToTwilio) wire.toTwilio.push(`${sent.url} ${decoded(sent.body)}`)
    if (sent.url.startsWith(origin)) {
      wire.arrived.push(`${sent.url} ${JSON.stringify(sent.headers)} ${decoded(sent.body)}`)
      secret(
        'signature of a webhook',
        sent.headers['X-Twilio-Signature'] ?? sent.headers['x-twilio-signature'],
      )
    }
    const answer = await request(sent)
    const body = errorText(sent, isToTwilio)
    const changed = body === undefined ? answer : { ...answer, ...body }
    if (!sent.url.startsWith(origin)) wire.arrived.push(changed.body)
    return changed
  }
  network.dial = (url, options) => {
    if (url.includes('/media/')) secret('nonce of a stream', new URL(url).pathname.split('/').at(-1))
    return dial(url, options)
  }
}

function errorText(
  sent: MemoryRequest,
  isToTwilio: boolean,
): { readonly status: number; readonly body: string } | undefined {
  if (isToTwilio && decoded(sent.body).includes('Refuse this.')) {
    const message = `The 'To' number ${numbers.inTwilioError} with ${words.inTwilioError} and ${cards.inTwilioError} is not valid`
    return { status: 400, body: JSON.stringify({ code: 21_211, message, more_info: '', status: 400 }) }
  }
  if (sent.body.includes('What fails?')) {
    const message = `Cannot search for a ${words.inSearchError} with ${cards.inSearchError}`
    return {
      status: 500,
      body: JSON.stringify({ error: { type: 'server_error', code: 'server_error', message } }),
    }
  }
  return undefined
}

function decoded(body: string): string {
  return body.startsWith('{') ? body : Array.from(new URLSearchParams(body).values()).join(' ')
}

async function talk(
  rehearsal: VirtualRehearsal,
  adminKey: string,
): Promise<{ readonly later: number | undefined; readonly errors: readonly string[] }> {
  const { world, virtual, origin } = rehearsal
  const contact = {
    name: 'Ada',
    number: numbers.contact,
    email: addresses.contact,
    note: `A ${words.note} has ${cards.inNote}.`,
  }
  await virtual.network.request({
    url: `${origin}/v1/contacts/ada`,
    method: 'PUT',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(contact),
  })
  const errors: string[] = []
  const ring = async (scenario: Scenario): Promise<readonly number[]> => {
    const rung = await world.ring(scenario)
    errors.push(...(await rung.ended).summary.errors)
    return rung.sessions().map(({ connection }) => connection.sessionNumber)
  }
  const [, later] = await ring(lost)
  for (const scenario of [withPin, stranger, errand]) await ring(scenario)
  return { later, errors }
}

function as(key: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${key}` }
}

async function askEverything(
  { virtual, origin }: VirtualRehearsal,
  keys: { readonly admin: string; readonly weak: string },
): Promise<{
  readonly metrics: readonly string[]
  readonly refusals: readonly string[]
  readonly allowed: readonly string[]
  readonly statuses: readonly number[]
}> {
  const ask = async (path: string, headers: Readonly<Record<string, string>>) => {
    const answer = await virtual.network.request({
      url: `${origin}${path}`,
      method: 'GET',
      headers,
      body: '',
    })
    return { status: answer.status, text: JSON.stringify(answer) }
  }
  const refused = []
  for (const path of guarded) {
    for (const headers of [{}, as(strangers.key), as(keys.weak)]) refused.push(await ask(path, headers))
    refused.push(await ask(`${path}?token=${strangers.query}`, { 'x-twilio-signature': strangers.signature }))
  }
  const shown = []
  for (const path of open) shown.push(await ask(path, as(strangers.key)))
  shown.push(await ask(`/twilio/media/${strangers.nonce}`, {}))
  const webhook = {
    url: `${origin}/twilio/voice?token=${strangers.query}`,
    method: 'POST',
    body: 'CallSid=1',
  }
  const headers = {
    'x-twilio-signature': strangers.signature,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const unsigned = await virtual.network.request({ ...webhook, headers })
  const allowed = []
  for (const path of guarded) allowed.push((await ask(path, as(keys.admin))).text)
  const metrics = (await ask('/metrics', as(keys.admin))).text
  return {
    metrics: [metrics],
    refusals: [...[...refused, ...shown].map(({ text }) => text), JSON.stringify(unsigned)],
    allowed,
    statuses: refused.map(({ status }) => status),
  }
}

function rowsOf(folder: string): {
  readonly audit: readonly string[]
  readonly turns: readonly string[]
  readonly auditKinds: readonly string[]
} {
  using database = openToRead(join(folder, databaseOf(folder)))
  const all = (table: string): readonly Record<string, unknown>[] =>
    database.prepare(`select * from ${table}`).all()
  const audit = all('audit')
  return {
    audit: [...audit, ...all('audit_head')].map((row) => JSON.stringify(row)),
    turns: all('turns').map((row) => JSON.stringify(row)),
    auditKinds: audit.map(({ kind, data }) => `${String(kind)} ${String(data)}`),
  }
}

/** Keys that were told one at a time, each field of each kind of line as one text. */
function singleKeys(lines: readonly string[]): readonly string[] {
  const told = new Map<string, string>()
  for (const line of lines) {
    const fields = Object.entries(JSON.parse(line) as Record<string, unknown>)
    const kind = fields.find(([name]) => name === 'kind')?.[1]
    for (const [name, value] of fields) {
      const field = `${String(kind)} ${name}`
      if (/^[0-9*#]$/.test(String(value))) told.set(field, (told.get(field) ?? '') + String(value))
    }
  }
  return [...told.values()]
}

function databaseOf(folder: string): string {
  const name = readdirSync(folder).find((file) => file.endsWith('.db') && file !== 'lock.db')
  if (name === undefined) throw new Error('There is no database')
  return name
}

/** Every file of a folder, byte for byte. */
export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
}
