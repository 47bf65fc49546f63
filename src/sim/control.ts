import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

/** A recording that a caller plays is at most this long a file. */
const MAX_BODY_BYTES = 25 * 1_048_576

const address = z.strictObject({ url: z.url(), key: z.string() })

/** How a running rehearsal is reached. The file is what says so, and may be left over from one that was killed. */
export type ControlAddress = z.infer<typeof address> & { readonly file: string; readonly port: number }

const filePrefix = `consigliere-rehearsal-${userInfo().uid}-`

/** Where the rehearsal on this port says how it can be rung: one file each, so that several can run side by side. */
function controlFile(port: number): string {
  return join(tmpdir(), `${filePrefix}${port}.json`)
}

/** How the rehearsals of this user are reached, the one that was started last first. */
export async function readControls(): Promise<readonly ControlAddress[]> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(filePrefix))
  const found = await Promise.all(names.map((name) => readControl(join(tmpdir(), name))))
  return found
    .filter((control) => control !== undefined)
    .toSorted((one, other) => other.changedAtMs - one.changedAtMs)
}

/** The temporary folder belongs to all: a file that somebody else put there is none of ours, and neither is a link. */
async function readControl(file: string): Promise<(ControlAddress & { changedAtMs: number }) | undefined> {
  const port = Number(/-(\d+)\.json$/.exec(file)?.[1])
  try {
    const { mtimeMs, uid } = await lstat(file)
    if (process.getuid && uid !== process.getuid()) return undefined
    return { ...address.parse(JSON.parse(await readFile(file, 'utf8'))), file, port, changedAtMs: mtimeMs }
  } catch {
    return undefined
  }
}

/** A turn of a call; whatever else it holds is passed on. */
export type ShownTurn = { readonly callSid: string }

/** Hands turns of calls to whoever follows them. */
export class TurnFeed {
  readonly #followers = new Map<string, (turn: ShownTurn) => void>()

  tell(turn: ShownTurn): void {
    this.#followers.get(turn.callSid)?.(turn)
  }

  /** Follows one call, until it is left. */
  follow(callSid: string, onTurn: (turn: ShownTurn) => void): void {
    this.#followers.set(callSid, onTurn)
  }

  leave(callSid: string): void {
    this.#followers.delete(callSid)
  }
}

/**
 * Lets a second terminal ring a running rehearsal: `POST /ring?scenario=NAME`, or `POST /ring` with a WAV file as body.
 * The answer is JSON lines: turns as they are spoken, then the end. Only who can read the control file has the key.
 */
export async function startControl(options: {
  readonly world: World
  readonly turns: TurnFeed
  readonly runs: string
  /** Where the rehearsal itself listens; it tells rehearsals apart. */
  readonly port: number
}): Promise<AsyncDisposable> {
  const key = randomBytes(24).toString('base64url')
  const server = createServer((request, response) => {
    handle(request, response, { ...options, key }).catch((error: unknown) => fail(response, error))
  })
  // Who rings is told of a call to its end, also while the rehearsal stops; but that never keeps the process alive.
  server.on('connection', (socket) => socket.unref())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string')
    throw new Error('Cannot start the rehearsal control: no port')
  const file = controlFile(options.port)
  await rm(file, { force: true })
  await writeFile(file, JSON.stringify({ url: `http://127.0.0.1:${bound.port}`, key }), {
    mode: 0o600,
    flag: 'wx',
  })
  return {
    [Symbol.asyncDispose]: async () => {
      server.close()
      await rm(file, { force: true })
    },
  }
}

type Context = {
  readonly world: World
  readonly turns: TurnFeed
  readonly runs: string
  readonly key: string
}

async function handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  if (!hasKey(request, context.key)) return refuse(response, 401, 'The key of the control file is needed')
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  if (request.method !== 'POST' || url.pathname !== '/ring')
    return refuse(response, 404, 'There is only POST /ring')
  const chosen = await chooseScenario(request, url.searchParams.get('scenario'), context.world)
  if (typeof chosen === 'string') return refuse(response, 400, chosen)
  response.writeHead(200, { 'content-type': 'application/jsonl', connection: 'close' })
  const line = (value: object): boolean => response.write(`${JSON.stringify(value)}\n`)
  const { call, ended } = await context.world.ring(chosen, { runs: context.runs })
  context.turns.follow(call.sid, (turn) => line({ kind: 'turn', ...turn }))
  const { summary, folder } = await ended.finally(() => context.turns.leave(call.sid))
  const { status, endedBy, durationMs, errors } = summary
  line({
    kind: 'end',
    callSid: call.sid,
    status,
    endedBy,
    durationMs,
    errors,
    folder: folder && resolve(folder),
  })
  response.end()
}

async function chooseScenario(
  request: IncomingMessage,
  name: string | null,
  world: World,
): Promise<Scenario | string> {
  if (name !== null) {
    const scenarios = await world.scenarios()
    const names = scenarios.map((scenario) => scenario.name).join(', ')
    return (
      scenarios.find((scenario) => scenario.name === name) ??
      `No scenario is called ${name}: there are ${names}`
    )
  }
  const wav = await readBody(request)
  if (!wav) return `A recording has at most ${MAX_BODY_BYTES} bytes`
  try {
    return world.recorded(wav)
  } catch (error) {
    return error instanceof Error ? error.message : 'The recording cannot be read'
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function hasKey(request: IncomingMessage, key: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${key}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** Once lines have been written, the failure is one of them. */
function fail(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : 'The call could not be played'
  if (response.headersSent) response.end(`${JSON.stringify({ kind: 'failed', message })}\n`)
  else refuse(response, 500, message)
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
}
