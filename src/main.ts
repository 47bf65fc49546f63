import { constants } from 'node:os'
import { type Running, start } from './app.ts'
import { loadEnvFile } from './config/env-file.ts'
import { startFailure } from './config/start-failure.ts'
import { whereThrown } from './config/where-thrown.ts'

/** One Ctrl-C reaches this process up to three times: from the terminal, from npm, and from the launcher. */
const SAME_SIGNAL_MS = 1_000
/** After a fault that nobody caught, live calls get this long for their goodbye. */
const CRASH_MS = 5_000
/** Closing may hang, on a disk or a peer: the process is gone so long before its time is over, but not before this. */
const MARGIN_MS = 100
const LEAST_MS = 2_000
/** When all is closed, a request that is never answered does not keep the process for longer. */
const LEAVE_MS = 250

const { promise: stopped, resolve: stop } = Promise.withResolvers<'patiently' | 'atOnce'>()
let running: Running | undefined
listenForSignals()
process.on('uncaughtException', crash)

try {
  const { env, readableByOthers } = loadEnvFile('.env', process.env)
  if (readableByOthers) process.stderr.write('Warning: .env can be read by others: run chmod 600 .env\n')
  await using started = await start(env)
  running = started
  // What was invented is shown once, to people, and is in no log.
  for (const line of started.announcement) process.stderr.write(`${line}\n`)
  const how = await stopped
  leaveIn(Math.max(LEAST_MS, started.drainMs - MARGIN_MS))
  await started.drain(how)
} catch (error) {
  const failure = startFailure(error)
  if (!failure) throw error
  process.stderr.write(`${failure.sentence}\n`)
  process.exitCode = failure.exitCode
}
setTimeout(() => process.exit(), LEAVE_MS).unref()

/**
 * The first signal closes everything in good order, also while starting: on SIGTERM, which comes from a supervisor, live
 * calls may end by themselves; whoever sits at the terminal does not want to wait for that. A later one ends the process
 * at once.
 */
function listenForSignals(): void {
  let firstAtMs: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      firstAtMs ??= performance.now()
      if (performance.now() - firstAtMs > SAME_SIGNAL_MS) process.exit(128 + constants.signals[signal])
      stop(signal === 'SIGTERM' ? 'patiently' : 'atOnce')
    })
  }
}

/** What still hangs then is left as it is: the next start finds what was left open. */
function leaveIn(delayMs: number): void {
  setTimeout(() => {
    running?.log.event('fatal', 'drainOverrun')
    process.exit(1)
  }, delayMs).unref()
}

/** Also what comes of a rejected promise. Nothing can be relied on any more but the way out, and that within a bound. */
function crash(error: unknown): void {
  process.stderr.write(`${whereThrown(error)}\n`)
  if (process.exitCode === 1) process.exit()
  process.exitCode = 1
  running?.log.event('fatal', 'uncaught', { reason: error instanceof Error ? error.name : typeof error })
  setTimeout(() => process.exit(), CRASH_MS).unref()
  stop('atOnce')
  void running?.drain('atOnce')
}
