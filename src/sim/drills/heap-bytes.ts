import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of this process's heap that are in use once everything is collected that can be. */
export function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (isCallable(collect)) collect()
  return process.memoryUsage().heapUsed
}

function isCallable(value: unknown): value is () => void {
  return typeof value === 'function'
}
