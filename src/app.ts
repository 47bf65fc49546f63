import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { startRehearsal } from './app/rehearsal.ts'
import { startServerControl } from './app/server-control.ts'
import { type Server, startServer } from './app/server.ts'
import type { Environment } from './config/field.ts'
import { readConfig } from './config/read-config.ts'
import { runMode } from './config/run-mode.ts'
import { announcementOf } from './sim/announcement.ts'
import { startControl, TurnFeed } from './sim/control.ts'

/** What `npm start` runs, and what its terminal is told. */
export type Running = AsyncDisposable &
  Pick<Server, 'drain' | 'drainMs' | 'log'> & { readonly announcement: readonly string[] }

/**
 * Starts what the environment asks for: the server, or without an OpenAI key a rehearsal that waits for calls.
 * @throws ConfigError that names everything that is wrong
 */
export async function start(env: Environment): Promise<Running> {
  const { config, secrets } = readConfig(env)
  const mode = runMode(config, secrets)
  const { dataDir, dataDirIsDefault } = config.server
  await using starting = new AsyncDisposableStack()
  // On PostgreSQL commands write for themselves, as other servers do.
  const control = async (server: Server): Promise<void> => {
    if (secrets.databaseUrl === undefined) starting.use(await startServerControl({ dataDir, server }))
  }
  if (mode.mode !== 'rehearsal') {
    const server = starting.use(await startServer({ config, secrets, mode, commits: 'thread' }))
    await control(server)
    const running = starting.move()
    return { ...server, announcement: [], [Symbol.asyncDispose]: () => running.disposeAsync() }
  }
  const turns = new TurnFeed()
  // Another seed each time, so that no call has the id of one that the same DATA_DIR holds from before.
  const seed = randomInt(2 ** 31)
  const rehearsal = starting.use(
    await startRehearsal({ env, seed, commits: 'thread', onTurn: (turn) => turns.tell(turn) }),
  )
  const port = Number(new URL(rehearsal.origin).port)
  const runs = dataDirIsDefault ? 'runs' : join(dataDir, 'runs')
  starting.use(await startControl({ world: rehearsal.world, turns, runs, port }))
  if (!dataDirIsDefault) await control(rehearsal)
  const announcement = await announcementOf(rehearsal)
  const running = starting.move()
  const { log, drain, drainMs } = rehearsal
  return { announcement, log, drain, drainMs, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
