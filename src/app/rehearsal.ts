import { inventApiKey } from '../config/api-keys.ts'
import type { Environment } from '../config/field.ts'
import { readConfig } from '../config/read-config.ts'
import { runMode } from '../config/run-mode.ts'
import { systemClock } from '../lib/clock.ts'
import { freePort } from '../sim/free-port.ts'
import type { MemoryNetwork } from '../sim/memory/memory-network.ts'
import { rehearsalClock } from '../sim/rehearsal-clock.ts'
import { temporaryFolder } from '../sim/temporary-folder.ts'
import { addressBook } from './address-book.ts'
import { inventPin } from './invent-pin.ts'
import { startWorld, type World, type WorldOptions } from '../sim/world.ts'
import { networkInMemory } from './network.ts'
import { type Server, type ServerOptions, startServer } from './server.ts'

/** Where the numbers of the world are: whom one calls at ten in the morning is awake. */
const TIME_ZONE = 'America/Los_Angeles'

/** A server in a world of its own. */
export type Rehearsal = Server & {
  readonly world: World
  readonly apiKey: string | undefined
  /** The owner's PIN, where it was invented. */
  readonly pin: string | undefined
}

/**
 * Starts the rehearsal world and a server in it, on loopback. Everything a server needs is invented; its data lies in
 * a temporary folder that is removed at the end, unless DATA_DIR says otherwise.
 * @param options.env settings besides those that the world invents; no real credential may be among them
 */
export async function startRehearsal(
  options: {
    readonly env: Environment
    readonly seed?: number
    /** Joins world and server in place of sockets on loopback. */
    readonly network?: MemoryNetwork
    /** Whether the owner gets a PIN where none is set; by default. */
    readonly inventsPin?: boolean
  } & Pick<ServerOptions, 'clock' | 'random' | 'logTo' | 'onTurn' | 'commits' | 'tools'>,
): Promise<Rehearsal> {
  const { seed = 1, inventsPin = true, logTo, onTurn, commits, network, random, tools } = options
  const env: Environment = { ...options.env, OWNER_TIME_ZONE: options.env['OWNER_TIME_ZONE'] ?? TIME_ZONE }
  const asked = readConfig(env)
  const clock = rehearsalClock(options.clock ?? systemClock, asked.config.owner.timeZone)
  await using starting = new AsyncDisposableStack()
  const host = '127.0.0.1'
  const port = asked.config.server.port === 0 && !network ? await freePort(host) : asked.config.server.port
  const invented = env['API_KEYS'] === undefined ? inventApiKey() : undefined
  // Where time is played, the pause in which a real hash is made would last for seconds of it.
  const secret =
    inventsPin && env['GODFATHER_PIN_HASH'] === undefined
      ? inventPin({ isQuick: network !== undefined })
      : undefined
  const pin = secret && { pin: secret.pin }
  const publicUrl = `http://${host}:${port}`
  const world = starting.use(await startWorld({ clock, seed, ...inMemory(network), ...pin, publicUrl }))
  const { dataDir, dataDirIsDefault } = asked.config.server
  const folder = dataDirIsDefault ? starting.use(temporaryFolder()).path : dataDir
  const own = { ...env, ...invented?.env, ...secret?.env, HOST: host, PORT: String(port), DATA_DIR: folder }
  const settings = readConfig({ ...own, ...world.env })
  const mode = { mode: 'rehearsal', missing: runMode(asked.config, asked.secrets).missing } as const
  const server = starting.use(
    await startServer({
      ...settings,
      mode,
      clock,
      ...(commits && { commits }),
      ...(dataDirIsDefault && { furnish: ({ contacts }) => addressBook(contacts, clock) }),
      ...(tools && { tools }),
      ...(network && { network: networkInMemory(network) }),
      ...(random && { random }),
      ...(logTo && { logTo }),
      ...(onTurn && { onTurn }),
    }),
  )
  const running = starting.move()
  return {
    ...server,
    world,
    apiKey: invented?.key,
    pin: secret?.pin,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** In memory a rehearsal lasts for thousands of calls, whose logs nobody writes to files. */
function inMemory(network: MemoryNetwork | undefined): Pick<WorldOptions, 'network' | 'logEntries'> {
  return network ? { network, logEntries: 0 } : {}
}
