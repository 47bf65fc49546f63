import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkDisk } from '../../src/ops/check-disk.ts'
import { temporaryHome } from '../support/server-process.ts'

const uid = process.getuid?.()

function check(dataDir: string, more: Partial<Parameters<typeof checkDisk>[0]> = {}) {
  return checkDisk({ dataDir, privateFiles: [], minFreeBytes: 1, uid, owner: uid, ...more })
}

describe('checkDisk()', () => {
  it('writes in a folder that is there, and leaves nothing in it', async () => {
    using home = temporaryHome()
    expect(await check(home.path)).toMatchObject([{ kind: 'fine' }])
    expect(readdirSync(home.path)).toEqual([])
  })

  it('makes no folder that is not there, and says where it will be made', async () => {
    using home = temporaryHome()
    const dataDir = join(home.path, 'not/yet')
    const [finding] = await check(dataDir)
    expect(finding).toMatchObject({ kind: 'fine' })
    expect(finding?.says).toContain(`will be made in ${home.path}`)
    expect(existsSync(join(home.path, 'not'))).toBe(false)
  })

  it('refuses a folder that this user may not write in', async (context) => {
    if (uid === 0) context.skip('root may write everywhere')
    using home = temporaryHome()
    const dataDir = join(home.path, 'data')
    mkdirSync(dataDir, { mode: 0o500 })
    for (const folder of [dataDir, join(dataDir, 'below')]) {
      expect(await check(folder)).toMatchObject([{ kind: 'broken', fix: { name: 'giveDataDir' } }])
    }
  })

  it('refuses a file in place of the folder, or above it', async () => {
    using home = temporaryHome()
    const file = join(home.path, 'file')
    writeFileSync(file, '')
    for (const folder of [file, join(file, 'below')]) {
      expect(await check(folder)).toMatchObject([{ kind: 'broken', fix: { name: 'giveDataDir' } }])
    }
  })

  it.each([
    [0o600, 0],
    [0o640, 1],
    [0o604, 1],
    [0o610, 1],
  ])('counts a private file of mode %o among the exposed ones: %i', async (mode, count) => {
    using home = temporaryHome()
    const file = join(home.path, 'private')
    writeFileSync(file, '')
    chmodSync(file, mode)
    const found = await check(home.path, { privateFiles: [file, join(home.path, 'none')] })
    const exposed = found.filter((finding) => finding.kind === 'broken')
    expect(exposed).toHaveLength(count)
    expect(exposed.every(({ fix }) => fix.does.endsWith(`chmod 600 ${file}`))).toBe(true)
  })

  it('passes over permissions and owners where the system has none', async () => {
    using home = temporaryHome()
    const file = join(home.path, 'private')
    writeFileSync(file, '', { mode: 0o644 })
    expect(await check(home.path, { privateFiles: [file], uid: undefined, owner: undefined })).toMatchObject([
      { kind: 'fine' },
    ])
  })
})
