import { join, resolve } from 'node:path'
import type { Environment } from '../config/field.ts'
import { readConfig } from '../config/read-config.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { CompleteCall } from '../ports/storage.ts'
import { freePort } from '../sim/free-port.ts'
import { type ServerProcess, startServerProcess } from '../sim/server-process.ts'
import { temporaryFolder } from '../sim/temporary-folder.ts'
import { startWorld, type World } from '../sim/world.ts'
import { completeCall } from '../storage/complete-call.ts'
import { openSqliteReader } from '../storage/sqlite.ts'

/** How long a call that is over may take to be wholly written down. */
const RECORD_DEADLINE_MS = 5_000
const LOOK_EVERY_MS = 50

/** A world in this process and a server in another: neither stands still when the other does. */
export type Apart = AsyncDisposable & {
  readonly world: World
  /** The data folder of its servers, one after the other. */
  readonly dataDir: string
  /** The server that runs now. */
  server(): ServerProcess
  /** Starts the next server on the same data, once the one before has ended. */
  restart(): Promise<ServerProcess>
  /** Everything recorded about a call that is over, also after its server has died. */
  record(callSid: string): Promise<CompleteCall | undefined>
}

/**
 * Starts a rehearsal world and a server in a process of its own.
 * @param options.env settings besides those that the world invents; no real credential may be among them
 */
export async function startApart(options: {
  readonly env: Environment
  readonly seed?: number
  readonly nodeFlags?: readonly string[]
}): Promise<Apart> {
  const { seed = 1, nodeFlags = [] } = options
  const clock = systemClock
  await using starting = new AsyncDisposableStack()
  const host = '127.0.0.1'
  const port = await freePort(host)
  const world = starting.use(await startWorld({ clock, seed, publicUrl: `http://${host}:${port}` }))
  const folder = starting.use(temporaryFolder()).path
  const { personaDir } = readConfig({ PERSONA_DIR: options.env['PERSONA_DIR'] }).config.server
  const given = Object.entries(options.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const env = {
    // Two processes and perhaps a whole test run share this machine: what is late here is not the server.
    MAX_LOOP_DELAY_MS: '60000',
    ...Object.fromEntries(given),
    ...world.env,
    HOST: host,
    PORT: String(port),
    DATA_DIR: folder,
    PERSONA_DIR: resolve(personaDir),
  }
  const start = (): Promise<ServerProcess> => startServerProcess({ clock, env, folder, nodeFlags })
  let server = await start()
  starting.defer(() => server[Symbol.asyncDispose]())
  const running = starting.move()
  return {
    world,
    dataDir: folder,
    server: () => server,
    restart: async () => {
      await server.exited
      return (server = await start())
    },
    record: (callSid) => recordOf(callSid, { clock, folder }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Reads beside the server that writes, until the end of the call is written or its time is over. */
async function recordOf(
  callSid: string,
  { clock, folder }: { readonly clock: Clock; readonly folder: string },
): Promise<CompleteCall | undefined> {
  const untilMs = clock.nowMs() + RECORD_DEADLINE_MS
  await using opened = new AsyncDisposableStack()
  const database = openSqliteReader(join(folder, 'consigliere.db'))
  opened.defer(() => database.close())
  for (;;) {
    const record = await database.reader.transaction().execute((db) => completeCall(db, callSid))
    if (record?.call.ending !== undefined || clock.nowMs() >= untilMs) return record
    const { promise: later, resolve: look } = Promise.withResolvers<void>()
    clock.setTimer(LOOK_EVERY_MS, look)
    await later
  }
}
