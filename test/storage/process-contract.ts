import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { seededRandom } from '../../src/sim/caller/random.ts'
import type { CallStorage } from '../../src/ports/storage.ts'
import type { Records, StorageOptions } from '../../src/storage/open-storage.ts'
import { ringingCall } from './records.ts'

const crashChild = fileURLToPath(new URL('./crash-child.ts', import.meta.url))
const claimChild = fileURLToPath(new URL('./claim-child.ts', import.meta.url))

/** Acknowledgements after which a process is killed: three of them, or as many as TEST_KILLS asks for, at random. */
const kills = Number(process.env['TEST_KILLS'] ?? 3)
const random = seededRandom(20_261_127)
const killedAfter = Array.from({ length: kills }, (_, index) => [7, 60, 333][index] ?? 1 + random.whole(400))

/** A database that several processes can be pointed at. */
export type Place = Disposable & {
  /** For the child that writes until it is killed. */
  readonly crashArguments: readonly string[]
  /** For the child that claims nonces: a file or a URL. */
  readonly claimArgument: string
  open(options?: Partial<StorageOptions>): Promise<Records>
}

type Child = ChildProcess & { readonly stdout: NodeJS.ReadableStream }

function child(file: string, args: readonly string[]): Child {
  return spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** Starts a process that writes until it is killed. */
export function crashing(place: Pick<Place, 'crashArguments'>): Child {
  return child(crashChild, place.crashArguments)
}

/** Reads what a process says until it has said enough, then kills it, then reads what was still under way. */
async function saidBeforeDeath(process: Child, enough: number): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: process.stdout })) {
    lines.push(line)
    if (lines.length === enough) process.kill('SIGKILL')
  }
  return lines
}

/** Closes what the dead process left; a server may need a moment to notice that it is gone. */
async function orphansIn(storage: CallStorage, clock: VirtualClock): Promise<ReadonlySet<string>> {
  for (let tries = 0; tries < 100; tries += 1) {
    const closed = await storage.closeOrphans(Date.now())
    if (closed.length > 0) return new Set(closed)
    clock.advance(15_000)
    await new Promise((resume) => setTimeout(resume, 20))
  }
  return new Set()
}

/** Every intent that was acknowledged is there, settled as acknowledged or unknown; none twice, none unrecorded. */
async function expectEffects({ effects, audit }: Records, said: readonly string[]): Promise<void> {
  await effects.closeLeftovers(Date.now())
  const idsOf = (line: RegExp) => said.flatMap((text) => line.exec(text)?.[1] ?? [])
  const settled = new Set(idsOf(/^outcome (\S+)$/))
  const claimed = idsOf(/^intent (\S+) true$/)
  expect(claimed.length).toBeGreaterThanOrEqual(settled.size)
  for (const intentId of claimed) {
    const intent = await effects.findIntent(intentId)
    const states = settled.has(intentId) ? ['done'] : ['done', 'unknown']
    expect(states).toContain(intent?.outcome?.state)
  }
  const records = await audit.page({ afterSeq: 0, maxRecords: 10 * said.length })
  const of = (kind: string) =>
    records.flatMap((record) => (record.kind === kind ? (record.data.intent ?? []) : []))
  expect(of('intent').toSorted()).toEqual(of('outcome').toSorted())
  expect(new Set(of('intent')).size).toBe(of('intent').length)
  expect(claimed.filter((intentId) => !of('intent').includes(intentId))).toEqual([])
}

/** What storage must do when processes die or race, whatever is below it. */
export function processContract(name: string, newPlace: () => Promise<Place>): void {
  describe(`${name}: a process that is killed`, () => {
    it.each(killedAfter)(
      'has lost nothing that it acknowledged, after %i acknowledgements',
      async (enough) => {
        using place = await newPlace()
        const said = await saidBeforeDeath(crashing(place), enough)
        expect(said.length).toBeGreaterThanOrEqual(enough)

        // Opening refuses a chain that is not whole.
        const clock = new VirtualClock()
        await using records = await place.open({ clock })
        const { calls: storage, audit } = records
        const kept = await audit.page({ afterSeq: 0, maxRecords: said.length })
        const keptLines = new Set(kept.map(({ seq, hash }) => `audit ${seq} ${hash}`))
        expect(said.filter((line) => line.startsWith('audit ') && !keptLines.has(line))).toEqual([])
        const closed = await orphansIn(storage, clock)
        await expectEffects(records, said)
        const calls = said.filter((line) => line.startsWith('call ')).map((line) => line.slice(5))
        expect(calls.filter((callSid) => !closed.has(callSid))).toEqual([])
        for (const callSid of calls) {
          const complete = await storage.completeCall(callSid)
          expect(complete?.call).toMatchObject({ ending: 'processDied', status: 'completed' })
          expect(complete?.streams.every((stream) => stream.endReason === 'processDied')).toBe(true)
          const turns = new Set(complete?.turns.map((turn) => turn.seq))
          const acknowledged = said
            .filter((line) => line.startsWith(`turn ${callSid} `))
            .map((line) => Number(line.at(-1)))
          expect(acknowledged.filter((seq) => !turns.has(seq))).toEqual([])
        }
      },
    )
  })

  describe(`${name}: two processes that claim the same nonces`, () => {
    it('claimNonce() lets exactly one win each', async () => {
      using place = await newPlace()
      const call = ringingCall()
      const nowMs = call.startedAtMs
      const races = 60
      {
        await using records = await place.open()
        const { calls: storage } = records
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
      const racers = [1, 2].map(() => child(claimChild, [place.claimArgument, String(nowMs)]))
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
}
