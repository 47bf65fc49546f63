import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Rehearsal, startRehearsal } from '../app.ts'
import { latencyTable, speechLine } from './show-call.ts'

/** The demo ends by itself; if something hangs, it fails after this. */
const DEADLINE_MS = 90_000

const { values } = parseArgs({ options: { scenario: { type: 'string', default: 'opening-hours' } } })
const timer = setTimeout(() => {
  process.stderr.write('The demo did not end in time\n')
  process.exit(1)
}, DEADLINE_MS)

try {
  process.exitCode = await demo(values.scenario)
} finally {
  clearTimeout(timer)
}

/** Rings the server once, shows the call while it happens, and answers with an exit code. */
async function demo(name: string): Promise<number> {
  const logLines: string[] = []
  const shown = new Map<number, string>()
  console.log('Consigliere rehearses one call: Twilio, OpenAI and the caller are played on this machine.\n')
  await using rehearsal = await startRehearsal({
    env: { PORT: '0' },
    logTo: { write: (line) => void logLines.push(line) },
    onTurn: (turn) => {
      const line = speechLine(turn)
      if (line === undefined || shown.get(turn.seq) === line) return
      shown.set(turn.seq, line)
      console.log(line)
    },
  })
  const scenarios = await rehearsal.world.scenarios()
  const scenario = scenarios.find((one) => one.name === name)
  if (!scenario) {
    console.error(`No scenario is called ${name}: there are ${scenarios.map((one) => one.name).join(', ')}`)
    return 64
  }
  console.log(`${scenario.about}\n`)
  const { call, ended } = await rehearsal.world.ring(scenario, { runs: 'runs' })
  const { summary, folder } = await ended
  await showOutcome(rehearsal, { callSid: call.sid, folder })
  for (const error of summary.errors) console.error(`Went wrong: ${error}`)
  const refused = rehearsal.world.openai.sessions.flatMap((session) => session.refused)
  for (const one of refused) console.error(`Refused by the model: ${JSON.stringify(one)}`)
  return summary.errors.length === 0 && refused.length === 0 ? 0 : 1
}

async function showOutcome(
  rehearsal: Rehearsal,
  run: { readonly callSid: string; readonly folder: string | undefined },
): Promise<void> {
  const record = await rehearsal.record(run.callSid)
  if (!record) throw new Error(`Cannot show the call: ${run.callSid} left no record`)
  console.log(`\n${latencyTable(record.turns)}`)
  const { call } = record
  console.log(
    `\nThe call took ${call.durationSeconds ?? 0} s and ended by ${call.ending ?? 'nothing known'}.`,
  )
  if (run.folder === undefined || !existsSync(run.folder)) return
  for (const file of ['heard-by-caller.wav', 'said-by-caller.wav', 'events.jsonl']) {
    console.log(`  ${join(run.folder, file)}`)
  }
}
