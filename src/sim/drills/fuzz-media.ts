import { type Clock, systemClock } from '../../lib/clock.ts'
import { seededRandom } from '../caller/random.ts'
import { type DrillGround, type DrillOptions, type DrillResult, inLanes, missedBars } from './drill.ts'
import { fuzzBeside, sortedCounts } from './fuzz-run.ts'
import { accountOf } from './honest-calls.ts'
import { MediaFuzzer } from './media-fuzzer.ts'
import { collectableEnv } from './server-memory.ts'
import { strangerAt } from './stranger.ts'

/** Settings of the server under this drill. */
export const fuzzMediaEnv = {
  ...collectableEnv,
  MAX_CALLS_PER_CALLER: '100',
  STREAM_START_DEADLINE_MS: '2000',
}

const FUZZ_CALLER = '+14155550198'
const LANES = 6

/**
 * Sends over correctly opened media sockets of calls that were taken whatever could come of messages gone wrong, in
 * right and wrong order, and holds every close code and every counted fault against an oracle. Count: messages.
 */
export async function drillFuzzMedia(
  ground: DrillGround,
  options: DrillOptions,
  clock: Clock = systemClock,
): Promise<DrillResult> {
  const { seed } = options
  const account = accountOf(ground.world, FUZZ_CALLER)
  await using stranger = strangerAt(account.publicUrl, clock)
  const caller = { account, stranger, random: seededRandom(~seed) }
  const fuzzer = new MediaFuzzer({ caller, clock, seed })
  // The world knows this caller from now on, so that their sessions take no script meant for another.
  await fuzzer.introduce()
  let until = 0
  const { metrics, healthy, sessions, numbers, bars } = await fuzzBeside({
    ground,
    options,
    clock,
    work: async (count) => {
      until += count
      await inLanes(LANES, Array.from({ length: LANES }), () => fuzzer.fuzz(until))
    },
  })
  const counted = metrics.by('protocol_faults_total', 'kind', { leg: 'twilio' })
  const kinds = [...new Set([...counted.keys(), ...fuzzer.faults.keys()])]
  const miscounted = kinds
    .map((kind) => ({ kind, is: counted.get(kind) ?? 0, mustBe: fuzzer.faults.get(kind) ?? 0 }))
    .filter(({ is, mustBe }) => is !== mustBe)
    .map(({ kind, is, mustBe }) => `${is} ${kind} and not ${mustBe}`)
  const media = metrics.sum('media_frames_in_total') - healthy.sentFrames
  const surprises = [...fuzzer.surprises.keys()]
  const beyond = Math.max(0, sessions - fuzzer.calls)
  return {
    numbers: {
      calls: fuzzer.calls,
      sockets: fuzzer.sockets,
      messages: fuzzer.messages,
      written: sortedCounts(fuzzer.written),
      ends: sortedCounts(fuzzer.ends),
      faults: sortedCounts(fuzzer.faults),
      surprises: sortedCounts(fuzzer.surprises),
      sessionsBeyondCalls: beyond,
      ...numbers,
    },
    missed: missedBars([
      ...bars,
      [surprises.length === 0, `sockets ended otherwise: ${surprises.join(', ')}`],
      [miscounted.length === 0, `faults were counted otherwise: ${miscounted.join(', ')}`],
      [media === fuzzer.media, `${media} media messages taken and not ${fuzzer.media}`],
      [beyond === 0, `${beyond} sessions beyond the calls`],
    ]),
  }
}
