import { parseArgs } from 'node:util'
import { exportNumber } from '../app/person-commands.ts'
import { exitCode, fail, runCommand } from './command-line.ts'

const usage =
  'Usage: npm run export -- NUMBER FILE     (a number like +14155550123, a file that is not there yet)'

await runCommand(usage, async () => {
  const { positionals } = parseArgs({ allowPositionals: true })
  const [number = '', file = ''] = positionals
  const isRight = positionals.length === 2 && /^\+[1-9][0-9]{6,14}$/.test(number) && file !== ''
  if (!isRight) return fail(usage, exitCode.usage)
  const outcome = await exportNumber(process.env, { number, file })
  switch (outcome.kind) {
    case 'none':
      return fail('There is no database: no server has written one there', exitCode.noInput)
    case 'ownNumber':
      return fail('That is a number of this server: every call would be in it', exitCode.badInput)
    case 'written': {
      const { calls, contacts, effects } = outcome.found
      console.log(
        `Written to ${file}: ${calls.length} calls, ${contacts.length} contacts, ${effects.length} effects`,
      )
      return 0
    }
  }
})
