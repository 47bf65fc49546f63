/** Makes the owner's PIN: `npm run pin` reads it once from the terminal, unseen, and prints its hash. */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { scryptHash } from '../lib/scrypt-hash.ts'

/** Exit code of input that is none (EX_DATAERR of sysexits.h). */
const dataExitCode = 65

console.error('PIN of the owner, 6 to 10 digits:')
// What is typed is not shown: nothing is ever written back.
const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
const terminal = createInterface({ input: process.stdin, output: unseen, terminal: process.stdin.isTTY })
const line = await Promise.race([
  terminal.question(''),
  new Promise<string>((resolve) => terminal.once('close', () => resolve(''))),
])
terminal.close()
const pin = line.trim()
if (/^[0-9]{6,10}$/.test(pin)) {
  console.log(`GODFATHER_PIN_HASH=${scryptHash(pin)}`)
} else {
  console.error('Cannot use this PIN: it must be 6 to 10 digits')
  process.exitCode = dataExitCode
}
