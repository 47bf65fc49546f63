import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  filesNamedIn,
  leftIn,
  startRehearsalProcess,
  startScript,
  temporaryHome,
} from '../support/server-process.ts'

const speech = join(import.meta.dirname, '../../src/sim/speech/caller-opening-hours.wav')

/** Runs `npm run call` in a home of its own rehearsals. */
function call(home: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return startScript({ script: 'cli/call.ts', home, args, env }).outcome
}

/** Where this recording lies beside the project, a second line answers it at the same time. */
const recordedVoice = join(import.meta.dirname, '../../../shared/fixtures/speech/announcement-en-16k.wav')

describe.concurrent('npm run demo', { timeout: 60_000 }, () => {
  it('plays a call in which something is confirmed and done, shows what the audit log says, and names files that are there', async () => {
    using home = temporaryHome()
    const demo = await startScript({ script: 'cli/demo.ts', home: home.path }).outcome
    expect(demo).toMatchObject({ code: 0, stderr: '' })
    expect(demo.stdout).toMatch(/^Agent {3}Shall I text Ann, .*\nCaller {2}Yes, please do\.$/m)
    expect(demo.stdout).toMatch(/^One moment\..* ms +\d+\.\d ms/m)
    const audited = [...demo.stdout.matchAll(/^ +\d+ {2}(\w+ +send_sms +[\w, ]*\w|intent +send_sms) /gm)]
    expect(audited.map(([, said = '']) => said.replace(/ +send_sms +/, ': '))).toEqual(
      expect.arrayContaining(['question: asked, heard', 'answer: confirmed, yes', 'outcome: done']),
    )
    expect(demo.stdout).toMatch(/^All \d+ records of the log hang together/m)
    const files = filesNamedIn(demo)
    expect(files).toHaveLength(existsSync(recordedVoice) ? 6 : 3)
    expect(files.filter((file) => !existsSync(join(home.path, file)))).toEqual([])
    expect(leftIn(home.path)).toEqual([])
  })

  it.for([
    [['--scenario', 'nope'], /^No scenario is called nope: there are .*opening-hours.*\n$/],
    [['--loud'], /^Unknown option '--loud'\nUsage: npm run demo/],
    [['loud'], /^Unexpected argument 'loud'\nUsage: npm run demo/],
  ] as const)('%j ends with 64 and a sentence', async ([args, said]) => {
    using home = temporaryHome()
    const { code, stderr } = await startScript({ script: 'cli/demo.ts', home: home.path, args }).outcome
    expect(code).toBe(64)
    expect(stderr).toMatch(said)
    expect(leftIn(home.path)).toEqual([])
  })

  it('leaves nothing temporary behind when it is broken off', async () => {
    using home = temporaryHome()
    await using demo = startScript({ script: 'cli/demo.ts', home: home.path })
    await demo.says('text message', 'stdout')
    expect(leftIn(home.path)).toHaveLength(1)
    demo.child.kill('SIGINT')
    expect(await demo.outcome).toMatchObject({ code: 130, stderr: '' })
    expect(leftIn(home.path)).toEqual([])
  })
})

describe.concurrent('npm run call', { timeout: 40_000 }, () => {
  it('rings the rehearsal, shows the call and names its files; says what it cannot ring', async () => {
    using home = temporaryHome()
    // What a rehearsal that was killed leaves behind is no obstacle, and goes.
    const name = `consigliere-rehearsal-${process.getuid?.() ?? -1}-9.json`
    await using server = await startRehearsalProcess({ home: home.path })
    writeFileSync(join(home.path, name), '{"url":"http://127.0.0.1:9","key":"x"}', { mode: 0o600 })
    writeFileSync(join(home.path, 'no.wav'), 'RIFF')
    const [shown, played] = await Promise.all([
      call(home.path, ['--scenario', 'hangs-up-mid-word']),
      call(home.path, ['--wav', speech], { PORT: server.port }),
    ])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toMatch(
      /^Agent {3}Hello! .*\n[^]*\nCaller {2}Hi, good morning\.[^]*\(interrupted\)\n/,
    )
    expect(shown.stdout).toMatch(/The call took \d+ s, then the caller hung up\./)
    expect(played).toMatchObject({ code: 0, stderr: '' })
    expect(played.stdout).toContain('Agent   Gladly. Who is calling, and what should I pass on?\n')
    const files = [shown, played].flatMap(filesNamedIn)
    expect(files).toHaveLength(6)
    expect(files.filter((file) => !existsSync(file))).toEqual([])
    expect(leftIn(home.path)).not.toContain(name)

    expect(await call(home.path, ['--scenario', 'nope'])).toMatchObject({
      code: 65,
      stderr: expect.stringMatching(/^No scenario is called nope: there are .*opening-hours.*\n$/) as unknown,
    })
    expect(await call(home.path, ['--wav', 'no.wav'])).toMatchObject({
      code: 65,
      stderr: 'Cannot read WAV: it does not start with RIFF and WAVE\n',
    })
    expect(await call(home.path, ['--scenario', 'opening-hours'], { PORT: '9' })).toMatchObject({ code: 69 })
  })

  it('says so when the rehearsal dies in the middle of the call', async () => {
    using home = temporaryHome()
    await using server = await startRehearsalProcess({ home: home.path })
    await using ringing = startScript({
      script: 'cli/call.ts',
      home: home.path,
      args: ['--scenario', 'silent-caller'],
    })
    await ringing.says('Agent', 'stdout')
    server.child.kill('SIGKILL')
    expect(await ringing.outcome).toMatchObject({
      code: 69,
      stderr: 'The rehearsal went away in the middle of the call\n',
    })
  })

  it.for([
    [[], 64, 'Usage: npm run call'],
    [['--scenario', 'a', '--wav', 'b'], 64, 'Usage: npm run call'],
    [['--wav'], 64, "Option '--wav <value>' argument missing\nUsage: npm run call"],
    [['--loud'], 64, "Unknown option '--loud'\nUsage: npm run call"],
    [['--wav', 'nowhere.wav'], 66, 'Cannot read nowhere.wav: there is no such file\n'],
    [['--wav', '.'], 66, 'Cannot read .: it is a folder\n'],
    [
      ['--scenario', 'opening-hours'],
      69,
      'No rehearsal is running: start one with npm start, without keys\n',
    ],
  ] as const)('%j without a rehearsal ends with %i and a sentence', async ([args, code, said]) => {
    using home = temporaryHome()
    const outcome = await call(home.path, args)
    expect(outcome).toMatchObject({ code, stdout: '' })
    expect(outcome.stderr.startsWith(said)).toBe(true)
    expect(outcome.stderr).not.toMatch(/^\s+at /m)
  })
})
