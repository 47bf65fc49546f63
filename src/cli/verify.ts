import { parseArgs } from 'node:util'
import { type VerifyOutcome, verifyRecords } from '../app/verify-records.ts'
import { exitCode, fail, runCommand } from './command-line.ts'

const usage = 'Usage: npm run verify [-- --noted SEQ:HASH]'

const sentences = {
  changed: 'was changed',
  missing: 'is missing',
  unlinked: 'does not follow from the one before it',
  unknownHead: 'is not the one that was written last',
  unguarded:
    'and all before it could be changed or removed: the triggers of the table are not what they were',
} as const

await runCommand(usage, async () => {
  const { values } = parseArgs({ options: { noted: { type: 'string' } } })
  const noted = values.noted === undefined ? undefined : headOf(values.noted)
  if (noted === 'wrong') return fail(usage, exitCode.usage)
  const found = await verifyRecords(process.env, noted)
  switch (found.kind) {
    case 'none':
      return fail('There is no audit log: no server has written one there', exitCode.noInput)
    case 'unavailable':
      return fail(`Audit log not verified. ${found.sentence}`, exitCode.unavailable)
    case 'damaged':
      return fail(damaged(found.lastGoodSeq), 1)
    case 'read':
      return told(found, noted)
  }
})

/** The end of a chain at an earlier time. */
type Noted = { readonly seq: number; readonly hash: string }

type Found = Extract<VerifyOutcome, { kind: 'read' }>

function told({ verdict, noted: compared }: Found, noted: Noted | undefined): number {
  if (!verdict.ok) return fail(`Audit log broken: record ${verdict.seq} ${sentences[verdict.reason]}`, 1)
  if (compared === 'other') {
    return fail(`Audit log written anew: record ${noted?.seq ?? ''} is not the one that was noted`, 1)
  }
  const { firstSeq, head } = verdict
  console.log(
    `Audit log whole: records ${firstSeq} to ${head.seq}\nIts end, to be noted: ${head.seq}:${head.hash}`,
  )
  if (compared === 'removed') console.log('The record that was noted has been removed by retention')
  return 0
}

function damaged(lastGoodSeq: number): string {
  const extent =
    lastGoodSeq === 0 ? 'no record can be read' : `the records up to ${lastGoodSeq} read as they were written`
  return `Audit log broken: the database is damaged, ${extent}. Restore a backup`
}

/** The end of a chain as it was printed or logged at another time. */
function headOf(text: string): Noted | 'wrong' {
  const [, seq, hash] = /^([0-9]{1,10}):([0-9a-f]{64})$/.exec(text) ?? []
  return hash === undefined ? 'wrong' : { seq: Number(seq), hash }
}
