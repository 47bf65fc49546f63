import { type Clock, systemClock } from '../../lib/clock.ts'
import { seededRandom } from '../caller/random.ts'
import { waitMs } from '../twilio/wait.ts'
import type { World } from '../world.ts'
import { type DrillGround, type DrillOptions, type DrillResult, inLanes, missedBars } from './drill.ts'
import { accountOf, type HonestCaller, hangUpHonestly, ringHonestly } from './honest-calls.ts'
import { type MutatedRequest, mutatedRequests } from './mutated-requests.ts'
import { mutatedUpgrades, signedUpgrade } from './mutated-upgrades.ts'
import { type Stranger, strangerAt } from './stranger.ts'

/** How long a nonce of the server under this drill lives. */
const NONCE_TTL_MS = 4_000

/** Settings of the server under this drill. */
export const signaturesEnv = { NONCE_TTL_MS: String(NONCE_TTL_MS) }

/** Of five requests one asks for a media socket. */
const UPGRADE_SHARE = 0.2
/** Attempts on one nonce, at most, so that it is still alive when its own upgrade comes last. */
const MOST_ATTEMPTS_A_NONCE = 60
const LANES = 8
const FORGED_CALLER = '+14155550190'
const HONEST_CALLER = '+14155550191'

type Scene = HonestCaller & {
  /** How often each status answered what had to be refused. */
  readonly answers: Map<number, number>
  /** Those that were not refused, by what had been done to them. */
  readonly accepted: string[]
  /** Honest upgrades that were refused after the attempts on their nonce: one of those had used it up. */
  burntNonces: number
}

/**
 * Sends webhooks and upgrades that Twilio could not have sent: forged, changed, replayed, expired. Honest calls stand
 * between them and show that it is the change that is refused. Count: requests that must be refused.
 */
export async function drillSignatures(
  ground: DrillGround,
  { seed, count }: DrillOptions,
  clock: Clock = systemClock,
): Promise<DrillResult> {
  const { world } = ground
  const account = accountOf(world, FORGED_CALLER)
  await using stranger = strangerAt(account.publicUrl, clock)
  const scene: Scene = {
    // Not the number of the forged webhooks: were they accepted, it would be busy, and that would be all one heard of.
    account: { ...account, from: HONEST_CALLER },
    stranger,
    // Another sequence than that of the mutated requests, whose sids must stay unknown to the server.
    random: seededRandom(~seed),
    answers: new Map(),
    accepted: [],
    burntNonces: 0,
  }
  const before = { sessions: sessionsOpened(world), calls: await callsTotal(stranger) }
  const upgradeCount = Math.round(count * UPGRADE_SHARE)
  const requests = [...mutatedRequests({ ...account, seed, count: count - upgradeCount })]
  await inLanes(LANES, requests, async (request) => {
    note(scene, request.mutation, (await stranger.post(request)).status)
  })
  const expired = await ringHonestly(scene)
  const expiresAtMs = clock.nowMs() + NONCE_TTL_MS
  const rings = 1 + (await tryUpgrades(scene, upgradeCount - 1))
  await waitMs(clock, Math.max(0, expiresAtMs + 50 - clock.nowMs()), AbortSignal.any([]))
  const late = signedUpgrade(account, expired.nonce)
  note(scene, 'an expired nonce', await stranger.upgrade(late))
  await hangUpHonestly(scene, expired.callSid)
  const numbers = {
    webhooks: requests.length,
    upgrades: upgradeCount,
    mutations: new Set(requests.map(({ mutation }) => mutation)).size,
    honestCalls: rings,
    accepted: scene.accepted.length,
    burntNonces: scene.burntNonces,
    answers: Object.fromEntries(scene.answers),
    refusedFor: await refusalReasons(stranger),
    sessionsOpened: Math.max(0, sessionsOpened(world) - before.sessions - rings),
    callsTaken: (await callsTotal(stranger)) - before.calls - rings,
    recordsMade: await recordsOf(ground, requests),
  }
  const { accepted, burntNonces, sessionsOpened: sessions, callsTaken, recordsMade } = numbers
  return {
    numbers,
    missed: missedBars([
      [accepted === 0, `${accepted} accepted: ${[...new Set(scene.accepted)].join(', ')}`],
      [burntNonces === 0, `${burntNonces} nonces used up by an upgrade that was refused`],
      [sessions === 0, `${sessions} model sessions opened`],
      [callsTaken === 0, `${callsTaken} calls taken`],
      [recordsMade === 0, `${recordsMade} records made`],
    ]),
  }
}

/** Tries upgrades on fresh nonces, each of which is then used honestly and tried once more. @returns calls made */
async function tryUpgrades(scene: Scene, count: number): Promise<number> {
  const { account, stranger, random } = scene
  let left = count
  let rings = 0
  while (left > 0) {
    const call = await ringHonestly(scene)
    const other = await ringHonestly(scene)
    rings += 2
    const attempts = Array.from({ length: MOST_ATTEMPTS_A_NONCE }, () =>
      mutatedUpgrades({ account, nonce: call.nonce, otherNonce: other.nonce, random }),
    )
      .flat()
      .slice(0, Math.min(left - 1, MOST_ATTEMPTS_A_NONCE))
    for (const attempt of attempts) note(scene, attempt.mutation, await stranger.upgrade(attempt))
    const honest = signedUpgrade(account, call.nonce)
    if ((await stranger.upgrade(honest)) !== 101) scene.burntNonces++
    note(scene, 'a replayed upgrade', await stranger.upgrade(honest))
    left -= attempts.length + 1
    await hangUpHonestly(scene, call.callSid)
    await hangUpHonestly(scene, other.callSid)
  }
  return rings
}

function note({ answers, accepted }: Scene, mutation: string, status: number): void {
  answers.set(status, (answers.get(status) ?? 0) + 1)
  if (status !== 403) accepted.push(`${mutation} (${status})`)
}

function sessionsOpened(world: World): number {
  return (world.openai.sessions.at(-1)?.connection.sessionNumber ?? 0) + world.openai.refusedHandshakes.length
}

async function callsTotal(stranger: Stranger): Promise<number> {
  const { body } = await stranger.get('/metrics')
  const values = body.matchAll(/^calls_total(?:\{[^}]*\})? (\d+)$/gm)
  return [...values].reduce((sum, [, value]) => sum + Number(value), 0)
}

/** How the server itself counted what it refused. */
async function refusalReasons(stranger: Stranger): Promise<Record<string, number>> {
  const { body } = await stranger.get('/metrics')
  const lines = body.matchAll(/^refusals_total\{reason="([^"]+)",route="([^"]+)"\} (\d+)$/gm)
  return Object.fromEntries(
    [...lines].map(([, reason, route, value]) => [`${route} ${reason}`, Number(value)]),
  )
}

async function recordsOf(ground: DrillGround, requests: readonly MutatedRequest[]): Promise<number> {
  const named = requests.flatMap(({ callSid, body }) => [
    callSid,
    ...new URLSearchParams(body).getAll('CallSid'),
  ])
  const found = await inLanes(LANES, [...new Set(named)], (callSid) => ground.record(callSid))
  return found.filter((record) => record !== undefined).length
}
