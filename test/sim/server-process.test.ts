import { describe, expect, it } from 'vitest'
import { startApart } from '../../src/app/apart.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { startServerProcess } from '../../src/sim/server-process.ts'
import { temporaryHome } from '../support/server-process.ts'

describe.concurrent('startServerProcess()', { timeout: 40_000 }, () => {
  it('starts a server that takes calls of a world in another process, and tells how it ended', async () => {
    await using apart = await startApart({ env: {} })
    const scenario = (await apart.world.scenarios()).find(({ name }) => name === 'hangs-up-mid-word')
    if (!scenario) throw new Error('There is no such scenario')
    const { call, ended } = await apart.world.ring(scenario)
    const { summary } = await ended
    expect(summary.errors).toEqual([])
    const record = await apart.record(call.sid)
    expect(record?.call).toMatchObject({ ending: 'callerHungUp', status: 'completed' })
    expect(apart.server().log()).toContain(call.sid)
    expect(await apart.server().metrics()).toContain('calls_ended_total')
    const first = apart.server()
    first.kill('SIGKILL')
    expect(await first.exited).toBe('SIGKILL')
    const second = await apart.restart()
    expect(second.pid).not.toBe(first.pid)
    expect((await apart.record(call.sid))?.call.ending).toBe('callerHungUp')
    second.kill('SIGTERM')
    expect(await second.exited).toBe(0)
  })

  it('rejects with the last words of a server that does not start', async () => {
    using home = temporaryHome()
    const env = { PORT: 'none', DATA_DIR: home.path }
    await expect(startServerProcess({ clock: systemClock, env, folder: home.path })).rejects.toThrow(
      /^Cannot start the server: .*\n {2}PORT /s,
    )
  })
})
