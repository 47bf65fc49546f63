import { describe, expect, it } from 'vitest'
import { onBothDatabases } from './places.ts'
import { startedAtMs } from './records.ts'

function usage(usageId: string, atMs: number, more: { costUsdMicros: number; model?: string }) {
  return {
    usageId,
    atMs,
    sessionId: 'session_1',
    provider: 'openai',
    model: 'gpt-realtime-2.1',
    inputTokens: 3_000_000_000,
    cachedTokens: 1,
    outputTokens: 2,
    ...more,
  }
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: usage`, () => {
    it('totals() adds up each model, the dearest first, and counts nothing twice', async () => {
      await using records = await (await newPlace()).open()
      const { usage: ledger } = records
      const added = [
        ledger.add(usage('a', startedAtMs, { costUsdMicros: 5_000_000_000 })),
        ledger.add(usage('a', startedAtMs, { costUsdMicros: 5_000_000_000 })),
        ledger.add(usage('b', startedAtMs + 10, { costUsdMicros: 7 })),
        ledger.add(usage('c', startedAtMs + 10, { costUsdMicros: 6_000_000_000, model: 'gpt-6-luna' })),
        ledger.add(usage('d', startedAtMs + 20, { costUsdMicros: 1 })),
      ]
      expect(await ledger.totals({ fromMs: startedAtMs, toMs: startedAtMs + 20 })).toEqual([
        {
          provider: 'openai',
          model: 'gpt-6-luna',
          count: 1,
          inputTokens: 3_000_000_000,
          cachedTokens: 1,
          outputTokens: 2,
          costUsdMicros: 6_000_000_000,
        },
        {
          provider: 'openai',
          model: 'gpt-realtime-2.1',
          count: 2,
          inputTokens: 6_000_000_000,
          cachedTokens: 2,
          outputTokens: 4,
          costUsdMicros: 5_000_000_007,
        },
      ])
      await Promise.all(added)
      expect(await ledger.totals({ fromMs: 0, toMs: startedAtMs })).toEqual([])
    })
  })
})
