/**
 * Asks for media sockets without any right to one, so and so often a second, from a process of its own. Run with one
 * argument, the options as JSON; prints what came of it as JSON.
 */
import { connect, type Socket } from 'node:net'
import { z } from 'zod'
import { systemClock } from '../../lib/clock.ts'
import { seededRandom } from '../caller/random.ts'
import { type FloodMaking, floodKinds, floodRequests } from './flood-kinds.ts'

const optionsShape = z.object({
  host: z.string(),
  port: z.number(),
  count: z.number(),
  perSecond: z.number(),
  seed: z.number(),
  captured: z.object({ target: z.string(), signature: z.string() }),
  /** Of 256 on which this machine answers to itself, so that no two loads use up the same ports. */
  network: z.number(),
})

const TICK_MS = 4
/** Connections that are open at a time; whoever does not get so many answered is no faster than that. */
const MOST_AT_ONCE = 3_000
/** A connection that is open for so long is given up. */
const PATIENCE_MS = 10_000
/** So many connections are prepared, and made by turns. */
const SORTS = 240
const RESET_CODES: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE'])

type Prepared = { readonly kind: string; readonly requests: readonly Buffer[] }

const clock = systemClock
const options = optionsShape.parse(JSON.parse(process.argv[2] ?? '{}'))
const prepared = prepare(options)
/** How attempts ended, by kind and ending. */
const endings = new Map<string, Map<string, number>>()
let begun = 0
let connections = 0
let open = 0
let mostOpen = 0
/** When the last attempt was begun; what is left of them then takes its time. */
let begunMs = 0
const startedMs = clock.nowMs()
const { promise: over, resolve: finish } = Promise.withResolvers<void>()

tick()
await over
const cpu = process.cpuUsage()
process.stdout.write(
  JSON.stringify({
    attempts: begun,
    connections,
    endings: Object.fromEntries([...endings].map(([kind, counts]) => [kind, Object.fromEntries(counts)])),
    elapsedMs: begunMs - startedMs,
    mostOpen,
    cpuMs: (cpu.user + cpu.system) / 1_000,
  }),
)

/** Begins as many attempts as are due by now. */
function tick(): void {
  const due = Math.min(options.count, ((clock.nowMs() - startedMs) * options.perSecond) / 1_000)
  while (begun < due && open < MOST_AT_ONCE) {
    const next = prepared[connections++ % prepared.length]
    if (next) attempt(next)
  }
  if (begun < options.count) clock.setTimer(TICK_MS, tick)
  else if (open === 0) finish()
}

/** Opens a connection and asks as often as it is meant to, each time one attempt. */
function attempt({ kind, requests }: Prepared): void {
  begun += requests.length
  begunMs = clock.nowMs()
  open++
  mostOpen = Math.max(mostOpen, open)
  let asked = 0
  let answered = 0
  let ending = 'cut off'
  const note = (how: string): void => {
    const counts = endings.get(kind) ?? new Map<string, number>()
    endings.set(kind, counts)
    counts.set(how, (counts.get(how) ?? 0) + 1)
    answered++
  }
  // Other addresses of this machine, so that the ports of one are not used up.
  const localAddress = `127.${options.network}.0.${1 + (connections % 200)}`
  const socket = connect({ host: options.host, port: options.port, localAddress, noDelay: true })
  const ask = (): boolean => socket.write(requests[asked++] ?? '')
  const patience = clock.setTimer(PATIENCE_MS, () => {
    ending = 'left open'
    socket.destroy()
  })
  socket.on('connect', ask)
  readAnswers(socket, (status) => {
    note(status)
    if (asked < requests.length) ask()
    else socket.end()
  })
  socket.on('error', (error) => {
    const code = 'code' in error ? error.code : error.name
    if (!RESET_CODES.has(code)) ending = String(code)
  })
  socket.on('close', () => {
    patience.cancel()
    while (answered < requests.length) note(ending)
    open--
    if (open === 0 && begun >= options.count) finish()
  })
}

/** Every answer is awaited before the next request, so each begins with the first bytes that come after one. */
function readAnswers(socket: Socket, onStatus: (status: string) => void): void {
  socket.on('data', (data) => {
    const text = data.toString('latin1').slice(0, 12)
    if (text.startsWith('HTTP/1.1 ')) onStatus(text.slice(9))
  })
}

function prepare({ host, port, seed, captured }: z.infer<typeof optionsShape>): readonly Prepared[] {
  const making: FloodMaking = { random: seededRandom(seed), host: `${host}:${port}`, captured }
  return Array.from({ length: SORTS }, (_, sort) => {
    const kind = floodKinds[sort % floodKinds.length] ?? ''
    return { kind, requests: floodRequests(kind, making) }
  })
}
