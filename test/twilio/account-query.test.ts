import { describe, expect, it } from 'vitest'
import { judgeFailure } from '../../src/twilio/account-query.ts'

/** What Twilio's SDK throws: Basic header, form and texts of strangers included. */
function thrown(members: Readonly<Record<string, unknown>>): Error {
  const config = { auth: { username: 'AC0', password: 'hidden' }, headers: { Authorization: 'Basic hidden' } }
  return Object.assign(new Error('hidden'), { config, moreInfo: 'hidden', ...members })
}

describe('judgeFailure()', () => {
  it.each([
    [{ status: 401, code: 20_003 }, 'correctTwilioKey'],
    [{ status: 403, code: 20_008 }, 'correctTwilioKey'],
    [{ status: 404, code: 20_404 }, 'correctTwilioKey'],
    [{ status: 401, code: 20_005 }, 'activateAccount'],
    [{ status: 403, code: 20_005 }, 'activateAccount'],
    [{ status: 429, code: 20_429 }, 'reachTwilio'],
    [{ status: 500 }, 'reachTwilio'],
    [{ code: 'ECONNREFUSED' }, 'reachTwilio'],
    [{ code: 'ETIMEDOUT' }, 'reachTwilio'],
    [{ code: 'EAI_AGAIN' }, 'mendResolver'],
    [{}, 'reachTwilio'],
  ])('judges %j as %s, and shows nothing of what the error holds', (members, name) => {
    const finding = judgeFailure(thrown(members))
    expect(finding).toMatchObject({ kind: 'broken', fix: { name } })
    expect(JSON.stringify(finding)).not.toContain('hidden')
  })
})
