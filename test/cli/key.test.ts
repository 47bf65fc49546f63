import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/read-config.ts'

const script = join(import.meta.dirname, '../../src/cli/key.ts')

function run(...args: string[]) {
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
}

describe('npm run key', () => {
  it('prints a key once and the entry that API_KEYS accepts for it', () => {
    const { status, stdout } = run('ops', 'metrics', 'read')
    const [, key = '', entry = ''] = /(csg_[\w-]{43})\n[^]*?(\{.*\})/.exec(stdout) ?? []
    expect(status).toBe(0)
    expect(stdout.split(key)).toHaveLength(2)
    const { secrets } = readConfig({ API_KEYS: `[${entry}]` }, { readFile: () => undefined })
    expect(secrets.apiKeys).toEqual([
      { name: 'ops', scopes: ['metrics', 'read'], sha256: createHash('sha256').update(key).digest('hex') },
    ])
  })

  it.each([
    [[], 'Name the key'],
    [['ops'], 'Give at least one scope'],
    [['ops', 'root'], 'Unknown scope "root"'],
    [['ops', 'read', 'read'], 'Give each scope once'],
    [['two words', 'read'], 'Name the key'],
  ])('refuses %j with exit code 64 and nothing on standard output', (args, sentence) => {
    const { status, stdout, stderr } = run(...args)
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
    expect(stderr).toContain(sentence)
  })
})
