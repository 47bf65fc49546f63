import { createAudioEngine } from '../../../src/audio/engine.ts'
import { Calls } from '../../../src/call/calls.ts'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { CallStanding } from '../../../src/ports/call-inquiry.ts'
import type { CallRecord, OrphanRecord, TurnRecord } from '../../../src/ports/storage.ts'
import { Line } from './line.ts'
import { testPlan, testPorts } from './ports.ts'

export const SID = 'CA00000000000000000000000000000001'
const engine = createAudioEngine()
/** A call that the network still carries, and one that it does not. */
export const lives: CallStanding = { kind: 'known', status: 'in-progress' }
export const over: CallStanding = { kind: 'known', status: 'completed', durationSeconds: 42 }

/** Lets everything come about that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 50; round++) await Promise.resolve()
}

/** A turn as a dead process wrote it down. */
export function turn(seq: number, said: Partial<TurnRecord>): TurnRecord {
  const words = { speaker: 'agent', source: 'fixed', interrupted: false, heardMs: 900 } as const
  return { callSid: SID, seq, startedAtMs: 0, text: 'I am an assistant.', ...words, ...said }
}

type Left = {
  call?: Partial<CallRecord>
  answered?: false
  turns?: readonly TurnRecord[]
  nonces?: number
  sids?: readonly string[]
}

/** Calls that were left open by a dead process, and the network's answers about them. */
export function startOrphaned(left: Left = {}, standing: () => Promise<CallStanding> = async () => lives) {
  const { turns = [turn(0, {})], nonces = 1, sids = [SID], answered = true } = left
  const clock = new VirtualClock()
  const world = testPorts(clock, engine)
  const asked: string[] = []
  const planned: (string | undefined)[] = []
  const calls = new Calls({
    ports: world.ports,
    plan: (offer, actor) => {
      planned.push(actor)
      return testPlan(offer.callSid, offer.from)
    },
    limits: { maxCalls: 10, maxCallsPerCaller: 3, nonceTtlMs: 60_000 },
    inquiry: {
      standing: (callSid) => {
        asked.push(callSid)
        return standing()
      },
    },
    say: { language: 'en', busy: 'All lines are busy.', apology: 'Something went wrong.' },
  })
  const orphans = sids.map((callSid): OrphanRecord => {
    const call: CallRecord = {
      callSid,
      direction: 'inbound',
      from: '+14155550123',
      to: '+14155550100',
      persona: 'assistant',
      actor: 'external',
      status: 'in-progress',
      startedAtMs: clock.wallMs() - 60_000,
      ...(answered && { answeredAtMs: clock.wallMs() - 58_000 }),
      ...left.call,
    }
    world.storage.calls.set(callSid, call)
    const session = { sessionKey: `${callSid}:0`, callSid, provider: 'p', model: 'm', startedAtMs: 0 }
    return { call, streams: [], sessions: [session], turns, messages: [], nonces }
  })
  calls.adopt(orphans)
  const join = (callSid = SID) => {
    const line = new Line(clock, () => undefined)
    const attached = calls.attach({ callSid, sink: line })
    if (!attached.ok) throw new Error(`Cannot attach: ${attached.reason}`)
    return attached.receiver
  }
  const kinds = () => world.log.lines.map(({ kind }) => kind).filter((kind) => kind.startsWith('orphan'))
  const record = (callSid = SID) => world.storage.calls.get(callSid)
  return { ...world, clock, calls, asked, planned, join, kinds, record }
}
