import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import { freePort } from '../../src/sim/free-port.ts'
import { startServerProcess } from '../../src/sim/server-process.ts'
import { temporaryFolder } from '../../src/sim/temporary-folder.ts'
import { callerNumbers } from './orders.ts'
import type { LoadAnswer, LoadOrder, Target } from './orders.ts'
import type { Measured } from './figures.ts'

const HOST = '127.0.0.1'
const ACCOUNT_SID = `AC${'0123456789abcdef'.repeat(2)}`
const AUTH_TOKEN = 'fedcba9876543210'.repeat(2)
const MAX_CALLS = 500

/** A server to be loaded, in a process of its own. */
export type Loaded = AsyncDisposable & {
  readonly pid: number
  readonly target: Target
  /** Its own metrics; a pass-through has none. */
  readonly metrics: () => Promise<string>
}

/** The load, in a process of its own. Each method throws when the load could not do it. */
export type Load = AsyncDisposable & {
  readonly pid: number
  readonly port: number
  /** Sets up so many calls; they talk when it resolves. */
  begin(calls: { readonly target: Target; readonly round: number; readonly count: number }): Promise<void>
  /** Lets time pass in which is measured. */
  measure(windowMs: number): Promise<void>
  /** Hangs up on all calls. */
  end(target: Target): Promise<Measured>
}

/** Starts the load. */
export async function startLoad(): Promise<Load> {
  const child = fork(join(import.meta.dirname, 'load.ts'), { serialization: 'advanced' })
  const listening = await answerOf(child)
  if (listening.did !== 'listen') throw new Error('The load did not start')
  const tell = async (order: LoadOrder): Promise<LoadAnswer> => {
    child.send(order)
    const answer = await answerOf(child)
    if (answer.did === 'fail') throw new Error(`The load failed: ${answer.reason}`)
    return answer
  }
  return {
    pid: child.pid ?? 0,
    port: listening.port,
    begin: async (calls) => void (await tell({ do: 'begin', ...calls })),
    measure: async (windowMs) => void (await tell({ do: 'measure', windowMs })),
    end: async (target) => {
      const answer = await tell({ do: 'end', target })
      if (answer.did !== 'end') throw new Error('The load has lost its place')
      return answer.measured
    },
    [Symbol.asyncDispose]: () => ended(child),
  }
}

/** Starts the pass-through, whose upstream is the load. */
export async function startPassThrough(
  load: Load,
  options: { readonly nodeFlags?: readonly string[] } = {},
): Promise<Loaded> {
  const child = fork(join(import.meta.dirname, 'pass-through.ts'), [`ws://${HOST}:${load.port}`], {
    execArgv: [...(options.nodeFlags ?? [])],
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    pid: child.pid ?? 0,
    target: { kind: 'passThrough', origin: `http://${HOST}:${port}` },
    metrics: async () => Promise.resolve(''),
    [Symbol.asyncDispose]: () => ended(child),
  }
}

/**
 * Starts our server on its defaults: resampling, transcripts, records on disk, metrics and logs. Only who may call, and
 * how many at a time, is set.
 * @param options.checkout a folder with the server that is started, when it is not this one
 */
export async function startBridge(
  load: Load,
  options: {
    readonly nodeFlags?: readonly string[]
    readonly env?: Readonly<Record<string, string>>
    readonly checkout?: string
  } = {},
): Promise<Loaded> {
  const { checkout = join(import.meta.dirname, '../..') } = options
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(temporaryFolder()).path
  const port = await freePort(HOST)
  const origin = `http://${HOST}:${port}`
  const server = starting.use(
    await startServerProcess({
      clock: systemClock,
      folder,
      nodeFlags: options.nodeFlags ?? [],
      main: join(checkout, 'src/main.ts'),
      env: {
        HOST,
        PORT: String(port),
        DATA_DIR: folder,
        PERSONA_DIR: join(checkout, 'personas'),
        PUBLIC_URL: origin,
        MAX_CALLS: String(MAX_CALLS),
        MAX_CALLS_PER_CALLER: String(MAX_CALLS / callerNumbers.length),
        // A machine that is loaded to its limits is what is wanted here.
        MAX_LOOP_DELAY_MS: '60000',
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        TWILIO_PHONE_NUMBER: '+14155550100',
        TWILIO_API_BASE_URL: `http://${HOST}:${load.port}`,
        OPENAI_API_KEY: 'sk-bench',
        OPENAI_BASE_URL: `http://${HOST}:${load.port}/v1`,
        OPENAI_REALTIME_API_URL: `ws://${HOST}:${load.port}/v1/realtime`,
        GODFATHER_PHONE_NUMBERS: callerNumbers.join(','),
        ...options.env,
      },
    }),
  )
  const running = starting.move()
  return {
    pid: server.pid,
    target: { kind: 'bridge', origin, accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN },
    metrics: server.metrics,
    [Symbol.asyncDispose]: async () => {
      // In good order, so that profiles are written.
      server.kill('SIGTERM')
      await server.exited
      await running.disposeAsync()
    },
  }
}

async function answerOf(child: ChildProcess): Promise<LoadAnswer> {
  const settled = new AbortController()
  const { signal } = settled
  const gone = once(child, 'exit', { signal }).then((): LoadAnswer => ({ did: 'fail', reason: 'it is gone' }))
  const told = once(child, 'message', { signal }).then(([message]: LoadAnswer[]) => message)
  // The one that did not come is given up, and says so.
  for (const waiting of [gone, told]) waiting.catch(() => undefined)
  try {
    return (await Promise.race([told, gone])) ?? { did: 'fail', reason: 'it said nothing' }
  } finally {
    settled.abort()
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}
