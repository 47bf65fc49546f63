import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '../lib/clock.ts'
import { auditRedaction } from '../ops/audit-redaction.ts'
import { toolRule } from '../policy/tool-rules.ts'
import type { Log } from '../ports/log.ts'
import type { ToolHandler } from '../ports/tools.ts'
import type { GateDeed } from '../sim/drills/gated-call.ts'
import { openStorage, type Records } from '../storage/open-storage.ts'
import { catalogue } from '../tools/catalogue.ts'
import { offeredTools } from '../tools/offered-tools.ts'
import { DrilledCall } from './gated-call.ts'

const AUDIO_MS = 4_000
const noLog: Log = { event: () => undefined, forCall: () => noLog }
const settings = {
  channel: 'voice',
  verification: 'stir_or_pin',
  firstDestinations: 'allow',
  transcribes: true,
  hasVoice: false,
} as const

/** A call whose effects may be the last thing that its process does. */
export type KillableCall = {
  /** Has a text message sent, with its question and a yes, and waits until the model knows what came of it. */
  text(input: Readonly<Record<string, unknown>>): Promise<void>
  /** Has a message taken: an effect that needs no question. */
  take(index: number): Promise<string>
}

/** Opens the storage as a server does. */
export function openDrilled(dataDir: string, databaseUrl?: string): Promise<Records> {
  return openStorage({
    dataDir,
    databaseUrl,
    clock: systemClock,
    log: noLog,
    metrics: { count: () => undefined, observe: () => undefined, gauge: () => undefined },
    batchMs: 20,
    maxQueuedWrites: 10_000,
    commits: 'thread',
    auditRedaction,
  })
}

/** Random hexadecimal digits. */
export function newHex(digits: number): string {
  return randomBytes(digits / 2).toString('hex')
}

/** The arguments of a text message, another one each time. */
export function textTo(index: number): Readonly<Record<string, unknown>> {
  return { to_number: '+14155550123', body: `text ${index} of ${process.pid}` }
}

/** A call at a gate, in which everybody behaves. */
export function killableCall(
  records: Records,
  options: { readonly handler: ToolHandler; readonly onStep?: () => void; readonly sessionId?: string },
): KillableCall {
  const { handler, ...more } = options
  const handlers = new Map(catalogue.map(({ name }) => [name, handler]))
  const tools = offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers })
  const deeds: GateDeed[] = []
  const onDeed = (deed: GateDeed): void => void deeds.push(deed)
  const ports = { log: noLog, newHex }
  const call = new DrilledCall({ records, ports, settings, onDeed, tools, handler, ...more })
  let count = 0
  const propose = (name: string, input: Readonly<Record<string, unknown>>) => {
    count += 1
    const ids = { callId: `call_${count}`, responseId: `resp_${count}` }
    return call.propose({ ...ids, name, arguments: JSON.stringify(input) })
  }
  return {
    text: async (input) => {
      const told = deeds.filter(({ kind }) => kind === 'told').length
      await propose('send_sms', input)
      answerYes(call, deeds)
      // The caller's clock stands still until the run is over, however slow the disk is.
      while (deeds.filter(({ kind }) => kind === 'told').length <= told) await nextTurn()
    },
    take: async (index) => (await propose('take_message', { message: `message ${index}` })).output,
  }
}

/** The question that was asked for last is heard, and the caller says yes. */
function answerYes(call: DrilledCall, deeds: readonly GateDeed[]): void {
  const ask = deeds.findLast((deed) => deed.kind === 'asked')
  if (!ask) return
  const { id, attempt, text } = ask
  call.feed({ kind: 'questionStarted', id, attempt })
  call.feed({ kind: 'questionSent', id, attempt, audioMs: AUDIO_MS, spoken: text })
  call.clock.advance(AUDIO_MS)
  call.feed({ kind: 'questionMark', id, attempt })
  call.clock.advance(1_000)
  const itemId = `item_of_a_yes_${id.slice(-8)}`
  call.feed({ kind: 'speechStarted', itemId, sessionId: call.sessionId })
  call.clock.advance(700)
  call.feed({ kind: 'speechStopped', itemId })
  call.feed({ kind: 'transcript', itemId, text: 'Yes.' })
}
