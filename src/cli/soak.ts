/** Runs the drills in full: `npm run soak [-- --only NAME] [--seed N] [--count N]` prints one JSON object for each. */
import { parseArgs } from 'node:util'
import { runDrills } from '../app/drills.ts'

/** Exit code of a wrong command line (EX_USAGE of sysexits.h). */
const usageExitCode = 64

const { values } = parseArgs({
  options: { only: { type: 'string' }, seed: { type: 'string' }, count: { type: 'string' } },
})
process.exitCode = await soak(values).catch((error: unknown) => {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_DRILL')) throw error
  console.error(error.message)
  return usageExitCode
})

/** Answers with an exit code: 1 when a bar was missed. */
async function soak(asked: { only?: string; seed?: string; count?: string }): Promise<number> {
  const seed = wholeNumber(asked.seed)
  const count = wholeNumber(asked.count)
  if (Number.isNaN(seed) || Number.isNaN(count) || count === 0) {
    console.error('Usage: npm run soak [-- --only NAME] [--seed N] [--count N]')
    return usageExitCode
  }
  let exitCode = 0
  const { only } = asked
  const request = { ...(only !== undefined && { only }), ...(seed !== undefined && { seed }) }
  for await (const report of runDrills({ ...request, ...(count !== undefined && { count }) })) {
    console.log(JSON.stringify(report))
    if (!report.ok) exitCode = 1
  }
  return exitCode
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN
}
