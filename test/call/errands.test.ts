import { describe, expect, it } from 'vitest'
import { errandCalls } from '../../src/call/errand-calls.ts'
import { Errands } from '../../src/call/errands.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { ErrandReport } from '../../src/ports/errand-report.ts'
import type { CallOffer } from '../../src/ports/incoming-calls.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { recordedLog } from '../http/serving.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { newCallSid, ringingCall, startedAtMs, turnOf } from '../storage/records.ts'
import { MemoryCalls } from '../twilio/support/memory-calls.ts'
import { intentTo } from './support/placed.ts'

const ann = '+14155550123'
const our = '+14155550100'
const errand = { to_number: ann, purpose: 'Book a table for two' }

class World implements AsyncDisposable {
  readonly clock = new VirtualClock()
  readonly log = recordedLog()
  readonly notices: ErrandReport[] = []
  readonly records: Records
  errands: Errands
  readonly #held: AsyncDisposableStack
  #work: Promise<unknown>[] = []

  private constructor(held: AsyncDisposableStack, records: Records) {
    this.#held = held
    this.records = records
    this.errands = this.restarted()
  }

  static async open(): Promise<World> {
    await using held = new AsyncDisposableStack()
    const folder = held.use(temporaryFolder())
    const records = held.use(await openedRecords(folder.path, { commits: 'loop' }))
    return new World(held.move(), records)
  }

  /** As the next process would have it. */
  restarted(): Errands {
    return new Errands({
      ...this.records,
      clock: this.clock,
      log: this.log,
      ownNumbers: [our],
      background: (_name, work) => void this.#work.push(work),
      ownerNotice: {
        messageKept: () => Promise.reject(new Error('No message was kept')),
        errandOver: async (report) => void this.notices.push(report),
      },
    })
  }

  /** A call that was answered, and is over in the record. */
  async over(callSid: string): Promise<void> {
    const { calls } = this.records
    await calls.insertCall({ ...ringingCall(callSid), direction: 'outbound', from: our, to: ann })
    await calls.putTurn(turnOf(callSid, 1, 'We are full tonight.'))
    await calls.patchCall(callSid, {
      answeredAtMs: startedAtMs,
      endedAtMs: startedAtMs + 9_000,
      durationSeconds: 9,
      ending: 'agentHungUp',
    })
  }

  async settled(): Promise<void> {
    while (this.#work.length > 0) await Promise.all(this.#work.splice(0))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync()
  }
}

function offered(ref: string, change: Partial<CallOffer> = {}): CallOffer {
  return { callSid: newCallSid(), from: our, to: ann, direction: 'outbound', ref, ...change }
}

describe('Errands.begin()', () => {
  it('knows the call of an intent, and what it is for, also when it is asked again', async () => {
    await using world = await World.open()
    const { ref, sessionId } = await intentTo(world.records, errand)
    const offer = offered(ref)
    expect(await Promise.all([world.errands.begin(offer), world.errands.begin(offer)])).toEqual([true, true])
    const { callSid } = offer
    expect(world.errands.of(callSid)).toEqual({
      ref,
      callSid,
      sessionId,
      number: ann,
      purpose: errand.purpose,
    })
    expect(await world.errands.begin(offer)).toBe(true)
    expect(await world.restarted().begin(offer)).toBe(true)
  })

  it('gives an intent to one call, also between processes', async () => {
    await using world = await World.open()
    const { ref } = await intentTo(world.records, errand)
    expect(await world.errands.begin(offered(ref))).toBe(true)
    const second = offered(ref)
    expect(await world.errands.begin(second)).toBe(false)
    expect(await world.restarted().begin(second)).toBe(false)
    expect(world.errands.of(second.callSid)).toBeUndefined()
  })

  it.each<[string, Partial<CallOffer>]>([
    ['of an intent that nobody knows', { ref: 'intent_x000000000000000000000000' }],
    ['to somebody else', { to: '+14155550124' }],
    ['from no number of ours', { from: '+14155550199' }],
    ['that came in', { direction: 'inbound' }],
  ])('does not know a call %s, and leaves the intent to its own', async (_what, change) => {
    await using world = await World.open()
    const { ref } = await intentTo(world.records, errand)
    expect(await world.errands.begin(offered(ref, change))).toBe(false)
    expect(world.log.events).toEqual([['warn', 'callRefused', { reason: 'foreignRef' }]])
    expect(await world.errands.begin(offered(ref))).toBe(true)
  })

  it('does not take the intent of another tool for a call', async () => {
    await using world = await World.open()
    const { ref } = await intentTo(world.records, { to_number: ann, body: 'Hello' }, 'send_sms')
    expect(await world.errands.begin(offered(ref))).toBe(false)
  })
})

describe('errandCalls()', () => {
  it('hangs up on a call with a ref that is not ours, and passes on every other', async () => {
    await using world = await World.open()
    const inner = new MemoryCalls(world.clock)
    const calls = errandCalls(inner, world.errands)
    const { ref } = await intentTo(world.records, errand)
    expect(await calls.offer(offered('intent_xnobody'))).toEqual({ kind: 'hangUp' })
    expect(inner.offers).toEqual([])
    expect(await calls.offer(offered(ref))).toMatchObject({ kind: 'connect' })
    const { ref: _ref, ...inbound } = offered('', { direction: 'inbound' })
    expect(await calls.offer(inbound)).toMatchObject({ kind: 'connect' })
    expect(inner.offers).toHaveLength(2)
  })
})

describe('the report of an errand', () => {
  it('goes to the owner and to whoever asked, once, when the call is over', async () => {
    await using world = await World.open()
    const { ref, sessionId } = await intentTo(world.records, errand)
    const offer = offered(ref)
    const { callSid } = offer
    const heard: ErrandReport[] = []
    world.errands.watch(sessionId, (report) => void heard.push(report))
    await world.errands.begin(offer)
    await world.over(callSid)
    world.errands.over(callSid)
    await world.errands.onCallStatus({ ref, callSid, status: 'completed' })
    await world.settled()
    world.clock.advance(60_000)
    world.errands.over(callSid)
    await world.settled()
    const report = {
      ref,
      callSid,
      sessionId,
      number: ann,
      status: 'answered',
      durationSeconds: 9,
      said: [{ speaker: 'callee', text: 'We are full tonight.' }],
      isCut: false,
      messages: 0,
    }
    expect(world.notices).toEqual([report])
    expect(heard).toEqual([report])
    expect(await world.records.errands.find(ref)).toMatchObject({ status: 'answered' })
    expect(await world.errands.reportOf(ref)).toEqual(report)
    expect(world.errands.of(callSid)).toBeUndefined()
  })

  it.each(['busy', 'no-answer', 'failed', 'canceled'] as const)(
    'says that nobody answered: %s',
    async (status) => {
      await using world = await World.open()
      const { ref } = await intentTo(world.records, errand)
      const callSid = newCallSid()
      for (const state of ['initiated', 'ringing', status, status] as const) {
        await world.errands.onCallStatus({ ref, callSid, status: state })
      }
      world.clock.advance(5_000)
      await world.settled()
      expect(world.notices).toMatchObject([{ ref, status, number: ann, said: [] }])
      expect(await world.errands.begin(offered(ref))).toBe(false)
    },
  )

  it('is not made of a call that is none of ours, nor of one that goes on', async () => {
    await using world = await World.open()
    const { ref } = await intentTo(world.records, errand)
    const offer = offered(ref)
    await world.errands.begin(offer)
    await world.records.calls.insertCall({ ...ringingCall(offer.callSid), direction: 'outbound' })
    await world.errands.onCallStatus({ ref, callSid: newCallSid(), status: 'busy' })
    await world.errands.onCallStatus({ ref: 'intent_xnobody', callSid: newCallSid(), status: 'busy' })
    await world.errands.onCallStatus({ ref, callSid: offer.callSid, status: 'completed' })
    world.clock.advance(60_000)
    await world.settled()
    expect(world.notices).toEqual([])
    expect(await world.records.errands.find(ref)).not.toHaveProperty('reportedAtMs')
  })

  it('waits for the next process once this one has ended', async () => {
    await using world = await World.open()
    const { ref } = await intentTo(world.records, errand)
    await world.errands.onCallStatus({ ref, callSid: newCallSid(), status: 'busy' })
    await world.records.effects.settleIntent(ref, { state: 'failed', code: 'busy', settledAtMs: 1 })
    world.errands[Symbol.dispose]()
    expect(world.clock.pendingTimers()).toBe(0)
    world.errands = world.restarted()
    await world.errands.resume()
    world.clock.advance(30_000)
    await world.settled()
    expect(world.notices).toMatchObject([{ ref, status: 'busy' }])
  })

  it('is made by the next process where the one that had the call has died', async () => {
    await using world = await World.open()
    const { ref } = await intentTo(world.records, errand)
    const offer = offered(ref)
    await world.errands.begin(offer)
    await world.over(offer.callSid)
    world.errands = world.restarted()
    await world.errands.resume()
    expect(world.errands.of(offer.callSid)).toMatchObject({ purpose: errand.purpose })
    world.clock.advance(30_000)
    await world.settled()
    expect(world.notices).toMatchObject([{ ref, status: 'answered' }])
  })

  it('reaches the owner also when whoever asked throws', async () => {
    await using world = await World.open()
    const { ref, sessionId } = await intentTo(world.records, errand)
    const offer = offered(ref)
    world.errands.watch(sessionId, () => {
      throw new Error('No line')
    })
    await world.errands.begin(offer)
    await world.over(offer.callSid)
    world.errands.over(offer.callSid)
    await world.settled()
    expect(world.notices).toHaveLength(1)
    expect(world.log.events).toContainEqual(['error', 'errandNotTold'])
  })

  it('is not told to whoever has stopped to listen', async () => {
    await using world = await World.open()
    const heard: unknown[] = []
    const first = world.errands.watch('CA1', () => void heard.push(1))
    const second = world.errands.watch('CA1', () => void heard.push(2))
    first[Symbol.dispose]()
    second[Symbol.dispose]()
    expect(heard).toEqual([])
  })
})
