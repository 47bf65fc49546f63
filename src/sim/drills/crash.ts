import { seededRandom } from '../caller/random.ts'
import { type Scenario, scenarioFrom } from '../scenario.ts'
import type { CallSummary } from '../twilio/call-summary.ts'
import type { Ring } from '../world.ts'
import { type CallRecord, isComplete, readCallRecord } from './call-record.ts'
import {
  DrillError,
  type DrillGround,
  type DrillOptions,
  type DrillResult,
  missedBars,
  percentile,
  rounded,
} from './drill.ts'
import { until } from './until.ts'

const FIRST_CALLER = 14_155_550_130
const CALLER_NUMBERS = 60
/** A proxy that holds requests while the server is started again: as long as Twilio waits for an answer. */
const HOLD_MS = 15_000
/** Once a server is there again, a caller hears something within this. */
const LONGEST_SILENCE_MS = 3_000
/** So much of the first reply has been heard when the process dies. */
const BEFORE_MS = 1_000
const FIRST_REPLY =
  'This answer is so long that nobody hears its end, because the server dies in the middle of it.'
const FIRST_WORDS = 'Is there a way to say this on one line?'
const LAST_WORDS = 'And after the break?'

/** What becomes of a call while there is no server. */
type Kind =
  /** It asks what to do now, and is answered by the next server. */
  | 'stays'
  /** The caller hangs up. */
  | 'leaves'
  /** It lives at Twilio, in another document, and never asks. */
  | 'elsewhere'

const KINDS: readonly Kind[] = [
  'stays',
  'leaves',
  'elsewhere',
  'stays',
  'stays',
  'stays',
  'stays',
  'stays',
  'stays',
  'stays',
]

type Caller = { readonly kind: Kind; readonly ring: Ring }

/**
 * Kills a server with live calls (SIGKILL), starts the next one on its data, and looks at what each caller hears and
 * what each record says. Count: calls.
 */
export async function drillCrash(ground: DrillGround, { seed, count }: DrillOptions): Promise<DrillResult> {
  const { world } = ground
  const { clock } = world
  if (!ground.server || !ground.restart)
    throw new DrillError('Cannot kill a server that is no process of its own')
  world.twilio.holdWebhooks(HOLD_MS)
  const callers: Caller[] = []
  for (let call = 0; call < count; call++) {
    const kind = KINDS[call % KINDS.length] ?? 'stays'
    callers.push({ kind, ring: await world.ring(scenarioOf(seed + call, call)) })
  }
  const replying = ({ ring }: Caller): boolean => hearsReply(ring)
  await until(clock, { what: 'all callers hear a reply', withinMs: 40_000 }, () => callers.every(replying))

  const killedMs = clock.nowMs()
  ground.server().kill('SIGKILL')
  for (const caller of callers) meanwhile(caller)
  const next = await ground.restart()
  const restartedMs = clock.nowMs()
  const summaries = await Promise.all(callers.map(async ({ ring }) => (await ring.ended).summary))
  const outcomes = await Promise.all(
    callers.map(async ({ kind, ring }, index): Promise<Outcome> => {
      const record = readCallRecord(await ground.record(ring.call.sid))
      return { kind, ring, record, summary: summaries[index] }
    }),
  )
  return resultOf(outcomes, { log: next.log(), killedMs, restartedMs })
}

function scenarioOf(seed: number, call: number): Scenario {
  const random = seededRandom(seed)
  const speak = { do: 'noise', ms: 400, dbfs: -20 } as const
  return scenarioFrom({
    name: 'drill-crash',
    about: 'A caller who is on the line when the server dies.',
    seed,
    call: { from: `+${FIRST_CALLER + (call % CALLER_NUMBERS)}` },
    caller: {
      steps: [
        { do: 'waitForReply', ms: 500 },
        { do: 'waitForQuiet', ms: 600 },
        speak,
        { do: 'waitForReply', ms: 500 },
        { do: 'waitForQuiet', ms: 800, withinMs: 120_000 },
        { do: 'waitForReply', ms: 500, withinMs: 60_000 },
        { do: 'waitForQuiet', ms: 600 },
        { do: 'pause', ms: random.whole(300) },
        speak,
        { do: 'waitForReply', ms: 500 },
        { do: 'waitForQuiet', ms: 600 },
        { do: 'hangUp' },
      ],
    },
    model: {
      hears: [FIRST_WORDS, LAST_WORDS],
      replies: [
        { say: FIRST_REPLY, audioMs: 90_000 },
        { say: 'Excuse the break. What were you saying?', audioMs: 1_500 },
        { say: 'It goes on as if nothing had happened.', audioMs: 1_500 },
      ],
    },
  })
}

/** The reply is the second stretch of sound, after the fixed sentences. */
function hearsReply(ring: Ring): boolean {
  const [, reply] = ring.call.stream()?.summary().runs ?? []
  return reply !== undefined && reply.bytes / 8 >= BEFORE_MS
}

function meanwhile({ kind, ring }: Caller): void {
  switch (kind) {
    case 'stays':
      return
    case 'leaves':
      return ring.call.hangUp()
    case 'elsewhere':
      return ring.call.run({ kind: 'inline', twiml: '<Response><Pause length="60"/></Response>' })
  }
}

type Outcome = {
  readonly kind: Kind
  readonly ring: Ring
  readonly record: CallRecord | undefined
  readonly summary: CallSummary | undefined
}

function resultOf(
  outcomes: readonly Outcome[],
  seen: { readonly log: string; readonly killedMs: number; readonly restartedMs: number },
): DrillResult {
  const of = (kind: Kind): readonly Outcome[] => outcomes.filter((one) => one.kind === kind)
  const [stays, leaves, elsewhere] = [of('stays'), of('leaves'), of('elsewhere')]
  const silencesMs = stays.map((one) => firstSoundMs(one) - seen.killedMs)
  const downMs = seen.restartedMs - seen.killedMs
  const numbers = {
    downMs: Math.round(downMs),
    stayed: stays.length,
    resumed: stays.filter(wentOn).length,
    modelKnewTheBeginning: stays.filter(wasTold).length,
    greetedTwice: outcomes.filter(isGreetedTwice).length,
    silenceMs: {
      p50: rounded(percentile(silencesMs, 0.5), 0),
      max: rounded(Math.max(...silencesMs), 0),
    },
    left: leaves.length,
    leftClosed: leaves.filter(({ record }) => record?.call.ending === 'processDied').length,
    elsewhere: elsewhere.length,
    hungUp: elsewhere.filter(wasHungUp).length,
    completeRecords: outcomes.filter(({ record }) => record !== undefined && isComplete(record)).length,
    logged: {
      orphanResumed: linesOf(seen.log, 'orphanResumed'),
      orphanClosed: linesOf(seen.log, 'orphanClosed'),
      orphanHungUp: linesOf(seen.log, 'orphanHungUp'),
    },
  }
  const { logged } = numbers
  const all = outcomes.length
  return {
    numbers,
    missed: missedBars([
      [numbers.resumed === stays.length, `${numbers.resumed} of ${stays.length} calls went on`],
      [
        numbers.modelKnewTheBeginning === stays.length,
        `${numbers.modelKnewTheBeginning} of ${stays.length} models were told what had been said`,
      ],
      [numbers.greetedTwice === 0, `${numbers.greetedTwice} callers were greeted twice`],
      [
        Math.max(...silencesMs) - downMs <= LONGEST_SILENCE_MS,
        `${numbers.silenceMs.max} ms of silence, of which no server was there for ${numbers.downMs}`,
      ],
      [
        numbers.leftClosed === leaves.length,
        `${numbers.leftClosed} of ${leaves.length} that were gone are closed`,
      ],
      [numbers.hungUp === elsewhere.length, `${numbers.hungUp} of ${elsewhere.length} were hung up`],
      [numbers.completeRecords === all, `${numbers.completeRecords} of ${all} records are complete`],
      [
        logged.orphanResumed === stays.length &&
          logged.orphanClosed === leaves.length &&
          logged.orphanHungUp === elsewhere.length,
        `the log tells of ${JSON.stringify(logged)}`,
      ],
    ]),
  }
}

/** One call, two streams, and an end that the caller chose. */
function wentOn({ record, summary }: Outcome): boolean {
  return (
    summary?.endedBy === 'caller' &&
    summary.errors.length === 0 &&
    summary.streams.length === 2 &&
    record?.call.ending === 'callerHungUp' &&
    record.streams.length === 2 &&
    record.streams[0]?.endReason === 'processDied' &&
    record.turns.some(({ text }) => text === LAST_WORDS)
  )
}

/** The session of the next process was given the words of a turn that only the first one had heard. */
function wasTold({ ring }: Outcome): boolean {
  const [, second] = ring.sessions()
  return second?.received.some(({ event }) => JSON.stringify(event).includes(FIRST_WORDS)) ?? false
}

function isGreetedTwice({ record }: Outcome): boolean {
  const fixed = record?.turns.filter(({ source }) => source === 'fixed') ?? []
  return new Set(fixed.map(({ text }) => text)).size < fixed.length
}

function firstSoundMs({ summary }: Outcome): number {
  return summary?.streams[1]?.runs[0]?.atMs ?? Infinity
}

function wasHungUp({ record, summary }: Outcome): boolean {
  return summary?.endedBy === 'rest' && record?.call.ending === 'processDied'
}

function linesOf(log: string, kind: string): number {
  return log.split(`"kind":"${kind}"`).length - 1
}
