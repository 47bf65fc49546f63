import { describe, expect, it } from 'vitest'
import { runDrills } from '../../../src/sim/drills/drills.ts'

const start = () => Promise.reject(new Error('Nothing is to be started'))
const kills = { names: [], open: start }

describe('runDrills()', () => {
  it('names the drills that there are, when asked for another', async () => {
    const reports = runDrills(
      { only: 'nothing' },
      { together: start, apart: start, virtual: start, tools: start, kills },
    )
    await expect(reports.next()).rejects.toThrow(
      /^Cannot run drill nothing: there are signatures, .*, drain, crash, simulate, long-call/,
    )
  })
})
