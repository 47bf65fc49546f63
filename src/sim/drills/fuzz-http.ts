import { type Clock, systemClock } from '../../lib/clock.ts'
import { seededRandom } from '../caller/random.ts'
import { oddCallers } from './carried-texts.ts'
import { type DrillGround, type DrillOptions, type DrillResult, inLanes, missedBars } from './drill.ts'
import { fuzzedGet, fuzzedMetrics } from './fuzzed-gets.ts'
import { addTo, fuzzBeside, sortedCounts } from './fuzz-run.ts'
import { type FuzzedRequest, fuzzedWebhook, type RequestMaking } from './fuzzed-requests.ts'
import { brokenWire, SLOW_DEADLINE_MS, slowWire } from './fuzzed-wire.ts'
import { accountOf, type HonestCaller, hangUpHonestly } from './honest-calls.ts'
import { exchange, type WireAnswer } from './http-wire.ts'
import { encodeFields, signedVoiceRequest } from './mutated-requests.ts'
import { collectableEnv } from './server-memory.ts'
import { strangerAt } from './stranger.ts'

/** Settings of the server under this drill. */
export const fuzzHttpEnv = {
  ...collectableEnv,
  MAX_CALLS_PER_CALLER: '100',
  WEBHOOK_BODY_DEADLINE_MS: String(SLOW_DEADLINE_MS),
}

const FUZZ_CALLER = '+14155550198'
const LANES = 24

type Scene = {
  readonly caller: HonestCaller
  readonly server: { readonly host: string; readonly port: number; readonly clock: Clock }
  readonly making: RequestMaking
  rings: number
  readonly kinds: Map<string, number>
  readonly answers: Map<string, number>
  readonly surprises: Map<string, number>
}

/**
 * Sends to every route, signed and not, whatever could come of a request gone wrong: in its fields, in its form, in the
 * rules of HTTP, and in its pace. Every answer must be one that its kind of request may have. Count: requests.
 */
export async function drillFuzzHttp(
  ground: DrillGround,
  options: DrillOptions,
  clock: Clock = systemClock,
): Promise<DrillResult> {
  const account = accountOf(ground.world, FUZZ_CALLER)
  await using stranger = strangerAt(account.publicUrl, clock)
  const { hostname, port, host } = new URL(account.publicUrl)
  const random = seededRandom(options.seed)
  const caller = { account, stranger, random: seededRandom(~options.seed) }
  const scene: Scene = {
    caller,
    server: { host: hostname, port: Number(port), clock },
    making: { account, random, host },
    rings: 0,
    kinds: new Map(),
    answers: new Map(),
    surprises: new Map(),
  }
  // The world knows these callers from now on, so that their sessions take no script meant for another.
  for (const from of [FUZZ_CALLER, ...oddCallers]) await introduce(scene, from)
  const { metrics, sessions, numbers, bars } = await fuzzBeside({
    ground,
    options,
    clock,
    work: async (count) => {
      const left = { requests: count }
      await inLanes(LANES, Array.from({ length: LANES }), () => sendAll(scene, left))
    },
  })
  const beyond = Math.max(0, sessions - scene.rings)
  const serverErrors = [...scene.answers.keys()].filter((status) => status.startsWith('5'))
  const surprises = [...scene.surprises].map(([what, times]) => `${what} (${times})`)
  return {
    numbers: {
      requests: [...scene.kinds.values()].reduce((sum, times) => sum + times, 0),
      kinds: sortedCounts(scene.kinds),
      answers: sortedCounts(scene.answers),
      surprises: sortedCounts(scene.surprises),
      callsRung: scene.rings,
      sessionsBeyondCalls: beyond,
      refused: metrics.sum('refusals_total'),
      ...numbers,
    },
    missed: missedBars([
      ...bars,
      [serverErrors.length === 0, `answered with ${serverErrors.join(', ')}`],
      [surprises.length === 0, `answered otherwise: ${surprises.join(', ')}`],
      [beyond === 0, `${beyond} sessions beyond the calls`],
    ]),
  }
}

/** Rings once, if the caller may, and hangs up. */
async function introduce(scene: Scene, from: string): Promise<void> {
  const { account, random } = scene.making
  const { fields, callSid, ...request } = signedVoiceRequest({ ...account, from }, random)
  const answer = await scene.caller.stranger.post({ ...request, body: encodeFields(fields) })
  if (!answer.body.includes('<Stream')) return
  scene.rings++
  await hangUpHonestly(scene.caller, callSid)
}

async function sendAll(scene: Scene, left: { requests: number }): Promise<void> {
  while (left.requests > 0) {
    left.requests--
    const request = nextRequest(scene.making)
    addTo(scene.kinds, request.kind)
    const answer = await exchange(scene.server, request.wire)
    note(scene, request, answer)
    if (request.rings === undefined || !answer.body.includes('<Stream')) continue
    scene.rings++
    await hangUpHonestly(scene.caller, request.rings)
  }
}

/** Mostly webhooks; slow ones are rare, for each takes a second. */
function nextRequest(making: RequestMaking): FuzzedRequest {
  const kind = making.random.whole(1_000)
  if (kind < 600) return fuzzedWebhook(making)
  if (kind < 800) return fuzzedGet(making)
  if (kind < 980) return brokenWire(making)
  return kind < 994 ? fuzzedMetrics(making) : slowWire(making)
}

function note(scene: Scene, request: FuzzedRequest, { statuses, ended, tookMs }: WireAnswer): void {
  const { kind, mayBeCutOff = false } = request
  // On a busy machine also a prompt request may come too slowly.
  const allowed = tookMs < SLOW_DEADLINE_MS ? request.allowed : [...request.allowed, 408]
  for (const status of statuses) {
    addTo(scene.answers, String(status))
    if (!allowed.includes(status)) addTo(scene.surprises, `${kind}: ${status}`)
  }
  if (ended === 'late') addTo(scene.surprises, `${kind}: left open`)
  if (statuses.length > 0 || ended === 'late') return
  addTo(scene.answers, 'none')
  if (!mayBeCutOff) addTo(scene.surprises, `${kind}: cut off`)
}
