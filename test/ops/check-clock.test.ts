import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { checkClock, type ClockReading, judgeClock } from '../../src/ops/check-clock.ts'
import { startAnswering } from '../app/support/doctor-world.ts'

/** A reading that took so long, of a server whose second began just before it was asked. */
function reading(aheadMs: number, tripMs = 100): ClockReading {
  return { name: 'Twilio', earliestAheadMs: aheadMs - 1_000, latestAheadMs: aheadMs + tripMs }
}

describe('judgeClock()', () => {
  it.each([
    [[reading(0)], 'fine'],
    [[reading(5_900)], 'fine'],
    [[reading(6_200)], 'broken'],
    [[reading(-4_900)], 'fine'],
    [[reading(-5_200)], 'broken'],
    // A slow answer leaves room for the whole of its way.
    [[reading(-8_000, 4_000)], 'fine'],
    // One of two is wrong, and nobody knows which.
    [[reading(0), reading(60_000)], 'fine'],
    [[reading(-60_000), reading(60_000)], 'fine'],
    [[reading(30_000), reading(60_000)], 'broken'],
    [[], 'skipped'],
  ] as const)('judges %j as %s', (readings, kind) => {
    expect(judgeClock(readings).kind).toBe(kind)
  })

  it('says by how much at least, and in which direction', () => {
    expect(judgeClock([reading(61_000)]).says).toMatch(/^the system time is 60 s ahead of Twilio:/)
    expect(judgeClock([reading(-60_100)]).says).toMatch(/^the system time is 60 s behind Twilio:/)
  })
})

/** What becomes of a clock that is compared with a server of this Date header. */
async function compare(date: string | undefined) {
  await using server = await startAnswering((_request, response) => {
    response.sendDate = false
    response.writeHead(401, date === undefined ? {} : { date }).end()
  })
  const servers = [{ name: 'OpenAI', url: server.origin }]
  const [finding] = await checkClock({ clock: systemClock, servers, deadlineMs: 2_000 })
  return finding?.kind
}

function dateIn(aheadMs: number): string {
  return new Date(systemClock.wallMs() + aheadMs).toUTCString()
}

describe('checkClock()', () => {
  it('believes the Date header of a refusal', async () => {
    expect(await compare(dateIn(0))).toBe('fine')
    expect(await compare(dateIn(60_000))).toBe('broken')
    expect(await compare(dateIn(-60_000))).toBe('broken')
  })

  it.each([undefined, 'yesterday'])('compares with nothing where the header is %s', async (date) => {
    expect(await compare(date)).toBe('skipped')
  })

  it('sees a clock that steps back', async () => {
    let readings = 0
    const clock = {
      ...systemClock,
      nowMs: () => (++readings % 5_000 === 0 ? 0 : 1) + systemClock.nowMs(),
    }
    expect(await checkClock({ clock, servers: [], deadlineMs: 2_000 })).toMatchObject([
      { kind: 'broken', fix: { name: 'mendTimer' } },
    ])
  })
})
