import { ConfigError } from './config-error.ts'

/** What the terminal is told of a start that did not succeed, and the exit code that goes with it. */
export type StartFailure = { readonly sentence: string; readonly exitCode: number }

/** EX_CONFIG of sysexits.h: starting again does not help before somebody has changed a setting. */
const wrongSettings = 78

/**
 * Explains the failures that people can do something about: settings, a port, a file, a folder that is in use. For
 * any other error, which only its stack explains, it answers undefined.
 */
export function startFailure(error: unknown): StartFailure | undefined {
  if (error instanceof ConfigError) return { sentence: error.message, exitCode: wrongSettings }
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  // Node's own codes that begin like this stand for mistakes in a program and not for what a system answered.
  if (!(error instanceof Error) || typeof code !== 'string' || code.startsWith('ERR_')) return undefined
  return { sentence: listenFailure(error, code) ?? systemFailure(error), exitCode: 1 }
}

function listenFailure(error: Error, code: string): string | undefined {
  if (!('syscall' in error) || error.syscall !== 'listen') return undefined
  const port = 'port' in error ? String(error.port) : ''
  const address = 'address' in error ? String(error.address) : ''
  const place = `Cannot listen on port ${port} of ${address}`
  switch (code) {
    case 'EADDRINUSE':
      return `${place}: another process does, stop it or set PORT to another`
    case 'EACCES':
      return `${place}: this user may not, set PORT to one above 1023`
    case 'EADDRNOTAVAIL':
      return `${place}: this machine does not have that address, set HOST to one that it has`
    default:
      return `${place}: ${code}`
  }
}

/** The file system's errors name the path; those of our own rooms are sentences already. */
function systemFailure(error: Error): string {
  return 'syscall' in error ? `Cannot start: ${error.message}` : error.message
}
