import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ItemLedger } from '../../src/openai/items.ts'

const reply = { responseId: 'resp_1', role: 'assistant' }

describe('ItemLedger', () => {
  it('counts generated audio per item, in whole milliseconds', () => {
    const ledger = new ItemLedger(48)
    ledger.startItem('a', reply)
    ledger.startItem('b', reply)
    ledger.addAudio('a', 4_800)
    ledger.addAudio('b', 47)
    ledger.addAudio('a', 49)
    ledger.addAudio('unknown', 48)
    expect([ledger.generatedMs('a'), ledger.generatedMs('b'), ledger.generatedMs('unknown')]).toEqual([
      101, 0, 0,
    ])
  })

  it('cut() never passes what was generated, is never fractional, never negative, never longer than before', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.array(fc.double()), (bytes, wishes) => {
        const ledger = new ItemLedger(8)
        ledger.startItem('a', reply)
        ledger.addAudio('a', bytes)
        let lastMs = Infinity
        for (const heardMs of wishes) {
          const cut = ledger.cut('a', heardMs)
          if (cut.kind !== 'truncate') continue
          expect(Number.isInteger(cut.audioEndMs)).toBe(true)
          expect(cut.audioEndMs).toBeGreaterThanOrEqual(0)
          expect(cut.audioEndMs).toBeLessThanOrEqual(bytes / 8)
          expect(cut.audioEndMs).toBeLessThan(lastMs)
          lastMs = cut.audioEndMs
        }
      }),
      { seed: 11, numRuns: 300 },
    )
  })

  it('cut() takes an item without audio away, once, and truncates one with audio at 0', () => {
    const ledger = new ItemLedger(48)
    ledger.startItem('silent', reply)
    ledger.startItem('spoken', reply)
    ledger.addAudio('spoken', 10)
    expect(ledger.cut('silent', 100)).toEqual({ kind: 'delete' })
    expect(ledger.cut('silent', 100)).toEqual({ kind: 'nothing' })
    expect(ledger.cut('spoken', 0)).toEqual({ kind: 'truncate', audioEndMs: 0 })
  })

  it('cut() leaves alone what it does not know and what the assistant did not say', () => {
    const ledger = new ItemLedger(48)
    ledger.startItem('theirs', { responseId: 'resp_1', role: 'user' })
    ledger.addAudio('theirs', 480)
    expect(ledger.cut('theirs', 5)).toEqual({ kind: 'nothing' })
    expect(ledger.cut('nobody', 5)).toEqual({ kind: 'nothing' })
    ledger.startItem('spoken', reply)
    ledger.addAudio('spoken', 480)
    expect(ledger.cut('spoken', Number.NaN)).toEqual({ kind: 'nothing' })
  })

  it('forgets the oldest beyond its bounds', () => {
    const ledger = new ItemLedger(48)
    for (let index = 0; index < 300; index++) {
      ledger.startResponse(`r${index}`)
      ledger.startItem(`i${index}`, reply)
      ledger.addAudio(`i${index}`, 48)
      ledger.startCall(`c${index}`)
    }
    expect([ledger.hasResponse('r235'), ledger.hasResponse('r236')]).toEqual([false, true])
    expect([ledger.generatedMs('i43'), ledger.generatedMs('i44')]).toEqual([0, 1])
    expect([ledger.answerCall('c43'), ledger.answerCall('c44')]).toEqual([false, true])
  })

  it('takes one announcement and one answer per call', () => {
    const ledger = new ItemLedger(48)
    expect(ledger.answerCall('c')).toBe(false)
    expect([ledger.startCall('c'), ledger.startCall('c')]).toEqual([true, false])
    expect([ledger.answerCall('c'), ledger.answerCall('c')]).toEqual([true, false])
    expect(ledger.startCall('c')).toBe(false)
  })
})
