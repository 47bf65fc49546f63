import { parseArgs } from 'node:util'
import { eraseNumber } from '../app/person-commands.ts'
import { exitCode, fail, runCommand } from './command-line.ts'

const usage = 'Usage: npm run erase -- NUMBER     (like +14155550123)'

await runCommand(usage, async () => {
  const { positionals } = parseArgs({ allowPositionals: true })
  const [number = ''] = positionals
  if (positionals.length !== 1 || !/^\+[1-9][0-9]{6,14}$/.test(number)) return fail(usage, exitCode.usage)
  const outcome = await eraseNumber(process.env, number)
  switch (outcome.kind) {
    case 'none':
      return fail('There is no database: no server has written one there', exitCode.noInput)
    case 'unreachable':
      return fail(
        'A server has the data folder and does not answer: stop it, then try again',
        exitCode.unavailable,
      )
    case 'ownNumber':
      return fail('That is a number of this server: every call would go with it', exitCode.badInput)
    case 'callLive':
      return fail('A call of that number goes on: try again when it is over', exitCode.unavailable)
    case 'erased':
      console.log(
        `Erased: ${outcome.callSids.length} calls, and the number in ${outcome.mentions} other texts`,
      )
      if (outcome.recordingSids.length > 0) {
        console.log(`Recordings at Twilio that have to be deleted there: ${outcome.recordingSids.join(' ')}`)
      }
      if (!outcome.isScrubbed) {
        console.log('The files may still hold old copies: see "Erasing somebody" in docs/live.md')
      }
      if (outcome.callsLeft === 0) return 0
      return fail(
        'A call of that number began meanwhile and is left: do it again when it is over',
        exitCode.unavailable,
      )
  }
})
