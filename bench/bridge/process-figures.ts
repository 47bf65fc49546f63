import { readdirSync, readFileSync } from 'node:fs'

/** What a process has used so far; Linux only. */
export type ProcessFigures = {
  /** Processor time of all its threads, to the microsecond. */
  readonly cpuMs: number
  /** The part of it that the kernel used on its behalf, in steps of 10 ms. */
  readonly systemMs: number
  readonly rssBytes: number
}

const TICK_MS = 10

/**
 * Reads what the kernel knows of a process. Asked from outside, so that both servers are measured alike and neither is
 * disturbed.
 * Source: proc(5): /proc/pid/task/tid/schedstat, /proc/pid/stat, /proc/pid/status
 */
export function processFigures(pid: number): ProcessFigures {
  const folder = `/proc/${pid}`
  let nanoseconds = 0
  for (const thread of readdirSync(`${folder}/task`)) {
    nanoseconds += Number(readFileSync(`${folder}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  }
  const stat = readFileSync(`${folder}/stat`, 'utf8')
  // The name in brackets may hold anything; stime is the 15th field of all, the 13th after the name.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const rssKib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`${folder}/status`, 'utf8'))?.[1]
  return {
    cpuMs: nanoseconds / 1e6,
    systemMs: Number(fields[12]) * TICK_MS,
    rssBytes: Number(rssKib) * 1_024,
  }
}
