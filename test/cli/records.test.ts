import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openedRecords } from '../storage/opening.ts'
import { callOf, run } from './command.ts'
import { crashing } from '../storage/process-contract.ts'
import { postgresServer } from '../storage/postgres-server.ts'
import { ringingCall, startedAtMs } from '../storage/records.ts'
import { ring, startRehearsalProcess, temporaryHome } from '../support/server-process.ts'

const server = await postgresServer()
afterAll(() => server[Symbol.asyncDispose]())

const number = '+14155550123'
const ourNumber = '+14155550100'
/** What erasing it answers. */
const ownNumber = {
  code: 65,
  stdout: '',
  stderr: 'That is a number of this server: every call would go with it\n',
}

/** Whether a text is in any file of a folder. */
function isIn(folder: string, text: string): boolean {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
  return files.some((file) => file.isFile() && readFileSync(join(file.parentPath, file.name)).includes(text))
}

describe.concurrent('npm run backup', { timeout: 30_000 }, () => {
  it('copies beside a process that writes all the time, and the copy can be opened', async () => {
    using home = temporaryHome()
    const dataDir = join(home.path, 'data')
    const writer = crashing({ crashArguments: [dataDir] })
    const said: string[] = []
    const { promise: hasWritten, resolve } = Promise.withResolvers<void>()
    writer.stdout.on('data', (text: Buffer) => {
      said.push(text.toString())
      if (said.join('').split('\n').length > 200) resolve()
    })
    await hasWritten
    const before = said.join('').split('\n').slice(0, -1)
    const file = join(home.path, 'copy.db')
    const { code, stdout, stderr } = await run('backup', home.path, {
      env: { DATA_DIR: dataDir },
      args: [file],
    })
    writer.kill('SIGKILL')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Written and verified: .*copy\.db, its key: .*copy\.db\.key\n/)
    expect([file, `${file}.key`].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600])
    expect(
      readdirSync(home.path)
        .filter((name) => name.startsWith('copy'))
        .toSorted(),
    ).toEqual(['copy.db', 'copy.db.key'])
    const restored = join(home.path, 'restored')
    mkdirSync(restored)
    renameSync(file, join(restored, 'consigliere.db'))
    renameSync(`${file}.key`, join(restored, 'person.key'))
    await using records = await openedRecords(restored)
    const kept = await records.audit.page({ afterSeq: 0, maxRecords: 100_000 })
    const keptLines = new Set(kept.map(({ seq, hash }) => `audit ${seq} ${hash}`))
    expect(before.filter((line) => line.startsWith('audit ') && !keptLines.has(line))).toEqual([])
    const callSids = before.flatMap((line) => /^call (\S+)$/.exec(line)?.[1] ?? [])
    expect(callSids.length).toBeGreaterThan(10)
    for (const callSid of callSids) expect(await records.calls.findCall(callSid)).toBeDefined()
  })

  it('never writes over a file, and leaves none behind when it cannot', async () => {
    using home = temporaryHome()
    const dataDir = join(home.path, 'data')
    await (await openedRecords(dataDir))[Symbol.asyncDispose]()
    const env = { DATA_DIR: dataDir }
    writeFileSync(join(home.path, 'there'), 'precious')
    expect(await run('backup', home.path, { env, args: ['there'] })).toMatchObject({ code: 1 })
    expect(readFileSync(join(home.path, 'there'), 'utf8')).toBe('precious')
    writeFileSync(join(home.path, 'new.key'), 'precious')
    const { code, stderr } = await run('backup', home.path, { env, args: ['new'] })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Cannot start: EEXIST|EEXIST/)
    expect(existsSync(join(home.path, 'new'))).toBe(false)
    expect(readFileSync(join(home.path, 'new.key'), 'utf8')).toBe('precious')
    expect(await run('backup', home.path, { env, args: [] })).toMatchObject({ code: 64 })
    const nowhere = { DATA_DIR: join(home.path, 'nowhere') }
    expect(await run('backup', home.path, { env: nowhere, args: ['x'] })).toMatchObject({ code: 66 })
    const url = { ...env, DATABASE_URL: 'postgres://u:canary@127.0.0.1:1/db' }
    const said = await run('backup', home.path, { env: url, args: ['x'] })
    expect(said).toMatchObject({ code: 69, stdout: '' })
    expect(said.stderr).toMatch(/pg_dump/)
    expect(said.stderr).not.toMatch(/canary/)
  })
})

describe.concurrent('npm run erase', { timeout: 60_000 }, () => {
  it('has the running server do it, which leaves no trace in any file, and the chain verifies', async () => {
    using home = temporaryHome()
    const dataDir = join(home.path, 'data')
    const env = { DATA_DIR: dataDir }
    await using rehearsal = await startRehearsalProcess({ home: home.path, env })
    const call = ring(rehearsal, 'hangs-up-mid-word')
    await call.next()
    // It goes on, so it has to wait.
    expect(await run('erase', home.path, { env, args: [number] })).toMatchObject({
      code: 69,
      stderr: 'A call of that number goes on: try again when it is over\n',
    })
    const entries: unknown[] = []
    for await (const entry of call) entries.push(entry)
    expect(entries.at(-1)).toMatchObject({ kind: 'end', errors: [] })
    expect(isIn(dataDir, number)).toBe(true)
    expect(isIn(dataDir, 'good morning')).toBe(true)
    // It is in every call of the rehearsal.
    expect(await run('erase', home.path, { env, args: [ourNumber] })).toEqual(ownNumber)
    expect(isIn(dataDir, 'good morning')).toBe(true)
    expect(await run('erase', home.path, { env, args: [number] })).toMatchObject({
      code: 0,
      stdout: 'Erased: 1 calls, and the number in 0 other texts\n',
      stderr: '',
    })
    expect(isIn(dataDir, number)).toBe(false)
    expect(isIn(dataDir, '4155550123')).toBe(false)
    expect(isIn(dataDir, 'good morning')).toBe(false)
    expect(await run('verify', home.path, { env, args: [] })).toMatchObject({ code: 0 })
    rehearsal.child.kill('SIGTERM')
    expect(await rehearsal.outcome).toMatchObject({ code: 0 })
    expect(rehearsal.said('stdout')).toMatch(
      /"kind":"erasure".*"status":"erased"|"status":"erased".*"kind":"erasure"/,
    )
    expect(rehearsal.said('stdout')).not.toContain(number)
    expect(existsSync(join(dataDir, 'control.json'))).toBe(false)
  })

  it('does it itself where no server runs', async () => {
    using home = temporaryHome()
    const dataDir = join(home.path, 'data')
    {
      await using records = await openedRecords(dataDir)
      const callSid = await callOf(records, number)
      await callOf(records, '+14155550124')
      await records.permissions.optOut(number, { source: 'sms', nowMs: startedAtMs })
      const left = { messageId: 'RE1', kind: 'recording', recordingSid: 'RE1', durationSeconds: 5 } as const
      await records.calls.insertMessage({ ...left, callSid, from: number, receivedAtMs: 1 })
    }
    const runs = ['with-the-number', 'without'].map((name) => join(dataDir, 'runs', name))
    for (const [index, folder] of runs.entries()) {
      mkdirSync(folder, { recursive: true })
      const text = ['415\n555 0123', '415\n555 0124'][index]
      writeFileSync(join(folder, 'transcript.jsonl'), `{"kind":"start"}\n${JSON.stringify({ text })}\n`)
    }
    const env = { DATA_DIR: dataDir }
    expect(isIn(dataDir, number)).toBe(true)
    expect(await run('erase', home.path, { env, args: [number] })).toMatchObject({
      code: 0,
      stdout:
        'Erased: 1 calls, and the number in 0 other texts\n' +
        'Recordings at Twilio that have to be deleted there: RE1\n',
    })
    expect(isIn(dataDir, number)).toBe(false)
    expect(runs.map((folder) => existsSync(folder))).toEqual([false, true])
    expect(isIn(dataDir, '+14155550124')).toBe(true)
    await using records = await openedRecords(dataDir)
    expect(await records.permissions.isOptedOut(number, startedAtMs)).toBe(true)
    const kinds = (await records.audit.page({ afterSeq: 0, maxRecords: 9 })).map(({ kind }) => kind)
    expect(kinds).toEqual(['erasure', 'erasure'])
  })

  it('takes calls for over that a killed server left open', async () => {
    using home = temporaryHome()
    const dataDir = join(home.path, 'data')
    const killed = crashing({ crashArguments: [dataDir] })
    // What it says first is that a call was written down.
    await once(killed.stdout, 'data')
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    const { from } = ringingCall()
    const outcome = await run('erase', home.path, { env: { DATA_DIR: dataDir }, args: [from] })
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/^Erased: [1-9][0-9]* calls/)
    expect(isIn(dataDir, from)).toBe(false)
  })

  it('erases in PostgreSQL beside a server that uses it', async (context) => {
    server.orSkip(context)
    using home = temporaryHome()
    const databaseUrl = await server.newSchema()
    const dataDir = join(home.path, 'data')
    await using records = await openedRecords(dataDir, { databaseUrl })
    const callSid = await callOf(records, number)
    const env = { DATA_DIR: dataDir, DATABASE_URL: databaseUrl }
    const { code, stdout } = await run('erase', home.path, { env, args: [number] })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Erased: 1 calls.*\nThe files may still hold old copies/)
    expect(await records.calls.findCall(callSid)).toBeUndefined()
    await records.audit.record({ kind: 'auth' })
    expect(await records.audit.verify()).toMatchObject({ ok: true, head: { seq: 3 } })
  })

  it.each([[[]], [['4155550123']], [[number, number]], [['--all']]])(
    'refuses %j with its usage',
    async (args: readonly string[]) => {
      using home = temporaryHome()
      const { code, stderr } = await run('erase', home.path, { env: {}, args })
      expect(code).toBe(64)
      expect(stderr).toMatch(/Usage: npm run erase -- NUMBER/)
      expect(existsSync(join(home.path, 'data'))).toBe(false)
    },
  )

  it('does not erase one of our own numbers, nor export it, which are in every call', async () => {
    using home = temporaryHome()
    const dataDir = join(home.path, 'data')
    const env = {
      DATA_DIR: dataDir,
      OPENAI_API_KEY: `sk-${'a1b2'.repeat(10)}`,
      TWILIO_ACCOUNT_SID: `AC${'0a1b'.repeat(8)}`,
      TWILIO_AUTH_TOKEN: '1f2e'.repeat(8),
      TWILIO_PHONE_NUMBER: `+14155550199,${ourNumber}`,
      PUBLIC_URL: 'https://agent.example.org',
    }
    {
      await using records = await openedRecords(dataDir)
      await callOf(records, number)
    }
    expect(await run('erase', home.path, { env, args: [ourNumber] })).toEqual(ownNumber)
    expect(await run('export', home.path, { env, args: [ourNumber, 'all.json'] })).toMatchObject({
      code: 65,
      stderr: 'That is a number of this server: every call would be in it\n',
    })
    expect(existsSync(join(home.path, 'all.json'))).toBe(false)
    expect(isIn(dataDir, number)).toBe(true)
    expect(await run('erase', home.path, { env, args: [number] })).toMatchObject({ code: 0 })
  })

  it('says when there is nothing', async () => {
    using home = temporaryHome()
    expect(await run('erase', home.path, { env: {}, args: [number] })).toMatchObject({ code: 66 })
  })
})
