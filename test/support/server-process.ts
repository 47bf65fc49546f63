import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** A script that runs longer than any test is killed. */
const LONGEST_RUN_MS = 60_000

/** A folder that a process takes for the temporary folder of the system and for its working directory. */
export function temporaryHome(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'consigliere-home-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** What a process said and how it ended. */
export type Outcome = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** A running script of this project. */
export type Script = AsyncDisposable & {
  readonly child: ChildProcess
  /** Resolves when standard error (or standard output) holds the text; rejects when the process ends before. */
  said(on: 'stdout' | 'stderr'): string
  says(text: string, on?: 'stdout' | 'stderr'): Promise<void>
  readonly outcome: Promise<Outcome>
}

/** Starts a script of src/ with no setting but those given; it is killed at the latest when the test ends. */
export function startScript(options: {
  readonly script: string
  readonly home: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly nodeFlags?: readonly string[]
}): Script {
  const { script, home, args = [], env = {}, nodeFlags = [] } = options
  const child = spawn(process.execPath, [...nodeFlags, join(root, 'src', script), ...args], {
    cwd: home,
    // All tests share this machine: what is late on it is not the server.
    env: { TMPDIR: home, PERSONA_DIR: join(root, 'personas'), PORT: '0', MAX_LOOP_DELAY_MS: '60000', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_RUN_MS,
    killSignal: 'SIGKILL',
  })
  // A test that fails before it waits for its script leaves none behind either.
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  const said = { stdout: '', stderr: '' }
  const wakers = new Set<() => void>()
  const wake = () => wakers.forEach((waker) => waker())
  for (const on of ['stdout', 'stderr'] as const) {
    child[on].setEncoding('utf8').on('data', (text: string) => {
      said[on] += text
      wake()
    })
  }
  const closed = once(child, 'close').then(([code]) => {
    process.off('exit', kill)
    wake()
    return { code: code as number | null, ...said }
  })
  return {
    child,
    outcome: closed,
    said: (on) => said[on],
    says: async (text, on = 'stderr') => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const look = (): void => {
        if (said[on].includes(text)) resolve()
        else if (child.exitCode !== null) reject(new Error(`Ended without "${text}": ${said.stderr}`))
      }
      wakers.add(look)
      look()
      await promise.finally(() => wakers.delete(look))
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await closed
    },
  }
}

/** A rehearsal that runs, and the port on which it does. */
export type RehearsalProcess = Script & { readonly port: string; readonly home: string }

/** Starts a rehearsal and waits until it can be rung. */
export async function startRehearsalProcess(
  options: Omit<Parameters<typeof startScript>[0], 'script'>,
): Promise<RehearsalProcess> {
  const server = startScript({ script: 'main.ts', ...options })
  await server.says('Ctrl-C ends it.')
  const [, port = ''] = /Rehearsal at http:\/\/127\.0\.0\.1:(\d+)/.exec(server.said('stderr')) ?? []
  return { ...server, port, home: options.home }
}

/** What a rehearsal leaves in the temporary folder while it runs, and must not leave after it. */
export function leftIn(home: string): readonly string[] {
  return readdirSync(home).filter((name) => name.startsWith('consigliere-'))
}

/** Rings a rehearsal as npm run call does; answers with each line of the call as it comes. */
export async function* ring(
  { home, port }: RehearsalProcess,
  scenario: string,
): AsyncGenerator<Record<string, unknown>> {
  const file = leftIn(home).find((name) => name.startsWith('consigliere-rehearsal-') && name.includes(port))
  const { url, key } = JSON.parse(readFileSync(join(home, file ?? 'none'), 'utf8')) as Record<string, string>
  const headers = { authorization: `Bearer ${key}` }
  const response = await fetch(`${url}/ring?scenario=${scenario}`, { method: 'POST', headers })
  let rest = ''
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as Record<string, unknown>
  }
}

/** The files of a call that a command lists at its end. */
export function filesNamedIn({ stdout }: Outcome): readonly string[] {
  return [...stdout.matchAll(/^ {2}(\S+\.(?:wav|jsonl))$/gm)].map(([, file = '']) => file)
}
