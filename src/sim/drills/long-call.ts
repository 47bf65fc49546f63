import type { SessionRecord } from '../openai/session-record.ts'
import { readCallRecord } from './call-record.ts'
import {
  DrillError,
  type DrillGround,
  type DrillOptions,
  type DrillResult,
  missedBars,
  rounded,
  settingOf,
} from './drill.ts'
import { heapBytes } from './heap-bytes.ts'
import { LongCallWatch } from './long-call-watch.ts'
import { longScenario, SESSIONS, THINK_MS } from './long-call-scenario.ts'
import { toldOf } from './told-items.ts'

/** Settings of the server: a call may last three hours. µ-law, of which an hour is 29 MB and not 173. */
export const longCallEnv = { CALL_MAX_SECONDS: '10800', REALTIME_AUDIO: 'pcmu' }

const RECORD_MS = 4_000
const FRAME_MS = 20
/** What is too long a gap because of a change of session, whichever way. */
const MOST_GAP_MS = 700
/** Of the past so many items are told to a new session at most: turns, both halves of rounds, and a summary. */
const MOST_ITEMS = 24 + 2 * 24 + 1
/** What a call and its world may hold more later on than after their first third. */
const MOST_GROWTH_BYTES = 8_000_000

/**
 * One call that outlives the provider's sessions, on a virtual clock: caller and model talk at intervals, and every
 * third of the call the provider ends the session. Count: minutes of the call; 180 are three of its sixty minutes.
 */
export async function drillLongCall(ground: DrillGround, options: DrillOptions): Promise<DrillResult> {
  const { virtual } = ground
  if (!virtual) throw new DrillError('Cannot hold a long call: time is real here')
  return await virtual.time.until(longCall(ground, virtual, options))
}

async function longCall(
  ground: DrillGround,
  { clock, network }: NonNullable<DrillGround['virtual']>,
  { seed, count }: DrillOptions,
): Promise<DrillResult> {
  const { world } = ground
  const pass = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimer(ms, resolve))
  const callMs = count * 60_000
  using watch = new LongCallWatch(world)
  const ring = await world.ring(longScenario(seed, callMs), { seed })
  const heaps: number[] = []
  const weigh = (): void => {
    // What the world keeps of the caller's sound, a piece for each 20 ms, is nothing of the server's.
    for (const session of ring.sessions()) session.dropAudio()
    heaps.push(heapBytes())
  }
  for (let third = 1; third < SESSIONS; third++) {
    await pass(callMs / SESSIONS)
    weigh()
  }
  const { summary } = await ring.ended
  weigh()
  await pass(RECORD_MS)
  const record = readCallRecord(await ground.record(ring.call.sid))
  const url = `${settingOf(world, 'PUBLIC_URL')}/metrics`
  const { body } = await network.request({ url, method: 'GET', headers: {}, body: '' })
  const sessions = ring.sessions().toSorted((a, b) => a.openedAtMs - b.openedAtMs)
  return verdict({
    callMinutes: summary.durationMs / 60_000,
    ending: record?.call.ending ?? 'none',
    sessions,
    watch,
    heaps,
    greetings: greetings(record?.turns ?? []),
    toolRuns: [...body.matchAll(/^tool_calls_total\S* (\d+)$/gm)].reduce(
      (sum, [, runs]) => sum + Number(runs),
      0,
    ),
    saidMs: summary.streams.reduce((sum, stream) => sum + stream.saidFrames * FRAME_MS, 0),
    errors: [...summary.errors, ...sessions.flatMap(({ refused }) => refused.map(({ message }) => message))],
  })
}

type Facts = {
  readonly callMinutes: number
  readonly ending: string
  readonly sessions: readonly SessionRecord[]
  readonly watch: LongCallWatch
  readonly heaps: readonly number[]
  readonly greetings: number
  readonly toolRuns: number
  readonly saidMs: number
  readonly errors: readonly string[]
}

/** How often the first sentence of a call was said in it. */
function greetings(turns: readonly { readonly speaker: string; readonly text: string }[]): number {
  const agent = turns.filter(({ speaker }) => speaker === 'agent')
  return agent.filter(({ text }) => text === agent[0]?.text).length
}

function expired(sessions: readonly SessionRecord[]): number {
  return sessions.filter(({ end }) => end?.by === 'server').length
}

function verdict(facts: Facts): DrillResult {
  const { sessions, watch, heaps, toolRuns } = facts
  const told = sessions
    .slice(1)
    .map((session) => toldOf(session, watch.turnsBefore(session.firstAppendAtMs ?? 0)))
  const measured = {
    uplinkGapMs: rounded(watch.longestGapMs(), 0),
    waitMs: rounded(watch.longestWaitMs() - THINK_MS, 0),
    lostMs: rounded(
      Math.max(0, facts.saidMs - sessions.reduce((sum, { appendedMs }) => sum + appendedMs, 0)),
      0,
    ),
    growth: Math.max(...heaps) - (heaps[0] ?? 0),
  }
  const numbers = {
    callMinutes: rounded(facts.callMinutes, 1),
    ending: facts.ending,
    sessions: sessions.length,
    expired: expired(sessions),
    exchanges: watch.turnsBefore(Infinity),
    longestUplinkGapMs: measured.uplinkGapMs,
    longestWaitMs: measured.waitMs,
    lostMs: measured.lostMs,
    greetings: facts.greetings,
    tools: {
      asked: watch.asked(),
      run: toolRuns,
      answered: watch.answered(),
      answeredTwice: watch.answeredTwice(),
    },
    toldItems: told.map(({ items }) => items),
    heapMb: heaps.map((bytes) => rounded(bytes / 1e6, 1)),
    errors: facts.errors.slice(0, 10),
  }
  return { numbers, missed: missedBars([...changeBars(facts, measured), ...pastBars(facts, told)]) }
}

type Measured = {
  readonly uplinkGapMs: number
  readonly waitMs: number
  readonly lostMs: number
  readonly growth: number
}
type Bar = readonly [holds: boolean, sentence: string]

/** What a caller must not notice of a change of session. */
function changeBars({ sessions, errors }: Facts, { uplinkGapMs, waitMs, lostMs, growth }: Measured): Bar[] {
  return [
    [sessions.length >= SESSIONS, `${sessions.length} sessions were opened, less than ${SESSIONS}`],
    [expired(sessions) === 0, `${expired(sessions)} sessions were still in use when the provider ended them`],
    [uplinkGapMs <= MOST_GAP_MS, `for ${uplinkGapMs} ms the caller reached no session`],
    [waitMs <= MOST_GAP_MS, `the caller waited ${waitMs} ms longer than the model thought`],
    [lostMs <= MOST_GAP_MS, `${lostMs} ms of the caller reached no session`],
    [growth <= MOST_GROWTH_BYTES, `the heap grew by ${growth} bytes after the first third`],
    [errors.length === 0, `${errors.length} errors, the first: ${errors[0] ?? ''}`],
  ]
}

/** What a later session must know, and must not do again. */
function pastBars(
  { greetings: greeted, watch, toolRuns }: Facts,
  told: readonly ReturnType<typeof toldOf>[],
): Bar[] {
  const asked = watch.asked()
  return [
    [greeted === 1, `the caller was greeted ${greeted} times`],
    [asked > 0 && toolRuns === asked, `${asked} tools were asked for, and ${toolRuns} run`],
    [
      watch.answered() === asked && watch.answeredTwice() === 0,
      `${asked} tools were asked for, ${watch.answered()} answered`,
    ],
    [
      told.every(({ knowsFirst, knowsLast }) => knowsFirst && knowsLast),
      'a session was not told what had been said',
    ],
    [told.every(({ items }) => items <= MOST_ITEMS), `a session was told more than ${MOST_ITEMS} items`],
  ]
}
