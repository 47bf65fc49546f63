import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Memory of buffers is given back beside the collection that finds them unused: the next one sees it gone. */
const ROUNDS = 3

/** What this process still uses once everything is collected that can be, in bytes: objects, and buffers beside them. */
export async function ownHeap(): Promise<{ readonly heapBytes: number; readonly bufferBytes: number }> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  for (let round = 0; round < ROUNDS; round++) {
    if (isCallable(collect)) collect()
    await turnOfTheLoop()
  }
  const { heapUsed, external } = process.memoryUsage()
  return { heapBytes: heapUsed, bufferBytes: external }
}

function isCallable(value: unknown): value is () => void {
  return typeof value === 'function'
}
