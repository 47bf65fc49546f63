import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { z } from 'zod'
import { isE164 } from '../lib/phone-number.ts'
import type { OrderedErasure } from './own-number.ts'
import type { Server } from './server.ts'

const maxBodyBytes = 1024
const address = z.strictObject({ url: z.url(), key: z.string() })
const order = z.strictObject({ erase: z.string().refine(isE164) })
const report: z.ZodType<OrderedErasure> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('callLive') }),
  z.object({ kind: z.literal('ownNumber') }),
  z.object({
    kind: z.literal('erased'),
    callSids: z.array(z.string()),
    recordingSids: z.array(z.string()),
    mentions: z.number(),
    callsLeft: z.number(),
    isScrubbed: z.boolean(),
  }),
])

/** Where a running server says how commands on the same machine reach it. */
function controlFile(dataDir: string): string {
  return join(dataDir, 'control.json')
}

/**
 * Lets commands that write have a running server do it, as only one process writes to a folder. Listens on loopback; only
 * who can read the data folder has the key.
 */
export async function startServerControl(options: {
  readonly dataDir: string
  readonly server: Pick<Server, 'erase'>
}): Promise<AsyncDisposable> {
  const { dataDir } = options
  const key = randomBytes(24).toString('base64url')
  const listener = createServer((request, response) => {
    answer(request, { key, server: options.server }).then(
      ({ status, body }) => respond(response, status, body),
      () => respond(response, 500, { message: 'The server could not do it: its log says why' }),
    )
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const bound = listener.address()
  if (bound === null || typeof bound === 'string') throw new Error('Cannot start the control: no port')
  const file = controlFile(dataDir)
  // What a server that was killed has left: the folder is ours.
  await rm(file, { force: true })
  const text = JSON.stringify({ url: `http://127.0.0.1:${bound.port}`, key })
  await writeFile(file, text, { mode: 0o600, flag: 'wx' })
  return {
    [Symbol.asyncDispose]: async () => {
      await rm(file, { force: true })
      listener.closeAllConnections()
      listener.close()
    },
  }
}

/**
 * Has the server of a data folder erase somebody.
 * @returns undefined when no server answers there
 */
export async function eraseByServer(dataDir: string, number: string): Promise<OrderedErasure | undefined> {
  let server: z.infer<typeof address>
  try {
    server = address.parse(JSON.parse(await readFile(controlFile(dataDir), 'utf8')))
  } catch {
    return undefined
  }
  const headers = { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ erase: number })
  const response = await fetch(server.url, { method: 'POST', headers, body }).catch(() => undefined)
  if (!response) return undefined
  if (!response.ok) throw new Error(`Cannot erase: the server answered ${response.status}`)
  return report.parse(await response.json())
}

async function answer(
  request: IncomingMessage,
  own: { readonly key: string; readonly server: Pick<Server, 'erase'> },
): Promise<{ readonly status: number; readonly body: object }> {
  if (!hasKey(request, own.key))
    return { status: 401, body: { message: 'The key of the control file is needed' } }
  const asked = order.safeParse(jsonOf(await readBody(request)))
  if (request.method !== 'POST' || !asked.success) return { status: 400, body: { message: 'No such order' } }
  return { status: 200, body: await own.server.erase(asked.data.erase) }
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify(body))
}

/** A longer body than any order is cut, and is then none. */
async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk
    if (text.length > maxBodyBytes) return ''
  }
  return text
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function hasKey(request: IncomingMessage, key: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${key}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
