import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PersonExport } from '../../src/ports/upkeep.ts'
import { openedRecords } from '../storage/opening.ts'
import { temporaryHome } from '../support/server-process.ts'
import { callOf, run } from './command.ts'

const number = '+14155550123'

describe.concurrent('npm run export', { timeout: 30_000 }, () => {
  it('writes everything about one number to a new private file, beside the server', async () => {
    using home = temporaryHome()
    const dataDir = join(home.path, 'data')
    await using records = await openedRecords(dataDir)
    const callSid = await callOf(records, number)
    await callOf(records, '+14155550124')
    const contact = { contactId: 'contact_1', name: 'Ann', number, createdAtMs: 1, updatedAtMs: 2 }
    await records.contacts.put(contact)
    await records.permissions.optOut(number, { source: 'sms', nowMs: Date.now() })
    const env = { DATA_DIR: dataDir }
    const outcome = await run('export', home.path, { env, args: [number, 'ann.json'] })
    expect(outcome).toMatchObject({
      code: 0,
      stdout: 'Written to ann.json: 1 calls, 1 contacts, 0 effects\n',
    })
    const file = join(home.path, 'ann.json')
    const found = JSON.parse(readFileSync(file, 'utf8')) as PersonExport
    expect(found).toMatchObject({ number, contacts: [contact], optedOut: true, consents: [] })
    expect(found.calls).toMatchObject([
      { call: { callSid, from: number }, turns: [{ text: 'my secret garden' }] },
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await run('export', home.path, { env, args: [number, 'ann.json'] })).toMatchObject({ code: 1 })
    expect(await run('export', home.path, { env, args: [number] })).toMatchObject({ code: 64 })
  })

  it('says in a sentence why it cannot, and leaves nothing behind', async () => {
    using home = temporaryHome()
    const dataDir = join(home.path, 'data')
    await (await openedRecords(dataDir))[Symbol.asyncDispose]()
    const env = { DATA_DIR: dataDir }
    rmSync(join(dataDir, 'person.key'))
    expect(await run('export', home.path, { env, args: [number, 'ann.json'] })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Cannot open storage: person.key in the data directory cannot be used (it is not there)\n',
    })
    writeFileSync(join(dataDir, 'consigliere.db'), 'This is no database. '.repeat(300))
    writeFileSync(join(dataDir, 'person.key'), `${'0'.repeat(64)}\n`, { mode: 0o600 })
    expect(await run('export', home.path, { env, args: [number, 'ann.json'] })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Cannot use storage: the database is damaged, restore a backup\n',
    })
    expect(readdirSync(home.path)).toEqual(['data'])
  })
})
