import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkLibatomic } from '../../src/ops/check-libatomic.ts'
import { temporaryHome } from '../support/server-process.ts'

describe('checkLibatomic()', () => {
  it('asks on Linux alone', async () => {
    expect(await checkLibatomic({ platform: 'darwin', bundledNode: '/nowhere' })).toMatchObject([
      { kind: 'skipped' },
    ])
  })

  it('is content with a bundled Node that starts, and with none', async () => {
    for (const bundledNode of [process.execPath, '/nowhere']) {
      expect(await checkLibatomic({ platform: 'linux', bundledNode })).toMatchObject([{ kind: 'fine' }])
    }
  })

  it('does not take another complaint for this one', async (context) => {
    if (process.platform === 'win32') return context.skip('needs a shell script as a program')
    using home = temporaryHome()
    const bundledNode = join(home.path, 'node')
    writeFileSync(bundledNode, '#!/bin/sh\necho "node: bad option" >&2\nexit 9\n', { mode: 0o755 })
    expect(await checkLibatomic({ platform: 'linux', bundledNode })).toMatchObject([{ kind: 'fine' }])
  })
})
