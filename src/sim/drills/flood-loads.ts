import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { z } from 'zod'
import { DrillError } from './drill.ts'
import type { CapturedUpgrade } from './flood-kinds.ts'

const LOAD = join(import.meta.dirname, 'flood-load.ts')
const LOADS = 2
/** Those on this machine that nobody else connects from. */
const FIRST_NETWORK = 7

const loadResult = z.object({
  attempts: z.number(),
  connections: z.number(),
  endings: z.record(z.string(), z.record(z.string(), z.number())),
  elapsedMs: z.number(),
  mostOpen: z.number(),
  cpuMs: z.number(),
})

/** What came of a flood: endings by kind and status; connections that were open at a time, of each process. */
export type FloodLoad = z.infer<typeof loadResult>

/** Floods a server from processes of their own. @throws DrillError when one of them ends without a result */
export async function runFloodLoads(options: {
  readonly host: string
  readonly port: number
  readonly count: number
  readonly perSecond: number
  readonly seed: number
  readonly captured: CapturedUpgrade
}): Promise<FloodLoad> {
  const loads = await Promise.all(
    Array.from({ length: LOADS }, (_, load) =>
      runLoad({
        ...options,
        count: Math.ceil(options.count / LOADS),
        perSecond: options.perSecond / LOADS,
        seed: options.seed * LOADS + load,
        network: FIRST_NETWORK + load,
      }),
    ),
  )
  return loads.reduce(joined)
}

function joined(one: FloodLoad, other: FloodLoad): FloodLoad {
  const kinds = new Set([...Object.keys(one.endings), ...Object.keys(other.endings)])
  return {
    attempts: one.attempts + other.attempts,
    connections: one.connections + other.connections,
    endings: Object.fromEntries(
      [...kinds].map((kind) => [kind, addedUp(one.endings[kind] ?? {}, other.endings[kind] ?? {})]),
    ),
    elapsedMs: Math.max(one.elapsedMs, other.elapsedMs),
    mostOpen: Math.max(one.mostOpen, other.mostOpen),
    cpuMs: one.cpuMs + other.cpuMs,
  }
}

type Counts = Readonly<Record<string, number>>

function addedUp(one: Counts, other: Counts): Counts {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return Object.fromEntries([...keys].toSorted().map((key) => [key, (one[key] ?? 0) + (other[key] ?? 0)]))
}

async function runLoad(options: object): Promise<FloodLoad> {
  const child = spawn(process.execPath, [LOAD, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  })
  const end = (): boolean => child.kill('SIGKILL')
  process.once('exit', end)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  await once(child, 'close')
  process.off('exit', end)
  const { data } = loadResult.safeParse(text === '' ? undefined : JSON.parse(text))
  if (!data) throw new DrillError('Cannot go on: a load has ended without a result')
  return data
}
