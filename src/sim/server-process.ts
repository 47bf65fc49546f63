import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'

const MAIN = join(import.meta.dirname, '../main.ts')
/** The options of Node with which the launcher starts a server. */
const usualFlags = z
  .array(z.string())
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../node-flags.json'), 'utf8')))
/** A server that is not ready within this is killed. */
const START_DEADLINE_MS = 20_000
/** How often a starting server is asked whether it is ready. */
const ASK_EVERY_MS = 50
/** Output kept for whoever asks why it ended: the last lines. */
const MAX_OUTPUT_CHARACTERS = 1_000_000

/** How a server process is started. */
export type ServerProcessOptions = {
  readonly clock: Clock
  /** All its settings; nothing is taken from the surroundings but PATH. */
  readonly env: Readonly<Record<string, string>>
  /** Its working directory: no `.env` of ours is met there. */
  readonly folder: string
  /** Options of Node beside the usual ones. */
  readonly nodeFlags?: readonly string[]
  /** What is started, when it is not our own `src/main.ts`. */
  readonly main?: string
}

/** The server under drill, in a process of its own: it has its own loop, its own memory, and can be killed. */
export type ServerProcess = AsyncDisposable & {
  readonly pid: number
  readonly origin: string
  /** Sends a signal; `SIGKILL` leaves it no time for anything. */
  kill(signal: NodeJS.Signals): void
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>
  /** The last megabyte of its log, one JSON object a line. */
  readonly log: () => string
  /** The last megabyte of what it told people on standard error. */
  readonly errors: () => string
  /** Its metrics, as Prometheus reads them. */
  readonly metrics: () => Promise<string>
}

/** A server that did not start. */
export class ServerProcessError extends Error {
  readonly code = 'ERR_SERVER_PROCESS'
}

/**
 * Starts `src/main.ts` with these settings and waits until it would take a call.
 * @throws ServerProcessError with the last words of a server that ended, or was not ready in time
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { clock, env, folder, nodeFlags = [], main = MAIN } = options
  const child = spawn(process.execPath, [...usualFlags, ...nodeFlags, main], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Whatever ends this process takes its server along.
  const killWithUs = (): boolean => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const output = collect(child)
  const exited = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals)[]) => {
    process.off('exit', killWithUs)
    return code ?? signal ?? 0
  })
  const origin = `http://${env['HOST'] ?? '127.0.0.1'}:${env['PORT']}`
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  if (!(await isReady({ origin, clock, child }))) {
    await stop()
    throw new ServerProcessError(`Cannot start the server: ${output.errors() || 'it was not ready in time'}`)
  }
  return {
    pid: child.pid ?? 0,
    origin,
    kill: (signal) => void child.kill(signal),
    exited,
    log: output.log,
    errors: output.errors,
    metrics: async () => (await fetch(`${origin}/metrics`)).text(),
    [Symbol.asyncDispose]: stop,
  }
}

function collect(child: ChildProcess): { log: () => string; errors: () => string } {
  const kept = { stdout: '', stderr: '' }
  for (const on of ['stdout', 'stderr'] as const) {
    child[on]?.setEncoding('utf8').on('data', (text: string) => {
      kept[on] = (kept[on] + text).slice(-MAX_OUTPUT_CHARACTERS)
    })
  }
  return { log: () => kept.stdout, errors: () => kept.stderr.trim() }
}

/** Asks until the server answers that it would take a call, has ended, or its time is over. */
async function isReady(asked: {
  readonly origin: string
  readonly clock: Clock
  readonly child: ChildProcess
}): Promise<boolean> {
  const { origin, clock, child } = asked
  const untilMs = clock.nowMs() + START_DEADLINE_MS
  while (clock.nowMs() < untilMs && child.exitCode === null && child.signalCode === null) {
    const response = await fetch(`${origin}/readyz`).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.ok) return true
    const { promise, resolve } = Promise.withResolvers<void>()
    clock.setTimer(ASK_EVERY_MS, resolve)
    await promise
  }
  return false
}
