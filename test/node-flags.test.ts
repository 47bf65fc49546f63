import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const flags = JSON.parse(
  readFileSync(join(import.meta.dirname, '../src/node-flags.json'), 'utf8'),
) as string[]

/**
 * V8 would let the old part of the heap grow to several times of what is alive: a flood of refused requests took 70 to
 * 120 MB, and everyday calls 40 MB more than they use.
 * Source: V8 reads --heap-growing-percent at every collection, src/heap/memory-controller.cc
 *
 * Keeps so much alive as a server with some calls, lets what lives for a while die again and again, and answers with the
 * most of the old space that was garbage, in megabytes.
 */
function mostGarbageMb(options: readonly string[]): number {
  const script = `
    import { setImmediate as turn } from 'node:timers/promises'
    import { getHeapSpaceStatistics } from 'node:v8'
    const oldBytes = () => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size
    const alive = Array.from({ length: 24 * 1024 }, () => new Array(128).fill(0.5))
    const ring = new Array(20_000).fill(0)
    let most = 0
    for (let made = 0; made < 1_500_000; made++) {
      ring[made % ring.length] = new Array(16).fill(made + 0.5)
      if (made % 1_000 !== 0) continue
      await turn()
      most = Math.max(most, oldBytes())
    }
    console.log(Math.round(most / 1024 / 1024) - 24, alive.length)`
  const args = [...options, '--input-type=module', '--eval', script]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }).split(' ')[0])
}

describe('node-flags.json', () => {
  it('lets garbage that has grown old be collected before there is much of it', { timeout: 60_000 }, () => {
    const others = flags.filter((flag) => !flag.startsWith('--heap-growing-percent='))
    expect(others).toHaveLength(flags.length - 1)
    expect(mostGarbageMb(flags)).toBeLessThan(0.7 * mostGarbageMb(others))
  })
})
