import { type Running, start } from './app.ts'
import { ConfigError } from './config/config-error.ts'
import { loadEnvFile } from './config/env-file.ts'

/** One Ctrl-C reaches this process up to three times: from the terminal, from npm, and from the launcher. */
const SAME_SIGNAL_MS = 1_000
const EX_CONFIG = 78

try {
  const { env, readableByOthers } = loadEnvFile('.env', process.env)
  if (readableByOthers) process.stderr.write('Warning: .env can be read by others: run chmod 600 .env\n')
  await using running = await start(env)
  announce(running)
  await untilSignal()
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = EX_CONFIG
}

/** Resolves at the first signal; one that comes later, while the server is closing, ends the process at once. */
async function untilSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let firstAtMs: number | undefined
  const onSignal = (): void => {
    firstAtMs ??= performance.now()
    if (performance.now() - firstAtMs > SAME_SIGNAL_MS) process.exit(130)
    resolve()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal)
  await promise
}

/** What was invented is shown once, to people, and is in no log. */
function announce(running: Running): void {
  for (const line of running.announcement) process.stderr.write(`${line}\n`)
}
