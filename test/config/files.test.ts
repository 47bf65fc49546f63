import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadEnvFile } from '../../src/config/env-file.ts'
import { readOwnerFile } from '../../src/config/owner-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'consigliere-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(name: string, text: string, mode: number): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

describe('readOwnerFile()', () => {
  const text = '{"phone_numbers_csv": "+14155550101"}'

  it('reads a file that only its owner may read', () => {
    expect(readOwnerFile(written('private.json', text, 0o600))).toEqual({
      phoneNumbers: ['+14155550101'],
      email: undefined,
      problems: [],
    })
  })

  it('refuses a file that others may read', () => {
    expect(readOwnerFile(written('public.json', text, 0o644)).problems).toHaveLength(1)
  })

  it('answers nobody when there is no file, and a problem when it cannot be read', () => {
    expect(readOwnerFile(join(folder, 'none.json'))).toMatchObject({ phoneNumbers: [], problems: [] })
    expect(readOwnerFile(folder).problems).toEqual([{ name: folder, problem: 'cannot be read (EISDIR)' }])
  })
})

describe('loadEnvFile()', () => {
  it('adds what the process does not set', () => {
    const path = written('.env', "PORT=4000\n# HOST=x\nGODFATHER_PIN_HASH='scrypt$1$2'\n", 0o600)
    expect(loadEnvFile(path, { PORT: '5000' })).toEqual({
      env: { PORT: '5000', GODFATHER_PIN_HASH: 'scrypt$1$2' },
      readableByOthers: false,
    })
  })

  it('tells when others may read the file, and adds nothing without one', () => {
    expect(loadEnvFile(written('open.env', 'PORT=1', 0o644), {}).readableByOthers).toBe(true)
    expect(loadEnvFile(join(folder, 'none.env'), { A: 'b' })).toEqual({
      env: { A: 'b' },
      readableByOthers: false,
    })
  })
})
