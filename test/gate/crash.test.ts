import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { AuditRecord } from '../../src/ports/audit.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'

import { AtGate, randomCallSid } from './at-gate.ts'

const childFile = fileURLToPath(new URL('./crash-child.ts', import.meta.url))
/** Ten, or as many as TEST_KILLS asks for. */
const kills = Number(process.env['TEST_KILLS'] ?? 10)

async function killed(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [childFile, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = Promise.withResolvers<string | null>()
  child.once('exit', (_code, signal) => ended.resolve(signal))
  expect(await ended.promise).toBe('SIGKILL')
}

async function allAudited({ audit }: Records): Promise<readonly AuditRecord[]> {
  const all: AuditRecord[] = []
  for (;;) {
    const page = await audit.page({ afterSeq: all.at(-1)?.seq ?? 0, maxRecords: 1_000 })
    if (page.length === 0) return all
    all.push(...page)
  }
}

function sentIn(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

/** The next process, in which a model asks for the same messages again. */
async function askAgain(records: Records, sessionId: string, effectsFile: string): Promise<number> {
  const before = sentIn(effectsFile).length
  const known = (await allAudited(records)).filter(
    ({ kind, session }) => kind === 'intent' && session === sessionId,
  )
  for (let index = 0; index < known.length; index += 1) {
    await using at = await AtGate.open({ sessionId }, records)
    const { output } = await at.propose('take_message', { message: `message ${index}` })
    expect(JSON.parse(output)).toMatchObject({ status: expect.stringMatching(/^(done|unknown)$/) as unknown })
    expect(at.runs).toEqual([])
  }
  expect(sentIn(effectsFile)).toHaveLength(before)
  return known.length
}

describe('a gate whose process is killed', () => {
  it(
    `has no effect done twice, and none unrecorded, after ${kills} kills`,
    { timeout: kills * 5_000 },
    async () => {
      using folder = temporaryFolder()
      const effectsFile = join(folder.path, 'effects.txt')
      const seen = { unknown: 0, done: 0, asked: 0 }
      for (let kill = 1; kill <= kills; kill += 1) {
        const sessionId = randomCallSid()
        await killed([folder.path, effectsFile, sessionId, String(kill)])
        // Opening refuses a chain that is not whole.
        await using records = await openedRecords(folder.path)
        const { unknown } = await records.effects.closeLeftovers(Date.now())
        seen.unknown += unknown.length
        seen.asked += await askAgain(records, sessionId, effectsFile)
      }
      await using records = await openedRecords(folder.path)
      expect(await records.audit.verify()).toMatchObject({ ok: true })
      const sent = sentIn(effectsFile)
      expect(new Set(sent).size).toBe(sent.length)
      const audited = await allAudited(records)
      const intents = audited.flatMap(({ kind, data }) => (kind === 'intent' ? (data.intent ?? []) : []))
      expect(new Set(intents).size).toBe(intents.length)
      expect(sent.filter((intent) => !intents.includes(intent))).toEqual([])
      for (const intentId of intents) {
        const state = (await records.effects.findIntent(intentId))?.outcome?.state
        expect(['done', 'unknown']).toContain(state)
        expect(state !== 'done' || sent.includes(intentId)).toBe(true)
        if (state === 'done') seen.done += 1
      }
      // What is confirmed was confirmed once for each: no two intents share a confirmation.
      const confirmations = audited.flatMap(({ kind, data }) =>
        kind === 'intent' ? (data.confirmation ?? []) : [],
      )
      expect(new Set(confirmations).size).toBe(confirmations.length)
      // The kills came at points that matter: otherwise nothing was shown.
      expect(Math.min(...Object.values(seen))).toBeGreaterThan(0)
    },
  )
})
