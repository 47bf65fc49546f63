import { spawnSync } from 'node:child_process'

/** Where the load runs, and where the servers do. */
export const cores = { load: 1, server: 0 } as const

/**
 * Keeps all threads of a process on one core. Where the load and the server share two, the kernel often wakes the load on
 * the core that the server is busy on, and lets it wait there: what is measured then is that.
 * @throws Error where there is no taskset (util-linux), or no such core
 */
export function pin(pid: number, core: number): void {
  const { status, error } = spawnSync('taskset', ['-apc', String(core), String(pid)])
  if (status !== 0)
    throw new Error(`Cannot keep a process on core ${core}: ${error?.message ?? 'taskset failed'}`)
}
