import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Rehearsal } from '../app/rehearsal.ts'
import { exitCode, fail, runCommand } from './command-line.ts'
import { auditLine, endingSentence, filesOf, latencyTable, speechLine } from './show-call.ts'

/** The demo ends by itself; if something hangs, it fails after this: longer than the longest scenario. */
const DEADLINE_MS = 90_000

/** More than one call leaves. */
const AUDIT_RECORDS = 1_000

const RECORDED_VOICE = 'announcement-en-16k.wav'

const usage = 'Usage: npm run demo -- [--scenario NAME]'

await runCommand(usage, async () => {
  const { values } = parseArgs({ options: { scenario: { type: 'string', default: 'owner-texts-ann' } } })
  const timer = setTimeout(() => process.exit(fail('The demo did not end in time', 1)), DEADLINE_MS)
  // Nobody waits for a goodbye here; what is temporary goes when the process exits.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130))
  return demo(values.scenario).finally(() => clearTimeout(timer))
})

/** Rings the server once, shows the call while it happens, and answers with an exit code. */
async function demo(name: string): Promise<number> {
  const shown = new Map<number, string>()
  let secondLine: string | undefined
  console.log('Consigliere rehearses one call: Twilio, OpenAI and the caller are played on this machine.')
  // Loaded only now, so that the first line is there at once.
  const { startRehearsal } = await import('../app/rehearsal.ts')
  await using rehearsal = await startRehearsal({
    env: { PORT: '0', PERSONA_DIR: process.env['PERSONA_DIR'] },
    // The demo shows the call itself; the same lines are seen with npm start.
    logTo: { write: () => undefined },
    onTurn: (turn) => {
      if (turn.callSid === secondLine) return
      const line = speechLine(turn)
      if (line === undefined || shown.get(turn.seq) === line) return
      shown.set(turn.seq, line)
      console.log(line)
    },
  })
  const scenarios = await rehearsal.world.scenarios()
  const scenario = scenarios.find((one) => one.name === name)
  if (!scenario) {
    const names = scenarios.map((one) => one.name).join(', ')
    return fail(`No scenario is called ${name}: there are ${names}`, exitCode.usage)
  }
  console.log(`${scenario.about} It is spoken at the pace of a real call, so it takes a while.\n`)
  const { call, ended } = await rehearsal.world.ring(scenario, { runs: 'runs' })
  const voice = await ringRecordedVoice(rehearsal)
  secondLine = voice?.call.sid
  const { summary, folder } = await ended
  await showOutcome(rehearsal, { callSid: call.sid, folder })
  await showAudit(rehearsal.audit, call.sid)
  if (voice)
    console.log(`\nOn a second line a person's recorded voice was heard and answered at the same time:`)
  for (const file of filesOf((await voice?.ended)?.folder)) console.log(`  ${file}`)
  for (const error of summary.errors) console.error(`Went wrong: ${error}`)
  const refused = rehearsal.world.openai.sessions.flatMap((session) => session.refused)
  for (const one of refused) console.error(`Refused by the model: ${JSON.stringify(one)}`)
  return summary.errors.length === 0 && refused.length === 0 ? 0 : 1
}

/** Rings once more with a person's voice, where the test recordings lie beside the project. */
async function ringRecordedVoice(
  rehearsal: Rehearsal,
): Promise<Awaited<ReturnType<Rehearsal['world']['ring']>> | undefined> {
  const file = join(import.meta.dirname, '../../../shared/fixtures/speech', RECORDED_VOICE)
  const wav = await readFile(file).catch(() => undefined)
  if (!wav) return undefined
  const scenario = rehearsal.world.recorded(wav)
  return rehearsal.world.ring({ ...scenario, call: { from: '+14155550124' } }, { runs: 'runs' })
}

async function showOutcome(
  rehearsal: Rehearsal,
  run: { readonly callSid: string; readonly folder: string | undefined },
): Promise<void> {
  const record = await rehearsal.record(run.callSid)
  if (!record) throw new Error(`Cannot show the call: ${run.callSid} left no record`)
  console.log(`\n${latencyTable(record.turns)}`)
  const { durationSeconds = 0, ending } = record.call
  console.log(`\n${endingSentence({ durationSeconds, ...(ending !== undefined && { by: ending }) })}`)
  if (run.folder === undefined) return
  console.log('Listen to it, or read what happened on both sides:')
  for (const file of filesOf(run.folder)) console.log(`  ${file}`)
}

/** What the audit log says of the call, and whether its chain is whole. */
async function showAudit(audit: Rehearsal['audit'], callSid: string): Promise<void> {
  const records = await audit.page({ afterSeq: 0, maxRecords: AUDIT_RECORDS })
  console.log('\nWhat was decided and done, as the audit log has it:')
  for (const record of records) if (record.session === callSid) console.log(`  ${auditLine(record)}`)
  const verdict = await audit.verify()
  const { seq, hash } = await audit.head()
  console.log(
    verdict.ok
      ? `All ${seq} records of the log hang together; the last one's hash is ${hash.slice(0, 16)}…`
      : 'The log does not hang together!',
  )
}
