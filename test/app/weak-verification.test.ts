import { describe, expect, it } from 'vitest'
import { checkSettings } from '../../src/app/check-settings.ts'
import { startRehearsalProcess, temporaryHome } from '../support/server-process.ts'

const env = {
  GODFATHER_PHONE_NUMBERS: '+14155550101',
  OWNER_VERIFICATION: 'caller_id',
  PERSONA_DIR: 'personas',
}

describe('an owner who is known by their number alone', { timeout: 20_000 }, () => {
  it('is warned about by doctor, with a fix, and only then', async () => {
    const says = (await checkSettings(env, 'none')).findings
    expect(says.map(({ kind }) => kind)).toEqual(['fine', 'warning'])
    expect(says[1]).toMatchObject({
      says: expect.stringContaining('OWNER_VERIFICATION is caller_id') as unknown,
      fix: { name: 'correctSetting' },
    })
    for (const other of [{ OWNER_VERIFICATION: 'pin' }, { GODFATHER_PHONE_NUMBERS: undefined }]) {
      const { findings } = await checkSettings({ ...env, ...other }, 'none')
      expect(findings.map(({ kind }) => kind)).toEqual(['fine'])
    }
  })

  it('is warned about in the log at the start', async () => {
    using home = temporaryHome()
    const { OWNER_VERIFICATION } = env
    await using server = await startRehearsalProcess({ home: home.path, env: { OWNER_VERIFICATION } })
    server.child.kill('SIGTERM')
    expect((await server.outcome).stdout).toMatch(/"level":"warn".*"kind":"weakVerification"/)
  })
})
