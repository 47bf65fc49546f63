/** Makes an API key: `npm run key -- NAME SCOPE…` prints it once, with its entry for API_KEYS. */
import { newApiKey } from '../config/api-keys.ts'

/** Exit code of a wrong command line (EX_USAGE of sysexits.h). */
const usageExitCode = 64

const [name = '', ...scopes] = process.argv.slice(2)
const made = newApiKey(name, scopes)
if (made.ok) {
  console.log(`Key, shown only now:\n${made.key}\n\nEntry for API_KEYS:\n${JSON.stringify(made.entry)}`)
} else {
  console.error(`${made.problem}\nUsage: npm run key -- NAME SCOPE…`)
  process.exitCode = usageExitCode
}
