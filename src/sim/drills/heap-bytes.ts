import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { getHeapCodeStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Memory of buffers is given back beside the collection that finds them unused: a later one sees it gone. */
const ROUNDS = 3

/** Bytes of this process's heap that are in use once everything is collected that can be. */
export function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (isCallable(collect)) collect()
  return process.memoryUsage().heapUsed
}

/** The same with the buffers beside the heap. */
export async function ownHeldBytes(): Promise<number> {
  for (let round = 1; round < ROUNDS; round++) {
    heapBytes()
    await turnOfTheLoop()
  }
  return heapBytes() + process.memoryUsage().external
}

/** Bytes of this process's heap that its compiled functions take: more of them are compiled the longer it runs. */
export function codeBytes(): number {
  const { code_and_metadata_size, bytecode_and_metadata_size } = getHeapCodeStatistics()
  return code_and_metadata_size + bytecode_and_metadata_size
}

function isCallable(value: unknown): value is () => void {
  return typeof value === 'function'
}
