import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { opened } from './storage/opening.ts'
import {
  leftIn,
  ring,
  type RehearsalProcess,
  startRehearsalProcess,
  startScript,
  temporaryHome,
} from './support/server-process.ts'

type LogLine = { readonly kind: string; readonly level: string; readonly callSid?: string }

function logOf(stdout: string): readonly LogLine[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LogLine)
}

/** Reads a call until its caller has heard something. */
async function untilFirstTurn(call: AsyncGenerator<Record<string, unknown>>): Promise<string> {
  const { value } = (await call.next()) as { value?: Record<string, unknown> }
  expect(value).toMatchObject({ kind: 'turn', speaker: 'agent' })
  return String(value?.['callSid'])
}

async function rest(call: AsyncGenerator<Record<string, unknown>>): Promise<Record<string, unknown>[]> {
  const entries: Record<string, unknown>[] = []
  for await (const entry of call) entries.push(entry)
  return entries
}

describe.concurrent('npm start', { timeout: 40_000 }, () => {
  it('without keys announces a rehearsal to people, and keeps what it invented out of the log', async () => {
    using home = temporaryHome()
    await using server = await startRehearsalProcess({ home: home.path })
    server.child.kill('SIGTERM')
    const { code, stdout, stderr } = await server.outcome
    expect(code).toBe(0)
    expect(stderr).toMatch(/^Rehearsal at http:\/\/127\.0\.0\.1:\d+/)
    expect(stderr).toContain('npm run call -- --scenario opening-hours')
    const secrets = [...stderr.matchAll(/(?:TOKEN|API_KEY)=(\S+)|scopes: (\S+)/g)].map(([, a, b]) => a ?? b)
    expect(secrets).toHaveLength(3)
    expect(secrets.filter((secret) => stdout.includes(secret ?? ''))).toEqual([])
    expect(logOf(stdout).map(({ kind }) => kind)).toEqual([
      'starting',
      'storageOpened',
      'listening',
      'stopping',
      'auditHead',
    ])
    expect(leftIn(home.path)).toEqual([])
  })

  it('lets the caller of a live call hear goodbye when it is stopped, however often it is told so', async () => {
    using home = temporaryHome()
    await using server = await startRehearsalProcess({ home: home.path })
    const call = ring(server, 'silent-caller')
    await untilFirstTurn(call)
    expect(leftIn(home.path)).toHaveLength(2)
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) server.child.kill(signal)
    const entries = await rest(call)
    expect(entries.at(-1)).toMatchObject({ kind: 'end', endedBy: 'rest', errors: [] })
    const turns = entries.filter(({ kind }) => kind === 'turn')
    expect(turns.at(-1)).toMatchObject({ speaker: 'agent', source: 'fixed', interrupted: false })
    expect(turns.at(-1)?.['text']).toMatch(/goodbye/i)
    const { code, stdout, stderr } = await server.outcome
    expect(code).toBe(0)
    expect(stderr.split('Ctrl-C ends it.\n')[1]).toBe('')
    expect(logOf(stdout).find(({ kind }) => kind === 'callEnded')).toMatchObject({ reason: 'shutdown' })
    expect(leftIn(home.path)).toEqual([])
  })

  it('on SIGTERM lets a live call go on, and on a second signal ends at once', async () => {
    using home = temporaryHome()
    await using server = await startRehearsalProcess({ home: home.path })
    const call = ring(server, 'silent-caller')
    await untilFirstTurn(call)
    server.child.kill('SIGTERM')
    await server.says('"stopping"', 'stdout')
    const refused = await fetch(`http://127.0.0.1:${server.port}/readyz`)
    expect([refused.status, await refused.json()]).toEqual([503, { status: 'not ready' }])
    // The disclosure has been heard to its end: seconds later the call lives.
    for await (const entry of call) {
      expect(entry['kind']).toBe('turn')
      if (Number(entry['heardMs']) > 3_000) break
    }
    server.child.kill('SIGTERM')
    const { code, stdout } = await server.outcome
    expect(code).toBe(143)
    expect(logOf(stdout).find(({ kind }) => kind === 'stopping')).toMatchObject({
      mode: 'patiently',
      count: 1,
    })
    expect(logOf(stdout).map(({ kind }) => kind)).not.toContain('callEnded')
  })

  it('is gone when its time is over, also when something hangs', async () => {
    using home = temporaryHome()
    const plant = `import { Server } from 'node:http'; Server.prototype.close = function () { return this }`
    const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(plant)}`]
    await using server = await startRehearsalProcess({
      home: home.path,
      nodeFlags,
      env: { DRAIN_SECONDS: '3' },
    })
    server.child.kill('SIGTERM')
    const { code, stdout } = await server.outcome
    expect(code).toBe(1)
    expect(logOf(stdout).at(-1)).toMatchObject({ level: 'fatal', kind: 'drainOverrun' })
  })

  it('after kill -9 in mid-call closes the call in the record, and says so', async () => {
    using home = temporaryHome()
    const dataDir = join(home.path, 'data')
    const start = (): Promise<RehearsalProcess> =>
      startRehearsalProcess({ home: home.path, env: { DATA_DIR: dataDir } })
    await using first = await start()
    const call = ring(first, 'silent-caller')
    const callSid = await untilFirstTurn(call)
    await using second = startScript({ script: 'main.ts', home: home.path, env: { DATA_DIR: dataDir } })
    expect(await second.outcome).toMatchObject({
      code: 1,
      stderr: 'Cannot open storage: another process uses this data directory\n',
    })
    await first[Symbol.asyncDispose]()
    await rest(call).catch(() => undefined)
    {
      await using again = await start()
      // The next call is a new one, and not taken for the one that died.
      const next = ring(again, 'silent-caller')
      expect(await untilFirstTurn(next)).not.toBe(callSid)
      again.child.kill('SIGINT')
      const { folder } = (await rest(next)).at(-1) ?? {}
      expect(String(folder).startsWith(join(dataDir, 'runs'))).toBe(true)
      const { code, stdout } = await again.outcome
      expect(code).toBe(0)
      expect(logOf(stdout).filter(({ kind }) => kind === 'orphanClosed')).toEqual([
        expect.objectContaining({ callSid, level: 'warn' }),
      ])
    }
    await using storage = await opened(dataDir)
    const record = await storage.completeCall(callSid)
    expect(record?.call).toMatchObject({ ending: 'processDied', endedAtMs: expect.any(Number) as unknown })
    expect(record?.streams).toHaveLength(1)
    expect(record?.sessions).toHaveLength(1)
    for (const { endedAtMs } of [...(record?.streams ?? []), ...(record?.sessions ?? [])]) {
      expect(endedAtMs).toBeTypeOf('number')
    }
  })

  it('ends with exit code 78 and every wrong setting by name, without its value', async () => {
    using home = temporaryHome()
    const env = {
      PORT: 'seventy',
      OPENAI_API_KEY: 'sk-proj-9fKq2LmZ7',
      TWILIO_ACCOUNT_SID: 'AC-hidden',
      TWILIO_AUTH_TOKEN: 'token-hidden',
      PUBLIC_URL: 'ftp://hidden.example.org',
    }
    const { code, stdout, stderr } = await startScript({ script: 'main.ts', home: home.path, env }).outcome
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
    for (const name of [
      'PORT',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'TWILIO_PHONE_NUMBER',
      'PUBLIC_URL',
    ]) {
      expect(stderr).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
    expect(stderr).not.toMatch(/seventy|9fKq2LmZ7|hidden|^\s+at /m)
  })

  it('names the port that is taken, in one sentence', async () => {
    using home = temporaryHome()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { code, stderr } = await startScript({
      script: 'main.ts',
      home: home.path,
      env: { PORT: `${port}` },
    }).outcome
    other.close()
    const said = `Cannot listen on port ${port} of 127.0.0.1: another process does, stop it or set PORT to another\n`
    expect({ code, stderr }).toEqual({ code: 1, stderr: said })
    expect(leftIn(home.path)).toEqual([])
  })

  it.for([
    ['none', /^Cannot start: ENOENT: .*none.assistant\.md'\n$/, 1],
    ['.', /^Cannot start: one setting is wrong\n {2}PERSONA_DIR .*assistant\.md.*\n$/, 78],
  ] as const)('names the persona that cannot be used, PERSONA_DIR=%s', async ([folder, said, exitCode]) => {
    using home = temporaryHome()
    writeFileSync(join(home.path, 'assistant.md'), 'no head')
    const env = { PERSONA_DIR: folder }
    const { code, stderr } = await startScript({ script: 'main.ts', home: home.path, env }).outcome
    expect(stderr).toMatch(said)
    expect(code).toBe(exitCode)
    expect(leftIn(home.path)).toEqual([])
  })

  it.for(['throw new Error("pl" + "anted")', 'void Promise.reject(new Error("pl" + "anted"))'])(
    'after a fault that nobody catches (%s) logs it without its message, closes what it can and ends with 1',
    async (fault) => {
      using home = temporaryHome()
      const plant = `data:text/javascript,process.on('SIGUSR2',()=>{${encodeURIComponent(fault)}})`
      await using server = await startRehearsalProcess({ home: home.path, nodeFlags: ['--import', plant] })
      server.child.kill('SIGUSR2')
      const { code, stdout, stderr } = await server.outcome
      expect(code).toBe(1)
      expect(stderr).toMatch(/\nError\n {4}at /)
      expect(stdout + stderr).not.toContain('planted')
      expect(logOf(stdout).slice(-3)).toEqual([
        expect.objectContaining({ level: 'fatal', kind: 'uncaught', reason: 'Error' }),
        expect.objectContaining({ kind: 'stopping' }),
        expect.objectContaining({
          kind: 'auditHead',
          hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
        }),
      ])
      expect(leftIn(home.path)).toEqual([])
    },
  )

  it('leaves nothing behind when it is stopped while it starts', async () => {
    using home = temporaryHome()
    await using server = startScript({ script: 'main.ts', home: home.path })
    await server.says('"storageOpened"', 'stdout')
    server.child.kill('SIGTERM')
    expect(await server.outcome).toMatchObject({ code: 0 })
    expect(leftIn(home.path)).toEqual([])
    expect(existsSync(join(home.path, 'data'))).toBe(false)
  })
})
