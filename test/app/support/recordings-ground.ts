import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { createLog } from '../../../src/ops/logger.ts'
import { type SendRest, TwilioRest } from '../../../src/twilio/rest-client.ts'
import { read } from '../../config/reading.ts'
import { openedRecords } from '../../storage/opening.ts'
import { accountSid, authToken } from '../../twilio/support/names.ts'

/** What the network answers an order to delete: done, or that it cannot now. */
export const gone = { status: 204, body: '' }
export const down = { status: 503, body: '' }

/** Records, and a network that answers orders as it is told. */
export async function startGround(dataDir: string, env: Readonly<Record<string, string>> = {}) {
  const clock = new VirtualClock()
  const records = await openedRecords(dataDir, { clock, commits: 'loop' })
  const lines: Readonly<Record<string, unknown>>[] = []
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  }
  const sent: string[] = []
  const network: { answer: (sid: string) => ReturnType<SendRest> } = { answer: async () => gone }
  const recordings = new TwilioRest({
    accountSid,
    authToken,
    clock,
    send: ({ method, url }) => {
      sent.push(`${method} ${new URL(url).pathname}`)
      return network.answer(/RE[^.]*/.exec(url)?.[0] ?? '')
    },
  })
  await recordings.prepare()
  return {
    parts: { ...read(env), clock, log: createLog({ level: 'info', clock, destination }) },
    records,
    recordings,
    network,
    sent,
    lines,
    [Symbol.asyncDispose]: () => records[Symbol.asyncDispose](),
  }
}

/** The order to delete a recording. */
export function orderOf(sid: string): string {
  return `DELETE /2010-04-01/Accounts/${accountSid}/Recordings/${sid}.json`
}

/** A time in which every promise can go on, and timers that fall due fire. */
export async function pass(clock: VirtualClock, durationMs: number): Promise<void> {
  clock.advance(durationMs)
  for (let turn = 0; turn < 50; turn += 1) {
    clock.advance(0)
    await turnOfTheLoop()
  }
}
