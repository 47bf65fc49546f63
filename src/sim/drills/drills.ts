import { type Clock, systemClock } from '../../lib/clock.ts'
import {
  DrillError,
  type DrillGround,
  type DrillNumber,
  type DrillOptions,
  type DrillResult,
} from './drill.ts'
import { actingEnv, drillActing } from './acting.ts'
import { AlarmList } from './alarm-list.ts'
import { drillConsent } from './consent.ts'
import { drillCrash } from './crash.ts'
import { drillDialogues } from './dialogues.ts'
import { drainEnv, drillDrain } from './drain.ts'
import { faultCases } from './fault-cases.ts'
import { drillFaults, faultsEnv } from './faults.ts'
import { drillFuzzHttp, fuzzHttpEnv } from './fuzz-http.ts'
import { drillFuzzMedia, fuzzMediaEnv } from './fuzz-media.ts'
import { drillFuzzRealtime, fuzzRealtimeEnv } from './fuzz-realtime.ts'
import { drillFuzzTools } from './fuzz-tools.ts'
import { drillHandshake } from './handshake.ts'
import { drillKills, type KillGround } from './kills.ts'
import { drillInterruptions } from './interruptions.ts'
import { drillLongCall, longCallEnv } from './long-call.ts'
import { drillSignatures, signaturesEnv } from './signatures.ts'
import { drillUpgradeFlood, upgradeFloodEnv } from './upgrade-flood.ts'
import { drillWebsocketLimits, limitCaseCount, websocketLimitsEnv } from './websocket-limits.ts'
import { drillSimulate, simulateEnv } from './simulate.ts'
import type { ToolGround } from './tool-ground.ts'
import { drillStrictVoice, drillVoice, strictVoiceEnv, voiceEnv } from './voice.ts'

type Settings = Readonly<Record<string, string>>

/** A drill, how much of it is a whole one, and the settings of the server that it needs. */
type Drill = {
  readonly fullCount: number
  readonly env: Settings
  /** The server is a process of its own: what the world costs does not slow it down, and it may be killed. */
  readonly apart?: true
  /** Time is virtual, and server and world are joined in memory. */
  readonly virtual?: true
  readonly run: (ground: DrillGround, options: DrillOptions) => Promise<DrillResult>
}

/** What is late in a drill is a machine that also plays the world: no call is refused for that. */
const drillEnv: Settings = { PORT: '0', MAX_LOOP_DELAY_MS: '60000' }

/** A drill of gates without calls around them. */
type ToolDrill = {
  readonly fullCount: number
  readonly onTools: (ground: ToolGround, options: DrillOptions) => Promise<DrillResult>
}

/** A drill of processes that are killed. */
type KillDrill = {
  readonly fullCount: number
  readonly onKills: (ground: KillGround, options: DrillOptions) => Promise<DrillResult>
}

const drills: Readonly<Record<string, Drill | ToolDrill | KillDrill>> = {
  signatures: { fullCount: 10_000, env: signaturesEnv, run: drillSignatures },
  interruptions: { fullCount: 500, env: {}, apart: true, run: drillInterruptions },
  faults: { fullCount: faultCases.length, env: faultsEnv, apart: true, run: drillFaults },
  'fuzz-media': { fullCount: 1_000_000, env: fuzzMediaEnv, apart: true, run: drillFuzzMedia },
  'fuzz-http': { fullCount: 100_000, env: fuzzHttpEnv, apart: true, run: drillFuzzHttp },
  'fuzz-realtime': {
    fullCount: 1_000_000,
    env: fuzzRealtimeEnv,
    virtual: true,
    run: drillFuzzRealtime,
  },
  acting: { fullCount: 100, env: actingEnv, apart: true, run: drillActing },
  consent: { fullCount: 1_000_000, onTools: drillConsent },
  dialogues: { fullCount: 100_000, onTools: drillDialogues },
  kills: { fullCount: 1_000, onKills: drillKills },
  'fuzz-tools': { fullCount: 100_000, onTools: drillFuzzTools },
  'websocket-limits': {
    fullCount: limitCaseCount,
    env: websocketLimitsEnv,
    apart: true,
    run: drillWebsocketLimits,
  },
  'upgrade-flood': { fullCount: 150_000, env: upgradeFloodEnv, apart: true, run: drillUpgradeFlood },
  handshake: { fullCount: 30, env: {}, run: drillHandshake },
  voice: { fullCount: 4, env: voiceEnv, run: drillVoice },
  'voice-strict': { fullCount: 4, env: strictVoiceEnv, run: drillStrictVoice },
  drain: { fullCount: 50, env: drainEnv, apart: true, run: (ground, options) => drillDrain(ground, options) },
  crash: { fullCount: 50, env: {}, apart: true, run: drillCrash },
  simulate: { fullCount: 10_000, env: simulateEnv, virtual: true, run: drillSimulate },
  'long-call': { fullCount: 180, env: longCallEnv, virtual: true, run: drillLongCall },
}

/** Which drills are run; all, in full and with seed 1, when nothing is said. */
export type DrillRequest = { readonly only?: string; readonly seed?: number; readonly count?: number }

/** What came out of a drill, as one object for programs. */
export type DrillReport = {
  readonly drill: string
  readonly seed: number
  readonly count: number
  readonly seconds: number
  readonly ok: boolean
} & Readonly<Record<string, DrillNumber | boolean>>

/** Starts a server in a world of its own, with these settings besides the invented ones. */
type StartGround = (options: {
  readonly env: Settings
  readonly seed: number
  readonly logTo: { write(line: string): void }
}) => Promise<DrillGround & AsyncDisposable>

/** The kinds of ground: server and world in one process, each in its own, or joined in memory on virtual time. */
export type Grounds = {
  readonly together: StartGround
  readonly apart: StartGround
  readonly virtual: StartGround
  /** Gates alone. */
  readonly tools: () => Promise<ToolGround & AsyncDisposable>
  /** Databases on which processes are killed. */
  readonly kills: KillGround
}

/**
 * Runs drills one after another, each against a server of its own. One that could not be run has missed its bars.
 * @throws DrillError when no drill has the name
 */
export async function* runDrills(
  { only, seed = 1, count }: DrillRequest,
  grounds: Grounds,
  clock: Clock = systemClock,
): AsyncGenerator<DrillReport> {
  const chosen = Object.entries(drills).filter(([name]) => only === undefined || name === only)
  if (chosen.length === 0) {
    throw new DrillError(`Cannot run drill ${only}: there are ${Object.keys(drills).join(', ')}`)
  }
  for (const [drill, how] of chosen) {
    const startedMs = clock.nowMs()
    const options = { seed, count: count ?? how.fullCount }
    const { numbers, missed } = await runOne(how, options, grounds)
    const seconds = Math.round((clock.nowMs() - startedMs) / 100) / 10
    yield { drill, ...options, seconds, ...numbers, ok: missed.length === 0, missed }
  }
}

async function runOne(
  how: Drill | ToolDrill | KillDrill,
  options: DrillOptions,
  grounds: Grounds,
): Promise<DrillResult> {
  if ('onKills' in how) return await how.onKills(grounds.kills, options).catch(notRun)
  if ('onTools' in how) {
    await using gates = await grounds.tools()
    return await how.onTools(gates, options).catch(notRun)
  }
  const { env, apart, virtual, run } = how
  const start = virtual ? grounds.virtual : apart ? grounds.apart : grounds.together
  const alarms = new AlarmList()
  await using ground = await start({ env: { ...drillEnv, ...env }, seed: options.seed, logTo: alarms })
  return await run({ ...ground, alarms }, options).catch(notRun)
}

function notRun(error: unknown): DrillResult {
  if (error instanceof DrillError) return { numbers: {}, missed: [error.message] }
  throw error
}
