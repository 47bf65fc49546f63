import { describe, expect, it } from 'vitest'
import type { ProbeAnswer } from '../../src/lib/http-probe.ts'
import { judgeModel } from '../../src/openai/check-models.ts'

const baseUrl = 'https://api.openai.com/v1'
const days = { todayIso: '2026-11-20', warnBeforeIso: '2027-01-19' }
const realtime = { variable: 'OPENAI_REALTIME_MODEL', id: 'gpt-realtime-2.1', isNeeded: true }

function answer(status: number, body: unknown): ProbeAnswer {
  return { kind: 'answer', status, headers: {}, body: JSON.stringify(body) }
}

function judged(given: ProbeAnswer, model = realtime) {
  const finding = judgeModel(model, { answer: given, baseUrl, days })
  return [finding.kind, 'fix' in finding ? finding.fix.name : undefined]
}

const unpaid = { error: { code: 'insufficient_quota' } }

describe('judgeModel()', () => {
  it.each([
    [null, 'fine'],
    ['2027-02-26', 'fine'],
    ['2027-01-19', 'fine'],
    ['2027-01-18', 'warning'],
    ['2026-11-21', 'warning'],
    ['2026-11-20', 'broken'],
    ['2026-05-07', 'broken'],
    ['soon', 'fine'],
  ])('judges a model that OpenAI ends on %s as %s', (shutdown_date, kind) => {
    expect(judged(answer(200, { shutdown_date }))[0]).toBe(kind)
  })

  it.each<[ProbeAnswer, string, string | undefined]>([
    [{ kind: 'failed', code: 'ENOTFOUND' }, 'broken', 'reachOpenai'],
    [{ kind: 'failed', code: 'EAI_AGAIN' }, 'broken', 'mendResolver'],
    [answer(401, {}), 'broken', 'correctOpenaiKey'],
    [answer(403, {}), 'fine', undefined],
    [answer(404, {}), 'broken', 'chooseModel'],
    [answer(429, unpaid), 'broken', 'payOpenai'],
    [answer(429, {}), 'broken', 'reachOpenai'],
    [answer(503, {}), 'broken', 'reachOpenai'],
  ])('judges %j as %s: %s', (given, kind, fix) => {
    expect(judged(given)).toEqual([kind, fix])
  })

  it('goes by its own list where OpenAI names no date, unless the model answers all the same', () => {
    expect(judged(answer(200, {}), { ...realtime, id: 'gpt-4o-mini' })).toEqual(['warning', 'chooseModel'])
    expect(judged(answer(200, {}), { ...realtime, id: 'gpt-4o-realtime-preview' })).toEqual([
      'fine',
      undefined,
    ])
    expect(judged(answer(403, {}), { ...realtime, id: 'gpt-4o-realtime-preview' })).toEqual([
      'broken',
      'chooseModel',
    ])
  })

  it('only warns of a model that nothing needs, and names the successor', () => {
    const later = { variable: 'OPENAI_MODEL', id: 'gpt-4', isNeeded: false }
    expect(judgeModel(later, { answer: answer(404, {}), baseUrl, days })).toMatchObject({
      kind: 'warning',
      fix: { does: 'Set OPENAI_MODEL to gpt-6-luna' },
    })
  })
})
