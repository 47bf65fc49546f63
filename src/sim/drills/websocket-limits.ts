import { type Clock, systemClock } from '../../lib/clock.ts'
import { seededRandom } from '../caller/random.ts'
import {
  type DrillGround,
  type DrillOptions,
  type DrillResult,
  inLanes,
  missedBars,
  rounded,
} from './drill.ts'
import { fuzzBeside } from './fuzz-run.ts'
import { accountOf, hangUpHonestly, ringHonestly } from './honest-calls.ts'
import type { LimitCase, LimitFinding, LimitScene } from './limit-case.ts'
import { mediaLimitCases } from './media-limit-cases.ts'
import { modelLimitCases } from './model-limit-cases.ts'
import { slowListenerCase } from './slow-listener.ts'
import { collectableEnv } from './server-memory.ts'
import { strangerAt } from './stranger.ts'

/** Every case there is, the two sides by turns, so that few of them are of both. */
const limitCases: readonly LimitCase[] = [
  ...mediaLimitCases.flatMap((media, index) => [media, ...modelLimitCases.slice(index, index + 1)]),
  slowListenerCase,
]

/** How many cases a whole drill has. */
export const limitCaseCount = limitCases.length

/** Settings of the server under this drill. */
export const websocketLimitsEnv = { ...collectableEnv, MAX_CALLS_PER_CALLER: '100' }

const MEDIA_CALLER = '+14155550198'
const LANES = 6

/**
 * Breaks one rule of websockets after another, as a telephone network and as a provider might, and looks at what became
 * of the socket, of its call, and of all others. Count: cases.
 */
export async function drillWebsocketLimits(
  ground: DrillGround,
  options: DrillOptions,
  clock: Clock = systemClock,
): Promise<DrillResult> {
  const account = accountOf(ground.world, MEDIA_CALLER)
  await using stranger = strangerAt(account.publicUrl, clock)
  const caller = { account, stranger, random: seededRandom(options.seed) }
  const scene: LimitScene = { ground, world: ground.world, clock, seed: options.seed, caller }
  // The world knows this caller from now on, so that their sessions take no script meant for another.
  await hangUpHonestly(caller, (await ringHonestly(caller)).callSid)
  const waiting = limitCases.slice(0, options.count).entries()
  const found: { readonly limit: LimitCase; readonly finding: LimitFinding }[] = []
  const { numbers, bars } = await fuzzBeside({
    ground,
    options,
    clock,
    isFull: options.count >= limitCaseCount,
    mayLog: ['eventRefused', 'sessionReceiverFailed'],
    work: async (count) => {
      const part = waiting.take(count).toArray()
      await inLanes(LANES, part, async ([number, limit]) => {
        found.push({ limit, finding: await limit.run(scene, number) })
      })
    },
  })
  const cases = found.map(({ limit, finding }) => {
    const { saw, tookMs, troubles } = finding
    const at = tookMs === undefined ? {} : { tookMs: rounded(tookMs, 0) }
    return {
      case: `${limit.side} ${limit.name}`,
      must: limit.must,
      saw,
      ...at,
      ok: troubles.length === 0 ? 1 : 0,
    }
  })
  const troubles = found.flatMap(({ limit, finding }) =>
    finding.troubles.map((trouble) => `${limit.side} ${limit.name}: ${trouble}`),
  )
  return {
    numbers: { cases, ...numbers },
    missed: missedBars([...bars, [troubles.length === 0, troubles.join('; ')]]),
  }
}
