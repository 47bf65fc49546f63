import { type Running, start } from './app.ts'
import { loadEnvFile } from './config/env-file.ts'
import { startFailure } from './config/start-failure.ts'

/** One Ctrl-C reaches this process up to three times: from the terminal, from npm, and from the launcher. */
const SAME_SIGNAL_MS = 1_000
/** After a fault that nobody caught, live calls get this long for their goodbye. */
const CRASH_MS = 5_000

const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
let log: Running['log'] | undefined
listenForSignals()
process.on('uncaughtException', crash)

try {
  const { env, readableByOthers } = loadEnvFile('.env', process.env)
  if (readableByOthers) process.stderr.write('Warning: .env can be read by others: run chmod 600 .env\n')
  await using running = await start(env)
  log = running.log
  // What was invented is shown once, to people, and is in no log.
  for (const line of running.announcement) process.stderr.write(`${line}\n`)
  await stopped
} catch (error) {
  const failure = startFailure(error)
  if (!failure) throw error
  process.stderr.write(`${failure.sentence}\n`)
  process.exitCode = failure.exitCode
}

/** The first signal closes everything in good order, also while starting; a later one ends the process at once. */
function listenForSignals(): void {
  let firstAtMs: number | undefined
  const onSignal = (): void => {
    firstAtMs ??= performance.now()
    if (performance.now() - firstAtMs > SAME_SIGNAL_MS) process.exit(130)
    stop()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal)
}

/** Also what comes of a rejected promise. Nothing can be relied on any more but the way out, and that within a bound. */
function crash(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  if (process.exitCode === 1) process.exit()
  process.exitCode = 1
  log?.event('fatal', 'uncaught', { reason: error instanceof Error ? error.name : typeof error })
  setTimeout(() => process.exit(), CRASH_MS).unref()
  stop()
}
