import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { postgresServer } from '../storage/postgres-server.ts'
import { type DeathRun, runDeath } from './canary-death.ts'
import {
  type CanaryKind,
  forbidden,
  isFound,
  leaksOf,
  numbers,
  plantedCanaries,
  words,
} from './canary-list.ts'

const server = await postgresServer()

function leaksIn({ places, secrets }: DeathRun): readonly unknown[] {
  const canaries = [...plantedCanaries(), ...secrets]
  const kinds = Object.keys(forbidden) as CanaryKind[]
  return kinds.flatMap((kind) => leaksOf(kind, places, canaries))
}

function expectWhatHappened(run: DeathRun): void {
  const { places, failures, outcomes, exit, errors } = run
  expect({ failures, outcomes, exit, errors }).toEqual({
    failures: [500, 500],
    outcomes: ['unknown'],
    exit: 0,
    errors: [],
  })
  const log = places.log.join('\n')
  expect(log).toMatch(/"kind":"requestFailed".*"code":"(failed|constraint)"/)
  expect(log).toMatch(/"kind":"backgroundFailed","name":"putTurn"/)
  expect(log).toContain('"kind":"orphanResumed"')
  expect(log).toContain(`+1…${numbers.stranger.slice(-4)}`)
  // What may be somewhere is there, and would be found elsewhere.
  expect(isFound(places.rebuilt, words.more)).toBe(true)
  expect(isFound(places.kept, words.text)).toBe(true)
  expect(isFound(run.allowed, numbers.contact)).toBe(true)
  expect(places.audit.length).toBeGreaterThan(10)
}

describe.concurrent(
  'canaries in a server whose database quotes rows, and that is killed',
  { timeout: 120_000 },
  () => {
    it('are nowhere where they must not be, on SQLite', async () => {
      const run = await runDeath(undefined)
      expectWhatHappened(run)
      expect(leaksIn(run)).toEqual([])
    })

    describe('with a server', () => {
      beforeEach((context) => server.orSkip(context))
      afterAll(() => server[Symbol.asyncDispose]())

      it('are nowhere where they must not be, on PostgreSQL', async () => {
        const run = await runDeath(await server.newSchema())
        expectWhatHappened(run)
        expect(leaksIn(run)).toEqual([])
      })
    })
  },
)
