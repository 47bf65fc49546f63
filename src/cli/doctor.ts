import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Diagnosis, Report } from '../app/doctor.ts'
import { fail, runCommand } from './command-line.ts'

const usage = 'Usage: npm run doctor [-- --json]'

/** Longer than anything that is looked at may take. */
const DEADLINE_MS = 15_000

const titles: Readonly<Record<Report['check'], string>> = {
  node: 'Node',
  libatomic: 'libatomic',
  settings: 'Settings',
  clock: 'Clock',
  disk: 'Disk',
  port: 'Port',
  database: 'Database',
  publicUrl: 'Public address',
  twilioAccount: 'Twilio account',
  twilioNumber: 'Twilio number',
  openaiModels: 'OpenAI models',
  openaiRealtime: 'OpenAI Realtime',
}

const words: Readonly<Record<Report['kind'], string>> = {
  fine: 'ok',
  skipped: 'skipped',
  warning: 'warning',
  broken: 'BROKEN',
}

const WORD_CHARS = 9
const TITLE_CHARS = 17

await runCommand(usage, async () => {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
  const diagnosis = await diagnosed()
  if (!diagnosis) return fail('Doctor did not come to an end', 1)
  console.log(values.json ? asJson(diagnosis) : asText(diagnosis))
  return diagnosis.exitCode
})

/**
 * Has another process look, and ends it as soon as it has spoken: a look-up of a name that nobody answers cannot be
 * broken off, and a process that waits for one cannot even exit (a minute, with three resolvers that are silent).
 */
async function diagnosed(): Promise<Diagnosis | undefined> {
  const script = join(import.meta.dirname, '../app/doctor-process.ts')
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
  try {
    let said = ''
    for await (const text of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      said += text
      if (said.endsWith('\n')) return JSON.parse(said) as Diagnosis
    }
    return undefined
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
  }
}

function asJson({ mode, reports, exitCode }: Diagnosis): string {
  return JSON.stringify({ mode: mode?.mode ?? null, missing: mode?.missing ?? [], exitCode, checks: reports })
}

function asText({ reports }: Diagnosis): string {
  return [...reports.map(entryOf), '', summaryOf(reports)].join('\n')
}

function entryOf(report: Report): string {
  const head = words[report.kind].padEnd(WORD_CHARS) + titles[report.check].padEnd(TITLE_CHARS) + report.says
  if (!('fix' in report)) return head
  return `${head}\n${' '.repeat(WORD_CHARS)}Fix: ${report.fix.does} [${report.fix.name}]`
}

function summaryOf(reports: readonly Report[]): string {
  const count = (kind: Report['kind']): number => reports.filter((report) => report.kind === kind).length
  const [broken, warnings, skipped] = [count('broken'), count('warning'), count('skipped')]
  if (broken + warnings + skipped === 0) return 'Everything is in order.'
  const parts = [`${broken} broken`, `${warnings} to watch`, `${skipped} not tried`]
  return `${parts.join(', ')}.${broken === 0 ? ' Nothing is broken.' : ''}`
}
