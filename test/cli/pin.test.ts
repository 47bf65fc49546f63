import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/read-config.ts'
import { matchesScryptHash } from '../../src/lib/scrypt-hash.ts'

const script = join(import.meta.dirname, '../../src/cli/pin.ts')

function run(input: string) {
  return spawnSync(process.execPath, [script], { encoding: 'utf8', input })
}

describe('npm run pin', () => {
  it('prints the setting that holds the hash of what was typed, and never the PIN', async () => {
    const { status, stdout, stderr } = run('271828\n')
    expect(status).toBe(0)
    expect(stdout + stderr).not.toContain('271828')
    const [name = '', hash = ''] = stdout.trim().split('=')
    expect(await matchesScryptHash('271828', hash)).toBe(true)
    const { secrets } = readConfig({ [name]: hash }, { readFile: () => undefined })
    expect(secrets.godfatherPinHash).toBe(hash)
  })

  it.each(['27182', '27182818284', '2718ab', ''])('refuses %j with exit code 65', (typed) => {
    const { status, stdout, stderr } = run(`${typed}\n`)
    expect({ status, stdout }).toEqual({ status: 65, stdout: '' })
    expect(stderr).toContain('6 to 10 digits')
  })

  it('ends when nothing is typed at all', () => {
    expect(run('').status).toBe(65)
  })
})
