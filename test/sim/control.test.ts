import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { readControls, startControl, TurnFeed } from '../../src/sim/control.ts'
import { startWorld, type World } from '../../src/sim/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ clock: systemClock, seed: 1, publicUrl: 'http://127.0.0.1:9' })
})
afterAll(() => world[Symbol.asyncDispose]())

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'consigliere-control-'))
  vi.stubEnv('TMPDIR', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

function control(port: number): Promise<AsyncDisposable> {
  return startControl({ world, turns: new TurnFeed(), runs: join(folder, 'runs'), port })
}

describe('startControl()', () => {
  it('writes a file that only its owner can read, and takes it away', async () => {
    const running = await control(4001)
    const [name = ''] = readdirSync(folder)
    expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
    await running[Symbol.asyncDispose]()
    expect(readdirSync(folder)).toEqual([])
  })

  it('takes the place of a file that a killed rehearsal left on its port', async () => {
    await using first = await control(4001)
    await using second = await control(4001)
    expect(await readControls()).toHaveLength(1)
    expect([first, second]).toHaveLength(2)
  })

  it('answers nobody without the key of the file', async () => {
    await using running = await control(4001)
    const [address] = await readControls()
    const url = `${address?.url}/ring?scenario=opening-hours`
    expect(running).toBeDefined()
    expect((await fetch(url, { method: 'POST' })).status).toBe(401)
    const headers = { authorization: `Bearer ${address?.key}` }
    expect((await fetch(url, { headers })).status).toBe(404)
    const unknown = await fetch(`${address?.url}/ring?scenario=nope`, { method: 'POST', headers })
    expect(unknown.status).toBe(400)
  })
})

describe('readControls()', () => {
  it('names the rehearsal that was started last first, and keeps the others when it ends', async () => {
    await using older = await control(4001)
    const newer = await control(4002)
    const [first] = await readControls()
    utimesSync(first?.file ?? '', 1, 1)
    const ports = (await readControls()).map(({ port }) => port)
    expect(ports).toEqual(first?.port === 4002 ? [4001, 4002] : [4002, 4001])
    await newer[Symbol.asyncDispose]()
    expect((await readControls()).map(({ port }) => port)).toEqual([4001])
    expect(older).toBeDefined()
  })

  it('leaves alone what is no control file', async () => {
    const name = `consigliere-rehearsal-${process.getuid?.() ?? -1}-4003.json`
    writeFileSync(join(folder, name), '{"url":')
    expect(await readControls()).toEqual([])
    expect(existsSync(join(folder, name))).toBe(true)
  })

  it('does not believe a file of another user', async (context) => {
    const uid = process.getuid?.()
    if (uid === undefined) return context.skip('this system has no user ids')
    await using running = await control(4001)
    const other = vi.spyOn(process, 'getuid').mockReturnValue(uid + 1)
    expect(await readControls()).toEqual([])
    other.mockRestore()
    expect(await readControls()).toHaveLength(1)
    expect(running).toBeDefined()
  })
})
