import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Finding } from '../ports/check.ts'

const DEADLINE_MS = 5_000

/**
 * Whether the Node that the project brings finds its one system library: a shell or a supervisor with an older Node of
 * its own is handed over to that one, and would be told nothing but status 127.
 * @param options.bundledNode where it would be; one that is not there is not needed
 */
export async function checkLibatomic(options: {
  readonly platform: string
  readonly bundledNode: string
}): Promise<readonly Finding[]> {
  const { platform, bundledNode } = options
  if (platform !== 'linux') return [{ kind: 'skipped', says: 'only Linux needs it' }]
  if (!existsSync(bundledNode)) {
    return [{ kind: 'fine', says: 'this Node has what it needs, and no other is brought along' }]
  }
  if (!/libatomic\.so\.1/.test(await complaintOf(bundledNode))) {
    return [{ kind: 'fine', says: 'the Node that the project brings starts' }]
  }
  return [
    {
      kind: 'warning',
      says: 'the Node that the project brings cannot start without it; this one runs only where you started it',
      fix: {
        name: 'installLibatomic',
        does: 'Install the system library libatomic: apt-get install libatomic1',
      },
    },
  ]
}

/** What a program writes to standard error when it is asked for its version. */
function complaintOf(program: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      program,
      ['--version'],
      { timeout: DEADLINE_MS, killSignal: 'SIGKILL' },
      (_error, _stdout, stderr) => resolve(stderr),
    )
  })
}
