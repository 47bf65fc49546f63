import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Destinations, type ReachRules } from '../../src/gate/destinations.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { rangeOf } from '../../src/policy/numbers.ts'
import type { ClaimLimit, IntentClaim, IntentDraft, OutcomeRecord } from '../../src/ports/effects.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { onBothDatabases, type Place } from './places.ts'
import { newCallSid } from './records.ts'

const ann = '+14155550123'
const actor = 'person_0a1b2c3d4e5f60718293a4b5'
const HOUR_MS = 3_600_000
// Friday, 10:00 in San Francisco.
const clock = new VirtualClock(Date.UTC(2026, 10, 20, 18))
const many = 1_000
const noCaps = { perDestination: many, perRange: many, perCaller: many, perDay: many }
const free: ClaimLimit = { sinceMs: 0, objection: () => undefined }

function hex(): string {
  return `x${randomBytes(12).toString('hex')}`
}

function newDraft(more: Partial<IntentDraft> = {}): IntentDraft {
  return {
    intentId: `intent_${hex()}`,
    scope: newCallSid(),
    key: `key_${hex()}`,
    tool: 'send_sms',
    argumentsHash: 'ab'.repeat(32),
    sessionId: newCallSid(),
    actor,
    strength: 'S2',
    destination: ann,
    range: rangeOf(ann),
    createdAtMs: clock.wallMs(),
    ...more,
  }
}

function rules(change: Partial<ReachRules>): ReachRules {
  return {
    allowedCountries: ['US'],
    ownNumbers: ['+14155550100'],
    liveNumbers: [],
    hours: 'off',
    onlyKnown: false,
    ownerNumbers: [],
    ownerEmail: undefined,
    caps: 'off',
    outbound: { maxCalls: many, longestMs: HOUR_MS },
    ...change,
  }
}

/** The opened database, and where several processes may share it, another process of it. */
async function processesOf(place: Place): Promise<AsyncDisposable & { readonly all: readonly Records[] }> {
  await using opening = new AsyncDisposableStack()
  const all = [opening.use(await place.open({ clock }))]
  if (place.databaseUrl !== undefined) all.push(opening.use(await place.open({ clock })))
  const opened = opening.move()
  return { all, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** As many runs as are wanted pass the check, every one of them before any begins; then all begin. */
async function race(
  all: readonly Records[],
  tool: string,
  change: Partial<ReachRules>,
): Promise<readonly IntentClaim[]> {
  const runs = Array.from({ length: 20 }, (_, index) => all[index % all.length]).filter(
    (one) => one !== undefined,
  )
  const checked = await Promise.all(
    runs.map(async ({ contacts, permissions, effects, people }) => {
      const ports = { clock, contacts, permissions, effects, people }
      const destinations = new Destinations({ ports, actorId: actor, rules: () => rules(change) })
      const { verdict, limit } = await destinations.reach(tool, ann)
      expect(verdict).toEqual({ ok: true })
      return { effects, limit }
    }),
  )
  return await Promise.all(
    checked.map(({ effects, limit }) => effects.claimIntent(newDraft({ tool }), limit)),
  )
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: claims with a limit`, () => {
    it.each(['perDestination', 'perRange', 'perCaller', 'perDay'] as const)(
      'claimIntent() lets exactly one of twenty go that were all let by one below the cap: %s',
      async (cap) => {
        await using processes = await processesOf(await newPlace())
        const { all } = processes
        for (let begun = 0; begun < 2; begun += 1)
          expect(await all[0]?.effects.claimIntent(newDraft())).toMatchObject({ ok: true })
        const claims = await race(all, 'send_sms', { caps: { send_sms: { ...noCaps, [cap]: 3 } } })
        expect(claims.filter(({ ok }) => ok)).toHaveLength(1)
        const refused = claims.filter(({ ok }) => !ok)
        expect(refused).toEqual(refused.map(() => ({ ok: false, reason: 'limited', limit: cap })))
        expect(await all[0]?.effects.effectsSince('send_sms', 0)).toHaveLength(3)
        expect(await all[0]?.audit.verify()).toMatchObject({ ok: true })
      },
    )

    it('claimIntent() lets exactly one of twenty place a call where one more may be live', async () => {
      await using processes = await processesOf(await newPlace())
      const { all } = processes
      await all[0]?.effects.claimIntent(newDraft({ tool: 'make_call' }))
      const claims = await race(all, 'make_call', { outbound: { maxCalls: 2, longestMs: HOUR_MS } })
      expect(claims.filter(({ ok }) => ok)).toHaveLength(1)
      expect(claims.find(({ ok }) => !ok)).toEqual({ ok: false, reason: 'limited', limit: 'tooManyCalls' })
    })

    it('claimIntent() uses up no yes for what is refused', async () => {
      await using records = await (await newPlace()).open()
      const { effects } = records
      const { key, tool, argumentsHash, sessionId, ...draft } = newDraft()
      const nonceHash = 'cd'.repeat(32)
      const proposal = { proposalId: key, sessionId, callId: 'call_1', tool, arguments: '{}', argumentsHash }
      const about = { actor, strength: 'S2', taint: [], createdAtMs: clock.wallMs() } as const
      await effects.insertProposal({ ...proposal, ...about }, { nonceHash, ttlMs: 30_000 })
      await effects.moveConfirmation(key, { state: 'confirmed' })
      const confirmed = { ...draft, key, tool, argumentsHash, sessionId, confirmationId: key, nonceHash }
      const full = { ...free, objection: () => 'perDay' }
      expect(await effects.claimIntent(confirmed, full)).toMatchObject({ reason: 'limited', limit: 'perDay' })
      expect(await effects.findIntent(draft.intentId)).toBeUndefined()
      expect(await effects.claimIntent(confirmed, free)).toMatchObject({ ok: true })
      // What was begun is told to be so, however many there are.
      expect(await effects.claimIntent(confirmed, full)).toMatchObject({ reason: 'duplicate' })
    })

    const callSid = `CA${'0f'.repeat(16)}`
    const providerId = callSid
    it.each<readonly [string, OutcomeRecord | undefined, 'live' | 'over']>([
      ['of which nothing is known', undefined, 'live'],
      [
        'of which nobody knows whether it rings',
        { state: 'unknown', code: 'timeout', settledAtMs: 1 },
        'live',
      ],
      ['that was placed', { state: 'done', providerId, settledAtMs: 1 }, 'live'],
      ['that never was', { state: 'failed', code: '21216', settledAtMs: 1 }, 'over'],
      [
        'that the network says is over',
        { state: 'done', providerId, code: 'completed', settledAtMs: 1 },
        'over',
      ],
    ])('claimIntent() counts a call %s: %j is %s', async (_what, outcome, is) => {
      await using records = await (await newPlace()).open()
      const { effects } = records
      const first = newDraft({ tool: 'make_call' })
      await effects.claimIntent(first)
      if (outcome) await effects.settleIntent(first.intentId, outcome)
      const limit = { ...free, liveCalls: { max: 1, sinceMs: clock.wallMs() - HOUR_MS } }
      const claim = await effects.claimIntent(newDraft({ tool: 'make_call' }), limit)
      expect(claim.ok).toBe(is === 'over')
    })

    it('claimIntent() counts no call that was reported, nor one that is too old to be live', async () => {
      await using records = await (await newPlace()).open()
      const { effects, errands } = records
      const [reported, old] = [newDraft({ tool: 'make_call' }), newDraft({ tool: 'make_call' })]
      await effects.claimIntent(reported)
      await effects.claimIntent({ ...old, createdAtMs: clock.wallMs() - HOUR_MS - 1 })
      const limit = { ...free, liveCalls: { max: 1, sinceMs: clock.wallMs() - HOUR_MS } }
      const next = newDraft({ tool: 'make_call' })
      expect(await effects.claimIntent(next, limit)).toMatchObject({ limit: 'tooManyCalls' })
      const ref = reported.intentId
      await errands.take({ ref, callSid, sessionId: reported.sessionId, takenAtMs: clock.wallMs() })
      expect(await effects.claimIntent(next, limit)).toMatchObject({ limit: 'tooManyCalls' })
      await errands.report(ref, { status: 'answered', nowMs: clock.wallMs() })
      expect(await effects.claimIntent(next, limit)).toMatchObject({ ok: true })
    })
  })
})
