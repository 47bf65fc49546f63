import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Canary,
  type CanaryKind,
  cards,
  isIn,
  keyed,
  numbers,
  plantedCanaries,
  words,
} from './canary-list.ts'
import { type CanaryRun, type Places, runCanaries } from './canary-run.ts'

/** Where a canary of each kind must not be. What stands in no line may be there: a message is sent to somebody. */
const forbidden: Readonly<Record<CanaryKind, readonly (keyof Places)[]>> = {
  secret: ['log', 'metrics', 'audit', 'turns', 'rebuilt', 'model', 'refusals', 'toTwilio', 'files'],
  card: ['log', 'metrics', 'audit', 'turns', 'rebuilt', 'refusals'],
  number: ['log', 'metrics', 'audit', 'refusals'],
  words: ['log', 'metrics', 'audit', 'refusals'],
  address: ['log', 'metrics', 'audit', 'refusals'],
}

function isKeyed({ value }: Canary): boolean {
  return Object.values<string>(keyed).includes(value)
}

function found(texts: readonly string[], value: string): boolean {
  const canary = plantedCanaries().find((one) => one.value === value)
  return canary !== undefined && texts.some((text) => isIn(text, canary))
}

describe('canaries in calls on a whole server', { timeout: 60_000 }, () => {
  let run: CanaryRun
  beforeAll(async () => {
    run = await runCanaries()
  }, 60_000)

  it('are at least forty, all different, and have all come in', () => {
    const planted = [...plantedCanaries(), ...run.secrets]
    expect(new Set(planted.map(({ value }) => value)).size).toBeGreaterThanOrEqual(40)
    const missing = plantedCanaries().filter(
      (canary) => !isKeyed(canary) && !run.arrived.some((text) => isIn(text, canary)),
    )
    expect(missing).toEqual([])
    // Keys are pressed one at a time: what came of them tells that they came.
    const auths = run.auditKinds.filter((line) => line.startsWith('auth'))
    expect(auths.map((line) => /"state":"(\w+)"/.exec(line)?.[1])).toEqual(['wrong', 'right'])
    expect(run.errors).toEqual([])
  })

  it('are found where they belong, so that they would be found elsewhere', () => {
    const { places, allowed, statuses } = run
    expect(found(allowed, cards.inMessage)).toBe(true)
    expect(found(allowed, cards.inNote)).toBe(true)
    expect(found(allowed, words.title)).toBe(true)
    expect(found(allowed, numbers.contact)).toBe(true)
    expect(found(places.toTwilio, words.text)).toBe(true)
    expect(found(places.rebuilt, words.caller)).toBe(true)
    expect(found(places.rebuilt, words.webResult)).toBe(true)
    expect(found(places.turns, numbers.spoken)).toBe(true)
    expect(found(places.files, words.message)).toBe(true)
    expect(places.log.some((line) => line.includes(`+1…${numbers.stranger.slice(-4)}`))).toBe(true)
    expect(places.metrics.join('')).toContain('# TYPE')
    expect(places.audit.length).toBeGreaterThan(20)
    expect(places.model.length).toBeGreaterThan(50)
    expect(new Set(statuses)).toEqual(new Set([401, 403]))
  })

  it.each(Object.entries(forbidden))('of kind %s are in none of %j', (kind, places) => {
    const canaries = [...plantedCanaries(), ...run.secrets].filter((canary) => canary.kind === kind)
    const leaks = places.flatMap((place) =>
      canaries.flatMap((canary) =>
        run.places[place]
          .filter((text) => isIn(text, canary))
          .map((text) => [place, canary.way, text.replaceAll(/[^ -~]/g, '').slice(0, 300)]),
      ),
    )
    expect(leaks).toEqual([])
  })
})
