/** Runs the drills in full: `npm run soak [-- --only NAME] [--seed N] [--count N]` prints one JSON object for each. */
import { parseArgs } from 'node:util'
import { runDrills } from '../app/drills.ts'
import { exitCode, fail, runCommand } from './command-line.ts'

const usage = 'Usage: npm run soak [-- --only NAME] [--seed N] [--count N]'

await runCommand(usage, async () => {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, seed: { type: 'string' }, count: { type: 'string' } },
  })
  const { only } = values
  const seed = wholeNumber(values.seed)
  const count = wholeNumber(values.count)
  if (Number.isNaN(seed) || Number.isNaN(count) || count === 0) return fail(usage, exitCode.usage)
  const request = {
    ...(only !== undefined && { only }),
    ...(seed !== undefined && { seed }),
    ...(count !== undefined && { count }),
  }
  return await soak(request).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_DRILL')
      return fail(error.message, exitCode.usage)
    throw error
  })
})

/** Answers with an exit code: 1 when a bar was missed. */
async function soak(request: Parameters<typeof runDrills>[0]): Promise<number> {
  let code = 0
  for await (const report of runDrills(request)) {
    console.log(JSON.stringify(report))
    if (!report.ok) code = 1
  }
  return code
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN
}
