import { afterAll, beforeAll, expect } from 'vitest'
import { type Rehearsal, startRehearsal } from '../../src/app/rehearsal.ts'
import { startVirtualRehearsal, type VirtualRehearsal } from '../../src/app/virtual-rehearsal.ts'
import type { CompleteCall } from '../../src/ports/storage.ts'
import type { Scenario } from '../../src/sim/scenario.ts'
import type { CallSummary } from '../../src/sim/twilio/call-summary.ts'

/** One server in one rehearsal world, for all journeys of a file. */
export function useRehearsal(
  env: Readonly<Record<string, string>> = {},
): () => Rehearsal & { readonly lines: string[] } {
  const lines: string[] = []
  let rehearsal: Rehearsal | undefined
  beforeAll(async () => {
    rehearsal = await startRehearsal({
      // World and server share one loop here, and with all other tests one machine.
      env: { PORT: '0', MAX_LOOP_DELAY_MS: '60000', ...env },
      logTo: { write: (line) => void lines.push(line) },
    })
  }, 30_000)
  afterAll(async () => {
    await rehearsal?.[Symbol.asyncDispose]()
  }, 60_000)
  return () => {
    if (!rehearsal) throw new Error('The rehearsal has not started')
    return { ...rehearsal, lines }
  }
}

/** The same on a virtual clock: how busy the machine is does not matter, and no test waits for real time. */
export function useVirtualRehearsal(): () => VirtualRehearsal & { readonly lines: string[] } {
  const lines: string[] = []
  let rehearsal: VirtualRehearsal | undefined
  beforeAll(async () => {
    rehearsal = await startVirtualRehearsal({
      env: { PORT: '0', MAX_LOOP_DELAY_MS: '60000' },
      logTo: { write: (line) => void lines.push(line) },
    })
  })
  afterAll(async () => {
    await rehearsal?.[Symbol.asyncDispose]()
  })
  return () => {
    if (!rehearsal) throw new Error('The rehearsal has not started')
    return { ...rehearsal, lines }
  }
}

/** A scenario that comes with the project, from a number of its own so that journeys can run side by side. */
export async function scenarioOf(rehearsal: Rehearsal, name: string, from: string): Promise<Scenario> {
  const scenario = (await rehearsal.world.scenarios()).find((one) => one.name === name)
  if (!scenario) throw new Error(`There is no scenario ${name}`)
  return { ...scenario, call: { ...scenario.call, from } }
}

/** Plays a scenario to its end. */
export async function play(
  rehearsal: Rehearsal,
  scenario: Scenario,
): Promise<{ readonly callSid: string; readonly summary: CallSummary; readonly record: CompleteCall }> {
  const { call, ended } = await rehearsal.world.ring(scenario)
  const { summary } = await ended
  const record = await rehearsal.record(call.sid)
  if (!record) throw new Error(`Call ${call.sid} left no record`)
  return { callSid: call.sid, summary, record }
}

/** What every record must be, however the call went: ended, whole, and in order. */
export function expectComplete(record: CompleteCall): void {
  expect(record.call.endedAtMs).toBeTypeOf('number')
  expect(record.call.ending).toBeTypeOf('string')
  expect(['completed', 'busy', 'failed', 'no-answer', 'canceled']).toContain(record.call.status)
  for (const stream of record.streams) expect(stream.endedAtMs).toBeTypeOf('number')
  for (const session of record.sessions) expect(session.endedAtMs).toBeTypeOf('number')
  expect(record.turns.map(({ seq }) => seq)).toEqual(record.turns.map((_, index) => index))
}

/** The transcript as people read it. */
export function transcriptOf(record: CompleteCall): readonly string[] {
  return record.turns.map(({ speaker, text, interrupted }) => `${speaker}: ${text}${interrupted ? ' …' : ''}`)
}

/** What of the secrets, numbers and words of these calls is in the log, which must hold something. */
export function leaksIn({
  world,
  lines,
}: Rehearsal & { readonly lines: readonly string[] }): readonly string[] {
  const log = lines.join('')
  // A log in which nothing was written would hold no secret either.
  expect(log).toContain('callEnded')
  const secrets = (['TWILIO_AUTH_TOKEN', 'OPENAI_API_KEY'] as const).map(
    (name) => world.env[name] ?? 'missing',
  )
  const shapes = [/\+1415555\d{4}/, /workshop|Mill Lane/, /\/twilio\/media\/[A-Za-z0-9_-]{22}/]
  return [
    ...secrets.filter((secret) => log.includes(secret)),
    ...shapes.flatMap((shape) => shape.exec(log)?.[0] ?? []),
  ]
}
