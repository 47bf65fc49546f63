import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Canary,
  type CanaryKind,
  cards,
  forbidden,
  isFound,
  isIn,
  keyed,
  leaksOf,
  numbers,
  plantedCanaries,
  words,
} from './canary-list.ts'
import { type CanaryRun, runCanaries } from './canary-run.ts'

function isKeyed({ value }: Canary): boolean {
  return Object.values<string>(keyed).includes(value)
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
    expect(isFound(allowed, cards.inMessage)).toBe(true)
    expect(isFound(allowed, cards.inNote)).toBe(true)
    expect(isFound(allowed, words.title)).toBe(true)
    expect(isFound(allowed, numbers.contact)).toBe(true)
    expect(isFound(places.toTwilio, words.text)).toBe(true)
    expect(isFound(places.rebuilt, words.caller)).toBe(true)
    expect(isFound(places.rebuilt, words.webResult)).toBe(true)
    expect(isFound(places.turns, numbers.spoken)).toBe(true)
    expect(isFound(places.kept, words.message)).toBe(true)
    expect(places.log.some((line) => line.includes(`+1…${numbers.stranger.slice(-4)}`))).toBe(true)
    expect(places.metrics.join('')).toContain('# TYPE')
    expect(places.audit.length).toBeGreaterThan(20)
    expect(places.model.length).toBeGreaterThan(50)
    expect(new Set(statuses)).toEqual(new Set([401, 403]))
  })

  it.each(Object.keys(forbidden) as CanaryKind[])('of kind %s are nowhere where they must not be', (kind) => {
    expect(leaksOf(kind, run.places, [...plantedCanaries(), ...run.secrets])).toEqual([])
  })
})
