import type { Clock } from '../lib/clock.ts'
import { probe } from '../lib/http-probe.ts'
import type { Finding } from '../ports/check.ts'

/** Whose `Date` header the system time is compared with. The URL needs no key: any answer will do. */
export type TimeServer = { readonly name: string; readonly url: string }

/** By how much the system time may be ahead of a server's, in milliseconds; negative is behind. */
export type ClockReading = {
  readonly name: string
  readonly earliestAheadMs: number
  readonly latestAheadMs: number
}

const MAX_OFF_MS = 5_000
/** A header has whole seconds: the moment it names lies anywhere in the second after it. */
const HEADER_STEP_MS = 1_000
const READINGS = 10_000
const TIMER_MS = 50
/** Node's timers count whole milliseconds, so that one may fire just before its time. */
const EARLY_MS = 2

/** Whether time goes forward here, and whether it is the time of day that others have. */
export async function checkClock(options: {
  readonly clock: Clock
  readonly servers: readonly TimeServer[]
  readonly deadlineMs: number
}): Promise<readonly Finding[]> {
  const { clock, servers, deadlineMs } = options
  const [isSteady, ...readings] = await Promise.all([
    runsSteadily(clock),
    ...servers.map((server) => readingOf(server, { clock, deadlineMs })),
  ])
  if (!isSteady) {
    return [
      {
        kind: 'broken',
        says: 'the monotonic clock stands still or steps back: no deadline of a call can be kept',
        fix: {
          name: 'mendTimer',
          does: 'Give the machine another clock source (/sys/devices/system/clocksource) and restart it',
        },
      },
    ]
  }
  if (servers.length === 0) {
    return [
      { kind: 'fine', says: 'runs steadily; the time of day is not compared without an account anywhere' },
    ]
  }
  return [judgeClock(readings.filter((reading) => reading !== undefined))]
}

/** A clock is wrong when every server that answered says so: a single odd header proves nothing. */
export function judgeClock(readings: readonly ClockReading[]): Finding {
  const names = readings.map(({ name }) => name).join(' and ')
  if (readings.length === 0) {
    return { kind: 'skipped', says: 'runs steadily; nobody answered whose time it could be compared with' }
  }
  const aheadMs = Math.min(...readings.map((reading) => reading.earliestAheadMs))
  const behindMs = Math.min(...readings.map((reading) => -reading.latestAheadMs))
  const offMs = Math.max(aheadMs, behindMs)
  if (offMs <= MAX_OFF_MS) return { kind: 'fine', says: `runs steadily and agrees with ${names}` }
  const seconds = Math.round(offMs / 1_000)
  return {
    kind: 'broken',
    says: `the system time is ${seconds} s ${aheadMs > behindMs ? 'ahead of' : 'behind'} ${names}: certificates, logs and shutdown dates go by it`,
    fix: {
      name: 'setClock',
      does: 'Set the clock and keep it set: timedatectl set-ntp true, on the host where this is a container',
    },
  }
}

async function runsSteadily(clock: Clock): Promise<boolean> {
  let lastMs = clock.nowMs()
  for (let reading = 0; reading < READINGS; reading += 1) {
    const nowMs = clock.nowMs()
    if (!(nowMs >= lastMs)) return false
    lastMs = nowMs
  }
  await new Promise<void>((resolve) => {
    clock.setTimer(TIMER_MS, resolve)
  })
  return clock.nowMs() - lastMs >= TIMER_MS - EARLY_MS
}

async function readingOf(
  { name, url }: TimeServer,
  { clock, deadlineMs }: { readonly clock: Clock; readonly deadlineMs: number },
): Promise<ClockReading | undefined> {
  const sentMs = clock.wallMs()
  const answer = await probe({ url, method: 'HEAD', clock, deadlineMs })
  const receivedMs = clock.wallMs()
  const dateMs = answer.kind === 'answer' ? Date.parse(answer.headers.date ?? '') : Number.NaN
  if (Number.isNaN(dateMs)) return undefined
  return {
    name,
    earliestAheadMs: sentMs - (dateMs + HEADER_STEP_MS),
    latestAheadMs: receivedMs - dateMs,
  }
}
