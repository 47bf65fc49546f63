import type { Clock } from '../../lib/clock.ts'
import { seededRandom } from '../caller/random.ts'
import type { ServerProcess } from '../server-process.ts'
import { type Scenario, scenarioFrom, type ScenarioInput, withPin } from '../scenario.ts'
import type { CallSummary } from '../twilio/call-summary.ts'
import type { Ring } from '../world.ts'
import { type CallRecord, isComplete, readCallRecord } from './call-record.ts'
import { DrillError, type DrillGround, type DrillOptions, type DrillResult, missedBars } from './drill.ts'
import { pass, until } from './until.ts'

/** The time that the server under drill has, in full. */
const DRAIN_SECONDS = 30

/** Settings of the server. */
export const drainEnv = { DRAIN_SECONDS: `${DRAIN_SECONDS}` }

const FIRST_CALLER = 14_155_550_130
const CALLER_NUMBERS = 60
/** Callers that ring after the signal, and are told that all lines are busy. */
const LATE_CALLERS = 3
const GOODBYE = /goodbye/i
/** What a process may take to notice a signal on a busy machine. */
const NOTICED_MS = 1_000

/** What a caller does, and what they must find. */
type Kind =
  /** Stays until told goodbye. */
  | 'stays'
  /** Hangs up while there is time for it. */
  | 'leaves'
  /** The media socket breaks after the signal: the call goes on, on another one. */
  | 'breaks'
  /** Twilio never answers the order to hang this one up. */
  | 'deaf'

const KINDS: readonly Kind[] = [
  'stays',
  'leaves',
  'breaks',
  'deaf',
  'stays',
  'leaves',
  'stays',
  'leaves',
  'stays',
  'leaves',
]

type Caller = { readonly kind: Kind; readonly ring: Ring }

/**
 * Tells a server with live calls to end (SIGTERM), and looks at what each caller hears and what each record says.
 * Count: calls.
 * @param given.drainSeconds DRAIN_SECONDS of the server
 */
export async function drillDrain(
  ground: DrillGround,
  { seed, count }: DrillOptions,
  given: { readonly drainSeconds: number } = { drainSeconds: DRAIN_SECONDS },
): Promise<DrillResult> {
  const { world } = ground
  const { clock } = world
  const server = ground.server?.()
  if (!server) throw new DrillError('Cannot drain a server that is no process of its own')
  const callers: Caller[] = []
  for (let call = 0; call < count; call++) {
    const kind = KINDS[call % KINDS.length] ?? 'stays'
    callers.push({ kind, ring: await world.ring(scenarioOf(kind, { seed: seed + call, from: call })) })
  }
  await until(clock, { what: 'all callers hear something', withinMs: 20_000 }, () =>
    callers.every(({ ring }) => hearsSomething(ring)),
  )

  const signalledMs = clock.nowMs()
  const ended = endOf(server, clock)
  server.kill('SIGTERM')
  const notReadyMs = await untilNotReady(server, clock)
  const [late] = await Promise.all([
    ringLate(ground, { seed: seed + count, from: count }),
    ...callers.map((caller, index) => act(caller, { clock, seed: seed + index, ...given })),
  ])
  const summaries = await Promise.all(callers.map(async ({ ring }) => (await ring.ended).summary))
  const { exit, atMs } = await ended
  const outcomes = await Promise.all(
    callers.map(async ({ kind, ring }, index) => {
      const record = readCallRecord(await ground.record(ring.call.sid))
      return { kind, record, summary: summaries[index] }
    }),
  )
  return resultOf(outcomes, { late, exit, notReadyMs, drainedMs: atMs - signalledMs, ...given })
}

function scenarioOf(kind: Kind | 'late', { seed, from }: { seed: number; from: number }): Scenario {
  const input: ScenarioInput = {
    name: 'drill-drain',
    about: 'A caller who is on the line when the server is told to end.',
    seed,
    call: { from: `+${FIRST_CALLER + (from % CALLER_NUMBERS)}` },
    caller: { steps: [{ do: 'waitForEnd', withinMs: 120_000 }] },
    model: { hears: [], replies: [] },
  }
  return scenarioFrom(kind === 'deaf' ? { ...input, rest: [{ request: 'hangUp', answer: 'none' }] } : input)
}

function hearsSomething(ring: Ring): boolean {
  return (ring.call.stream()?.summary().playedBytes ?? 0) > 0
}

async function endOf(
  server: ServerProcess,
  clock: Clock,
): Promise<{ readonly exit: number | NodeJS.Signals; readonly atMs: number }> {
  return { exit: await server.exited, atMs: clock.nowMs() }
}

/** How long the server went on saying that it would take a call. */
async function untilNotReady(server: ServerProcess, clock: Clock): Promise<number> {
  const startMs = clock.nowMs()
  await until(clock, { what: 'the server says that it takes no calls', withinMs: 5_000 }, async () => {
    const response = await fetch(`${server.origin}/readyz`)
    await response.body?.cancel()
    return response.status === 503
  })
  return clock.nowMs() - startMs
}

/** Rings after the signal; no model session comes of it, so nobody waits for one. */
async function ringLate(
  { world }: DrillGround,
  { seed, from }: { readonly seed: number; readonly from: number },
): Promise<readonly CallSummary[]> {
  const scenarios = Array.from({ length: LATE_CALLERS }, (_, index) =>
    scenarioOf('late', { seed: seed + index, from: from + index }),
  )
  const rings = scenarios.map((scenario) =>
    world.twilio.placeCall({
      from: scenario.call.from ?? '',
      to: world.env['TWILIO_PHONE_NUMBER'] ?? '',
      script: withPin(scenario, undefined),
    }),
  )
  return Promise.all(rings.map((call) => call.ended))
}

/** What a caller does after the signal, at a moment of their own. */
async function act(
  { kind, ring }: Caller,
  given: { readonly clock: Clock; readonly seed: number; readonly drainSeconds: number },
): Promise<void> {
  // Within the first third: nobody has been told goodbye by then.
  const momentMs = seededRandom(given.seed).next() * given.drainSeconds * 333
  switch (kind) {
    case 'stays':
    case 'deaf':
      return
    case 'leaves':
      await pass(given.clock, momentMs)
      return ring.call.hangUp()
    case 'breaks':
      await pass(given.clock, momentMs)
      return ring.call.stream()?.vanish()
  }
}

type Outcome = {
  readonly kind: Kind
  readonly record: CallRecord | undefined
  readonly summary: CallSummary | undefined
}

function resultOf(
  outcomes: readonly Outcome[],
  seen: {
    readonly late: readonly CallSummary[]
    readonly exit: number | NodeJS.Signals
    readonly notReadyMs: number
    readonly drainedMs: number
    readonly drainSeconds: number
  },
): DrillResult {
  const { late, exit, notReadyMs, drainedMs, drainSeconds } = seen
  const busy = late.filter(({ heardSay, errors }) => heardSay[0]?.kind === 'say' && errors.length === 0)
  const count = (holds: (outcome: Outcome) => boolean): number => outcomes.filter(holds).length
  const numbers = {
    told: count(isTold),
    heardGoodbye: count((outcome) => isTold(outcome) && heardGoodbye(outcome)),
    left: count(({ kind }) => kind === 'leaves'),
    leftUndisturbed: count((outcome) => outcome.kind === 'leaves' && isUndisturbed(outcome)),
    broke: count(({ kind }) => kind === 'breaks'),
    wentOnAfterBreak: count(({ kind, summary }) => kind === 'breaks' && summary?.streams.length === 2),
    deaf: count(({ kind }) => kind === 'deaf'),
    endedWithoutRest: count(({ kind, summary }) => kind === 'deaf' && summary?.endedBy === 'twiml'),
    lateCallers: late.length,
    lateHeardBusy: busy.length,
    completeRecords: count(({ record }) => record !== undefined && isComplete(record)),
    endings: tally(outcomes.map(({ record }) => record?.call.ending ?? 'none')),
    callErrors: outcomes.reduce((sum, { summary }) => sum + (summary?.errors.length ?? 1), 0),
    exit,
    notReadyMs: Math.round(notReadyMs),
    drainedSeconds: Math.round(drainedMs) / 1_000,
  }
  const all = outcomes.length
  return {
    numbers,
    missed: missedBars([
      [numbers.heardGoodbye === numbers.told, `${numbers.heardGoodbye} of ${numbers.told} heard goodbye`],
      [
        numbers.leftUndisturbed === numbers.left,
        `${numbers.leftUndisturbed} of ${numbers.left} left in peace`,
      ],
      [
        numbers.wentOnAfterBreak === numbers.broke,
        `${numbers.wentOnAfterBreak} of ${numbers.broke} broken streams were replaced`,
      ],
      [
        numbers.endedWithoutRest === numbers.deaf,
        `${numbers.endedWithoutRest} of ${numbers.deaf} ended without REST`,
      ],
      [busy.length === late.length, `${busy.length} of ${late.length} late callers heard a sentence`],
      [numbers.completeRecords === all, `${numbers.completeRecords} of ${all} records are complete`],
      [numbers.callErrors === 0, `${numbers.callErrors} calls went wrong`],
      [exit === 0, `exit ${exit}`],
      [notReadyMs <= NOTICED_MS, `ready for ${numbers.notReadyMs} ms after the signal`],
      [drainedMs <= drainSeconds * 1_000, `gone after ${numbers.drainedSeconds} of ${drainSeconds} seconds`],
    ]),
  }
}

/** All others hear a goodbye. */
function isTold({ kind }: Outcome): boolean {
  return kind !== 'leaves'
}

/** The goodbye was played to its end, and the record says so. */
function heardGoodbye({ record }: Outcome): boolean {
  const last = record?.turns.at(-1)
  return (
    record?.call.ending === 'shutdown' &&
    last?.source === 'fixed' &&
    GOODBYE.test(last.text) &&
    !last.interrupted
  )
}

/** They hung up by themselves, and had not been told to. */
function isUndisturbed({ record, summary }: Outcome): boolean {
  const told = record?.turns.some(({ text }) => GOODBYE.test(text)) ?? true
  return summary?.endedBy === 'caller' && record?.call.ending === 'callerHungUp' && !told
}

function tally(words: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...new Set(words)].toSorted().map((word) => [word, words.filter((one) => one === word).length]),
  )
}
