import { parseArgs } from 'node:util'
import { backupRecords } from '../app/backup-records.ts'
import { exitCode, fail, runCommand } from './command-line.ts'

const usage = 'Usage: npm run backup -- FILE     (a file that is not there yet)'

await runCommand(usage, async () => {
  const { positionals } = parseArgs({ allowPositionals: true })
  const [file = ''] = positionals
  if (positionals.length !== 1 || file === '') return fail(usage, exitCode.usage)
  const outcome = await backupRecords(process.env, file)
  switch (outcome.kind) {
    case 'none':
      return fail('There is no database: no server has written one there', exitCode.noInput)
    case 'postgres':
      return fail(
        `The records are in PostgreSQL: use pg_dump, and keep person.key of ${outcome.dataDir} with what it writes`,
        exitCode.unavailable,
      )
    case 'done':
      console.log(`Written and verified: ${file}, its key: ${outcome.keyFile}`)
      console.log(
        `Its audit log ends with record ${outcome.lastSeq}. Keep both files where you keep secrets.`,
      )
      return 0
  }
})
