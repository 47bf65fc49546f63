import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diagnose, onePerFix, type Report } from '../../src/app/doctor.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { CheckName, Fix } from '../../src/ports/check.ts'
import { temporaryHome } from '../support/server-process.ts'
import { doctorWorld, startAnswering } from './support/doctor-world.ts'
import { diagnosePlanted, plants } from './support/plants.ts'

type Ailing = Report & { readonly fix: Fix }

function ailing(reports: readonly Report[]): readonly Ailing[] {
  return reports.filter((report): report is Ailing => 'fix' in report)
}

describe.concurrent('diagnose()', { timeout: 40_000 }, () => {
  it('finds nothing wrong where nothing is, rings nobody, and leaves nothing behind', async () => {
    await using world = await doctorWorld()
    const before = readdirSync(join(world.folder, 'data')).toSorted()
    const { mode, reports, exitCode } = await diagnose({
      env: world.env,
      envFile: join(world.folder, '.env'),
    })
    expect(reports.filter(({ kind }) => kind !== 'fine')).toEqual([])
    expect({ mode, exitCode }).toEqual({ mode: { mode: 'live', missing: [] }, exitCode: 0 })
    expect(new Set(reports.map(({ check }) => check)).size).toBe(12)
    expect(reports.find(({ check }) => check === 'port')?.says).toMatch(/a server of this project runs/)
    expect(reports.find(({ check }) => check === 'database')?.says).toMatch(
      /whole and up to date.*running server/,
    )
    expect({ sessions: world.sessions(), calls: world.calls() }).toEqual({ sessions: 1, calls: 0 })
    expect(readdirSync(join(world.folder, 'data')).toSorted()).toEqual(before)
  })

  it.each(Object.entries(plants))('names the one fix %s for what is broken', async (name, plant) => {
    const { reports, exitCode } = await diagnosePlanted(plant)
    const found = ailing(reports).map(({ check, kind, fix }) => ({ check, kind, fix: fix.name }))
    expect(found).toEqual([{ check: plant.check, kind: plant.kind ?? 'broken', fix: name }])
    expect(exitCode).toBe(plant.kind === 'warning' ? 0 : (plant.exitCode ?? 1))
  })

  it('with nothing set looks at the machine alone and says what it passes over, and why', async () => {
    using home = temporaryHome()
    const { mode, reports, exitCode } = await diagnose({ env: {}, envFile: join(home.path, '.env') })
    expect({ mode: mode?.mode, exitCode }).toEqual({ mode: 'rehearsal', exitCode: 0 })
    const skipped = reports.filter(({ kind }) => kind === 'skipped')
    expect(skipped.map(({ check }) => check)).toEqual([
      'database',
      'publicUrl',
      'twilioAccount',
      'twilioNumber',
      'openaiModels',
      'openaiRealtime',
    ])
    expect(skipped.every(({ says }) => says.includes('rehearsal'))).toBe(true)
    expect(reports.find(({ check }) => check === 'settings')?.says).toContain('desk, needs OPENAI_API_KEY')
  })

  it('with an OpenAI key alone looks at OpenAI and says what Twilio would need', async () => {
    await using world = await doctorWorld({ isStopped: true })
    const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_REALTIME_API_URL, DATA_DIR, PORT } = world.env
    const env = { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_REALTIME_API_URL, DATA_DIR, PORT }
    const { mode, reports, exitCode } = await diagnose({ env, envFile: join(world.folder, '.env') })
    expect({ mode: mode?.mode, exitCode }).toEqual({ mode: 'desk', exitCode: 0 })
    expect(reports.filter(({ kind }) => kind === 'skipped')).toEqual(
      ['publicUrl', 'twilioAccount', 'twilioNumber'].map((check) => ({
        check,
        kind: 'skipped',
        says: 'not set: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER, PUBLIC_URL',
      })),
    )
    expect(world.sessions()).toBe(1)
    expect(existsSync(join(world.folder, 'data'))).toBe(false)
  })

  it.each([
    [{ TWILIO_PHONE_NUMBER: '' }, ['TWILIO_PHONE_NUMBER']],
    [{ PORT: '70000', OWNER_TIME_ZONE: 'Mars/Olympus' }, ['PORT', 'OWNER_TIME_ZONE']],
    [{ OPENAI_REALTIME_VOICE: 'nobody' }, ['OPENAI_REALTIME_VOICE']],
    [{ OPENAI_REALTIME_MODEL: 'gpt-6-luna' }, ['OPENAI_REALTIME_MODEL']],
    [{ OPENAI_TRANSCRIPTION_MODEL: 'gpt-6-luna' }, ['OPENAI_TRANSCRIPTION_MODEL']],
    [{ PERSONA_DIR: '/nowhere' }, ['PERSONA_DIR']],
  ] as const)('names every wrong setting of %j and tries nothing that goes by them', async (env, names) => {
    await using world = await doctorWorld({ isStopped: true })
    const { mode, reports, exitCode } = await diagnose({ env: { ...world.env, ...env } })
    expect({ mode, exitCode }).toEqual({ mode: undefined, exitCode: 78 })
    expect(ailing(reports).map(({ says }) => says)).toEqual(names.map((name) => `${name} is wrong`))
    expect(reports.filter(({ kind }) => kind === 'skipped')).toHaveLength(8)
    expect(world.sessions()).toBe(0)
  })

  it('ends in time where nobody answers', async () => {
    await using silent = await startAnswering(() => undefined)
    await using world = await doctorWorld()
    const startedMs = systemClock.nowMs()
    const { reports, exitCode } = await diagnose({
      env: {
        ...world.env,
        PUBLIC_URL: silent.origin,
        TWILIO_API_BASE_URL: silent.origin,
        OPENAI_BASE_URL: `${silent.origin}/v1`,
        OPENAI_REALTIME_API_URL: `${silent.origin.replace('http', 'ws')}/v1/realtime`,
      },
      envFile: join(world.folder, '.env'),
      networkDeadlineMs: 1_000,
    })
    // Side by side: one deadline for all of them, and the time that Twilio's SDK takes to load.
    expect(systemClock.nowMs() - startedMs).toBeLessThan(6_000)
    expect(exitCode).toBe(1)
    expect(ailing(reports).map(({ fix }) => fix.name)).toEqual(['openHttps', 'reachTwilio', 'reachOpenai'])
  })

  it('warns of a model that ends within 60 days', async () => {
    const soon = new Date(systemClock.wallMs() + 30 * 86_400_000).toISOString().slice(0, 10)
    const realtime = { reasoning: true, defaultVoice: 'marin', defaultSilenceMs: 500 }
    const ids = ['gpt-realtime-whisper', 'gpt-6-luna']
    const models = [
      { id: 'gpt-realtime-2.1', shutdownDate: soon, realtime },
      ...ids.map((id) => ({ id, shutdownDate: null })),
    ]
    const { reports, exitCode } = await diagnosePlanted({
      check: 'openaiModels',
      world: { openai: { models } },
    })
    expect(ailing(reports)).toEqual([
      expect.objectContaining({
        kind: 'warning',
        says: `OPENAI_REALTIME_MODEL: gpt-realtime-2.1 will be shut down on ${soon}`,
      }),
    ])
    expect(exitCode).toBe(0)
  })
})

describe('onePerFix()', () => {
  const fix = { name: 'reachOpenai', does: 'Reach it' } as const
  const report = (check: CheckName): Report => ({ check, kind: 'broken', says: 'no answer', fix })

  it('tells a cause once and says where else it shows', () => {
    expect(onePerFix([report('openaiModels'), report('openaiModels'), report('openaiRealtime')])).toEqual([
      report('openaiModels'),
      { check: 'openaiRealtime', kind: 'skipped', says: 'has the same cause as openaiModels' },
    ])
  })

  it('names each check once that has a cause in common with an earlier one', () => {
    const two = [report('openaiRealtime'), report('openaiRealtime')]
    expect(onePerFix([report('openaiModels'), ...two])).toHaveLength(2)
  })

  it('takes for one cause what a machine without names cannot reach', () => {
    const blind: Report = {
      ...report('publicUrl'),
      kind: 'broken',
      says: 'no',
      fix: { name: 'mendResolver', does: 'M' },
    }
    expect(onePerFix([blind, report('openaiModels')]).map(({ kind }) => kind)).toEqual(['broken', 'skipped'])
  })

  it('keeps two fixes of one name apart', () => {
    const other: Report = {
      ...report('openaiRealtime'),
      kind: 'broken',
      says: 'no',
      fix: { ...fix, does: 'Other' },
    }
    expect(onePerFix([report('openaiModels'), other])).toEqual([report('openaiModels'), other])
  })
})
