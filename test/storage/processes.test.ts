import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ringingCall } from './records.ts'
import { opened, temporaryFolder } from './opening.ts'

const crashChild = fileURLToPath(new URL('./crash-child.ts', import.meta.url))
const claimChild = fileURLToPath(new URL('./claim-child.ts', import.meta.url))

function child(file: string, ...args: string[]): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  return spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** Reads what a process says until it has said enough, then kills it, then reads what was still under way. */
async function saidBeforeDeath(process: ReturnType<typeof child>, enough: number): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: process.stdout })) {
    lines.push(line)
    if (lines.length === enough) process.kill('SIGKILL')
  }
  return lines
}

describe('a process that is killed', () => {
  it.each([7, 60, 333])(
    'has lost nothing that it acknowledged, after %i acknowledgements',
    async (enough) => {
      using folder = temporaryFolder()
      const said = await saidBeforeDeath(child(crashChild, folder.path), enough)
      expect(said.length).toBeGreaterThanOrEqual(enough)

      await using storage = await opened(folder.path)
      const closed = new Set(await storage.closeOrphans(Date.now()))
      const calls = said.filter((line) => line.startsWith('call ')).map((line) => line.slice(5))
      expect(calls.filter((callSid) => !closed.has(callSid))).toEqual([])
      for (const callSid of calls) {
        const complete = await storage.completeCall(callSid)
        expect(complete?.call).toMatchObject({ ending: 'processDied', status: 'completed' })
        expect(complete?.streams.every((stream) => stream.endReason === 'processDied')).toBe(true)
        const kept = new Set(complete?.turns.map((turn) => turn.seq))
        const acknowledged = said
          .filter((line) => line.startsWith(`turn ${callSid} `))
          .map((line) => Number(line.at(-1)))
        expect(acknowledged.filter((seq) => !kept.has(seq))).toEqual([])
      }
    },
  )

  it('keeps the folder from another process while it lives, and no longer', async () => {
    using folder = temporaryFolder()
    const first = child(crashChild, folder.path)
    await once(first.stdout, 'data')
    await expect(opened(folder.path)).rejects.toMatchObject({ code: 'locked' })
    first.kill('SIGKILL')
    await once(first, 'exit')
    await using storage = await opened(folder.path)
    expect(await storage.closeOrphans(0)).not.toEqual([])
  })
})

describe('two processes that claim the same nonces', () => {
  it('claimNonce() lets exactly one win each', async () => {
    using folder = temporaryFolder()
    const call = ringingCall()
    const nowMs = call.startedAtMs
    const races = 60
    {
      await using storage = await opened(folder.path)
      await storage.insertCall(call)
      for (let race = 0; race < races; race += 1) {
        await storage.insertNonce({
          nonce: `race-${race}`,
          callSid: call.callSid,
          issuedAtMs: nowMs,
          expiresAtMs: nowMs + 1000,
        })
      }
    }
    const path = join(folder.path, 'consigliere.db')
    const racers = [1, 2].map(() => child(claimChild, path, String(nowMs)))
    const readers = racers.map((racer) => createInterface({ input: racer.stdout })[Symbol.asyncIterator]())
    const next = () => Promise.all(readers.map((reader) => reader.next()))
    await next()
    for (let race = 0; race < races; race += 1) {
      for (const racer of racers) racer.stdin?.write(`${race}\n`)
      const answers = (await next()).map((answer) => String(answer.value))
      expect(answers.toSorted()).toEqual([`${race} used`, `${race} won`])
    }
    for (const racer of racers) racer.stdin?.end()
    await Promise.all(racers.map((racer) => once(racer, 'exit')))
  })
})
