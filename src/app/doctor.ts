import { join } from 'node:path'
import type { Environment } from '../config/field.ts'
import type { RunMode } from '../config/run-mode.ts'
import { systemClock } from '../lib/clock.ts'
import { inTime } from '../lib/in-time.ts'
import { redact } from '../ops/redact.ts'
import type { CheckName, Finding, FixName } from '../ports/check.ts'
import { checkSettings } from './check-settings.ts'
import { type Check, type CheckGround, machineChecks, settingsChecks } from './doctor-checks.ts'

/** What one check found. */
export type Report = { readonly check: CheckName } & Finding

/** What all checks found, in the order in which they are told. */
export type Diagnosis = {
  /** Undefined while the settings are wrong. */
  readonly mode: RunMode | undefined
  readonly reports: readonly Report[]
  /** 0: nothing is broken; 1: something is; 78: the settings are wrong. */
  readonly exitCode: 0 | 1 | 78
}

/** What is diagnosed. Everything but the environment has a default. */
export type DoctorOptions = { readonly env: Environment } & Partial<CheckGround>

const root = join(import.meta.dirname, '../..')

const defaults: CheckGround = {
  envFile: '.env',
  clock: systemClock,
  neededNodeMajor: 26,
  // A month of a busy line fits, with room for the copy that SQLite makes when it tidies up.
  minFreeBytes: 256 * 1024 * 1024,
  uid: process.getuid?.(),
  platform: process.platform,
  bundledNode: join(root, 'node_modules', `node-linux-${process.arch}`, 'bin/node'),
  networkDeadlineMs: 8_000,
  databaseDeadlineMs: 10_000,
}

/** Longer than every deadline of a check: only a fault in one can come to this. */
const CHECK_MS = 12_000

/**
 * Looks at everything a server needs, side by side, and ends within 15 s whatever does not answer. Nothing is changed:
 * no call, no session beyond its first word, no file that stays.
 */
export async function diagnose(options: DoctorOptions): Promise<Diagnosis> {
  const { env, ...given } = options
  const ground = { ...defaults, ...given }
  const { settings, findings } = await checkSettings(env, ground.envFile)
  const checks: readonly Check[] = [
    ...machineChecks(ground),
    { name: 'settings', run: () => Promise.resolve(findings) },
    ...settingsChecks(settings, ground),
  ]
  const reports = await Promise.all(checks.map((check) => reportsOf(check, ground)))
  const told = onePerFix(reports.flat()).map(redacted)
  return { mode: settings?.mode, reports: told, exitCode: exitCodeOf(told) }
}

/** A fault in one check must not hide what the others found. Of an unforeseen error only its name is told. */
async function reportsOf({ name, run }: Check, { clock }: CheckGround): Promise<readonly Report[]> {
  try {
    const outcome = await inTime(run(), { clock, delayMs: CHECK_MS })
    const findings = outcome.kind === 'done' ? outcome.value : [faultOf('took too long')]
    return findings.map((finding) => ({ check: name, ...finding }))
  } catch (error) {
    return [{ check: name, ...faultOf(`failed: ${error instanceof Error ? error.name : typeof error}`) }]
  }
}

function faultOf(how: string): Finding {
  return {
    kind: 'broken',
    says: `the check itself ${how}`,
    fix: {
      name: 'reportFault',
      does: 'Run doctor again; when it says so again, report it as a fault of doctor',
    },
  }
}

/** What a machine that can look up no name cannot reach either; not every client can tell why. */
const outOfReach: ReadonlySet<FixName> = new Set(['reachTwilio', 'reachOpenai'])

/** What has the same fix has the same cause and is told once; where else it shows is named, not told anew. */
export function onePerFix(reports: readonly Report[]): readonly Report[] {
  const blind = reports.flatMap((report) =>
    'fix' in report && report.fix.name === 'mendResolver' ? [report.fix] : [],
  )[0]
  const firstOf = new Map<string, CheckName>()
  const named = new Set<string>()
  return reports.flatMap((report): readonly Report[] => {
    if (!('fix' in report)) return [report]
    const { check, fix } = report
    const { does } = blind && outOfReach.has(fix.name) ? blind : fix
    const first = firstOf.get(does)
    firstOf.set(does, first ?? check)
    const isNamed = named.has(`${check} ${does}`)
    named.add(`${check} ${does}`)
    if (first === undefined) return [report]
    return isNamed ? [] : [{ check, kind: 'skipped', says: `has the same cause as ${first}` }]
  })
}

/**
 * Checks name models, hosts and folders, which are settings, and into any setting somebody may have pasted a secret.
 * What is said of a wrong setting holds no value in the first place, but examples that would be taken for one.
 */
function redacted(report: Report): Report {
  const says = redact(report.says)
  if (!('fix' in report)) return { ...report, says }
  const { name, does } = report.fix
  return { ...report, says, fix: { name, does: name === 'correctSetting' ? does : redact(does) } }
}

function exitCodeOf(reports: readonly Report[]): Diagnosis['exitCode'] {
  const broken = reports.filter((report) => report.kind === 'broken')
  if (broken.some(({ check, fix }) => check === 'settings' && fix.name === 'correctSetting')) return 78
  return broken.length > 0 ? 1 : 0
}
