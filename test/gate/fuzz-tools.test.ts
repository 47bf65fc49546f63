import { describe, expect, it } from 'vitest'
import { startToolGround } from '../../src/app/tool-ground.ts'
import { drillFuzzTools } from '../../src/sim/drills/fuzz-tools.ts'
import type { ToolGround } from '../../src/sim/drills/tool-ground.ts'

describe('gates to which any tool call is proposed', () => {
  it('answer all of them, and run no handler on arguments that are none, or without a yes', async () => {
    await using ground = await startToolGround()
    const { numbers, missed } = await drillFuzzTools(ground, { seed: 7, count: 3_000 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ calls: 3_000, surprises: {} })
  })

  it('drillFuzzTools() sees a gate that runs whatever it is asked for', async () => {
    const reckless: ToolGround = {
      open: () => {
        const runs: { tool: string; input: unknown }[] = []
        return {
          runs,
          propose: async ({ name, arguments: text }) => {
            runs.push({ tool: name, input: text })
            return { status: 'done', output: '{}' }
          },
          [Symbol.asyncDispose]: async () => undefined,
        }
      },
      call: () => {
        throw new Error('Nobody calls')
      },
      classify: () => 'unknown',
      audit: async () => ({ isWhole: false, kinds: {}, reasons: {} }),
    }
    const { missed } = await drillFuzzTools(reckless, { seed: 7, count: 300 })
    expect(missed).toHaveLength(4)
    expect(missed[0]).toMatch(/ran on arguments that are none|ran without a yes/)
  })
})
