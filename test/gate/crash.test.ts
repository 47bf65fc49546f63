import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { AuditRecord } from '../../src/ports/audit.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { onBothDatabases } from '../storage/places.ts'

import { AtGate, randomCallSid } from './at-gate.ts'

const childFile = fileURLToPath(new URL('./crash-child.ts', import.meta.url))
/** Eight, or as many as TEST_KILLS asks for. */
const kills = Number(process.env['TEST_KILLS'] ?? 8)

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

/** What dead processes left is settled; a server may need a moment to notice that one is gone. */
async function closeAll({ effects }: Records, intents: readonly string[]): Promise<number> {
  let closed = 0
  for (let tries = 0; tries < 100; tries += 1) {
    closed += (await effects.closeLeftovers(Date.now())).unknown.length
    const all = await Promise.all(intents.map((intentId) => effects.findIntent(intentId)))
    if (all.every((intent) => intent?.outcome)) break
    await new Promise((resume) => setTimeout(resume, 20))
  }
  return closed
}

function idsIn(audited: readonly AuditRecord[], name: 'intent' | 'confirmation'): readonly string[] {
  return audited.flatMap(({ kind, data }) => (kind === 'intent' ? (data[name] ?? []) : []))
}

await onBothDatabases((name, newPlace) => {
  // How commits are made in one process makes no difference to the next one.
  if (name === 'SQLite on the event loop') return
  it(
    `${name}: no effect is done twice, and none is unrecorded, after ${kills} kills`,
    { timeout: kills * 10_000 },
    async () => {
      const place = await newPlace()
      const effectsFile = join(place.dataDir, 'effects.txt')
      const seen = { unknown: 0, done: 0, asked: 0 }
      for (let kill = 1; kill <= kills; kill += 1) {
        const sessionId = randomCallSid()
        const url = place.databaseUrl === undefined ? [] : [place.databaseUrl]
        await killed([place.dataDir, effectsFile, sessionId, String(kill), ...url])
        // Opening refuses a chain that is not whole.
        await using records = await place.open()
        seen.asked += await askAgain(records, sessionId, effectsFile)
        seen.unknown += await closeAll(records, idsIn(await allAudited(records), 'intent'))
      }
      await using records = await place.open()
      expect(await records.audit.verify()).toMatchObject({ ok: true })
      const sent = sentIn(effectsFile)
      expect(new Set(sent).size).toBe(sent.length)
      const audited = await allAudited(records)
      const intents = idsIn(audited, 'intent')
      expect(new Set(intents).size).toBe(intents.length)
      expect(sent.filter((intent) => !intents.includes(intent))).toEqual([])
      for (const intentId of intents) {
        const { state, code = '' } = (await records.effects.findIntent(intentId))?.outcome ?? {}
        // Nobody called anything back: what did not come to its end is unknown.
        expect(`${state} ${code}`).toMatch(/^(done|unknown) /)
        expect(state !== 'done' || sent.includes(intentId)).toBe(true)
        if (state === 'done') seen.done += 1
      }
      // Each yes was used once.
      const confirmations = idsIn(audited, 'confirmation')
      expect(new Set(confirmations).size).toBe(confirmations.length)
      // The kills came at points that matter: otherwise nothing was shown.
      expect(Math.min(...Object.values(seen))).toBeGreaterThan(0)
    },
  )
})
