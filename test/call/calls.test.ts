import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { Calls } from '../../src/call/calls.ts'
import type { CallGatePorts, CallPlan } from '../../src/call/plan.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { gatePorts } from './support/gate-ports.ts'
import { Line } from './support/line.ts'
import { testPlan, testPorts } from './support/ports.ts'

const SID = 'CA00000000000000000000000000000001'
const engine = createAudioEngine()

function start(
  limits: { maxCalls?: number; maxCallsPerCaller?: number } = {},
  own: { plan?: Partial<CallPlan>; gate?: Partial<CallGatePorts> } = {},
) {
  const clock = new VirtualClock()
  const world = testPorts(clock, engine)
  const calls = new Calls({
    ports: { ...world.ports, gate: gatePorts(own.gate) },
    plan: (offer) => ({ ...testPlan(offer.callSid, offer.from), ...own.plan }),
    limits: { maxCalls: 10, maxCallsPerCaller: 3, nonceTtlMs: 60_000, ...limits },
    say: { language: 'en', busy: 'All lines are busy.', apology: 'Something went wrong.' },
  })
  const offer = (callSid = SID, from = '+14155550123') =>
    calls.offer({ callSid, from, to: '+14155550100', direction: 'inbound' })
  return { ...world, clock, calls, offer }
}

type Started = ReturnType<typeof start>

function join(world: Started, callSid = SID): Line {
  const held: { receiver?: { onEvent(event: { kind: 'mark'; name: string; atMs: number }): void } } = {}
  const line = new Line(world.clock, (name) =>
    held.receiver?.onEvent({ kind: 'mark', name, atMs: world.clock.nowMs() }),
  )
  const attached = world.calls.attach({ callSid, sink: line })
  if (!attached.ok) throw new Error(`Cannot attach: ${attached.reason}`)
  held.receiver = attached.receiver
  return line
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

describe('Calls', () => {
  it('offer() repeated, also at once, gives the same answer and one call', async () => {
    const world = start()
    const [first, second] = await Promise.all([world.offer(), world.offer()])
    expect(first).toMatchObject({
      kind: 'connect',
      nonce: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/) as unknown,
    })
    expect(second).toEqual(first)
    expect(await world.offer()).toEqual(first)
    expect(world.speech.sessions).toHaveLength(1)
  })

  it('claimNonce() takes a nonce once, within its life, for a call that lives', async () => {
    const world = start()
    const answer = await world.offer()
    if (answer.kind !== 'connect') throw new Error('The call was not connected')
    expect(await world.calls.claimNonce('A'.repeat(22))).toEqual({ ok: false, reason: 'unknown' })
    expect(await world.calls.claimNonce(answer.nonce)).toEqual({ ok: true, callSid: SID })
    expect(await world.calls.claimNonce(answer.nonce)).toEqual({ ok: false, reason: 'used' })
    const late = await world.offer('CA00000000000000000000000000000002')
    world.clock.advance(60_001)
    expect(late.kind).toBe('connect')
    const claim = late.kind === 'connect' && (await world.calls.claimNonce(late.nonce))
    expect(claim).toMatchObject({ ok: false })
  })

  it('says busy above the limits, and does not count withheld numbers together', async () => {
    const world = start({ maxCalls: 5, maxCallsPerCaller: 1 })
    expect((await world.offer('CA1')).kind).toBe('connect')
    expect(await world.offer('CA2')).toEqual({
      kind: 'sayAndHangUp',
      text: 'All lines are busy.',
      language: 'en',
    })
    expect((await world.offer('CA3', 'anonymous')).kind).toBe('connect')
    expect((await world.offer('CA4', 'anonymous')).kind).toBe('connect')
    await settled()
    expect(world.storage.calls.get('CA2')).toMatchObject({ ending: 'refused', from: '+14155550123' })
    const full = start({ maxCalls: 1 })
    await full.offer('CA1')
    expect((await full.offer('CA2', '+14155550124')).kind).toBe('sayAndHangUp')
    expect(full.calls.refusalReasons()).toHaveLength(1)
  })

  it('a burst of webhooks cannot overrun the limit', async () => {
    const world = start({ maxCalls: 3 })
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => world.offer(`CA${index}`, `+1415555010${index}`)),
    )
    expect(answers.filter(({ kind }) => kind === 'connect')).toHaveLength(3)
  })

  it('attach() knows its calls, and caller audio waits for the session, in order and complete', async () => {
    const world = start()
    expect(world.calls.attach({ callSid: 'CA9', sink: new Line(world.clock, () => undefined) }).ok).toBe(
      false,
    )
    await world.offer()
    const line = new Line(world.clock, () => undefined)
    const attached = world.calls.attach({ callSid: SID, sink: line })
    if (!attached.ok) throw new Error('Not attached')
    for (let frame = 0; frame < 15; frame++) attached.receiver.onMedia(new Uint8Array(160))
    const session = world.speech.last()
    expect(session.appendedBytes).toBe(0)
    session.emit({ kind: 'sessionReady', sessionId: 'sess_1', atMs: world.clock.nowMs() })
    expect(session.appendedBytes).toBe(15 * 960)
    attached.receiver.onMedia(new Uint8Array(160))
    expect(session.appendedBytes).toBe(16 * 960)
  })

  it('afterStream() reconnects a call that lives three times, and hangs up one that is over', async () => {
    const world = start()
    await world.offer()
    for (let time = 0; time < 3; time++) {
      join(world)
      const answer = await world.calls.afterStream(SID)
      expect(answer.kind).toBe('connect')
    }
    join(world)
    expect((await world.calls.afterStream(SID)).kind).toBe('sayAndHangUp')
    await world.calls.onStatus({ callSid: SID, status: 'completed' })
    await settled()
    expect(await world.calls.afterStream(SID)).toEqual({ kind: 'hangUp' })
    expect((await world.calls.afterStream('CA7')).kind).toBe('sayAndHangUp')
    expect(await world.offer()).toEqual({ kind: 'hangUp' })
  })

  it('afterStream() repeated before the next stream gives the same answer and no new nonce', async () => {
    const world = start()
    await world.offer()
    join(world)
    const [first, second] = await Promise.all([world.calls.afterStream(SID), world.calls.afterStream(SID)])
    expect(first.kind).toBe('connect')
    expect(second).toEqual(first)
    expect(await world.calls.afterStream(SID)).toEqual(first)
    join(world)
    const next = await world.calls.afterStream(SID)
    expect(next.kind).toBe('connect')
    expect(next).not.toEqual(first)
  })

  it('afterStream() gives another nonce when the socket of the last one ended before its stream started', async () => {
    const world = start()
    await world.offer()
    const nonces = new Set<string>()
    for (let time = 0; time < 3; time++) {
      const answer = await world.calls.afterStream(SID)
      if (answer.kind !== 'connect') throw new Error(`Answered with ${answer.kind}`)
      expect((await world.calls.claimNonce(answer.nonce)).ok).toBe(true)
      nonces.add(answer.nonce)
    }
    expect(nonces.size).toBe(3)
    expect((await world.calls.afterStream(SID)).kind).toBe('sayAndHangUp')
  })

  it('afterStream() gives a call whose first stream never came about another one', async () => {
    const world = start()
    const offered = await world.offer()
    const answer = await world.calls.afterStream(SID)
    expect(answer.kind).toBe('connect')
    expect(answer).not.toEqual(offered)
    expect(join(world).closed).toBeUndefined()
  })

  it('offer() records once that the network rings a person, and does not let the caller wait for that', async () => {
    using folder = temporaryFolder()
    await using records = await openedRecords(folder.path, { commits: 'loop' })
    const { audit, people } = records
    const written = Promise.withResolvers<void>()
    const idOf = async (number: string): Promise<string> => {
      await written.promise
      return await people.idOf(number)
    }
    const recorded = Promise.withResolvers<void>()
    const record: typeof audit.record = async (event) => {
      const head = await audit.record(event)
      recorded.resolve()
      return head
    }
    const person = { number: '+14155550102', callerId: '+14155550100' }
    const plan: Partial<CallPlan> = {
      ladder: { ...testPlan(SID).ladder, person },
      strength: ({ transferred }) => (transferred ? 'S0' : 'S2'),
    }
    const gate = { audit: { ...gatePorts().audit, record }, people: { ...gatePorts().people, idOf } }
    const world = start({}, { plan, gate })
    for (let time = 0; time < 5; time += 1) world.ports.modelHealth.failed()
    const dials = await world.offer()
    expect(dials).toMatchObject({ kind: 'dialPerson', number: person.number })
    expect(await world.offer()).toEqual(dials)
    expect(await world.calls.afterStream(SID)).toEqual(dials)
    expect(await world.calls.afterStream(SID, { dialStatus: 'busy' })).toMatchObject({
      kind: 'recordMessage',
    })
    written.resolve()
    await recorded.promise
    expect(await audit.page({ afterSeq: 0, maxRecords: 9 })).toMatchObject([
      {
        kind: 'decision',
        actor: await people.find('+14155550123'),
        strength: 'S0',
        session: SID,
        data: { state: 'transferred', means: 'person', reason: 'modelLost' },
      },
    ])
    expect(world.failures).toEqual([])
  })

  it("onStatus() keeps the network's own word for how a call ended", async () => {
    const world = start()
    const patches: unknown[] = []
    const patchCall = world.storage.patchCall.bind(world.storage)
    world.storage.patchCall = async (callSid, patch) => {
      patches.push(patch.status)
      await patchCall(callSid, patch)
    }
    await world.offer()
    await world.calls.onStatus({ callSid: SID, status: 'no-answer', durationSeconds: 0 })
    await settled()
    expect(patches.slice(0, 2)).toEqual(['no-answer', 'completed'])
    expect(world.storage.calls.get(SID)?.durationSeconds).toBe(0)
  })

  it('a call that reaches its maximum length is warned, hears goodbye, is hung up and completely recorded', async () => {
    const world = start()
    await world.offer()
    const line = join(world)
    world.speech.last().emit({ kind: 'sessionReady', sessionId: 'sess_1', atMs: world.clock.nowMs() })
    const talk = (itemId: string) => {
      const atMs = world.clock.nowMs()
      world.speech.last().emit({ kind: 'speechStarted', itemId, atMs })
      world.speech.last().emit({ kind: 'speechStopped', itemId, atMs })
      world.speech.last().emit({ kind: 'turnCommitted', itemId, atMs })
      world.speech.last().emit({ kind: 'callerTranscript', itemId, text: 'Go on', final: true, atMs })
      world.speech.last().emit({ kind: 'responseStarted', responseId: `r${itemId}`, atMs })
      world.speech.last().request.receiver.onAudio({
        responseId: `r${itemId}`,
        itemId: `a${itemId}`,
        bytes: new Uint8Array(48_000),
      })
      world.speech
        .last()
        .emit({ kind: 'replyAudioDone', responseId: `r${itemId}`, itemId: `a${itemId}`, atMs })
      world.speech
        .last()
        .emit({ kind: 'responseDone', responseId: `r${itemId}`, status: 'completed', retryable: false, atMs })
    }
    line.play(5_000)
    for (let turn = 0; turn < 359; turn++) {
      talk(String(turn))
      line.play(10_000)
    }
    talk('last')
    line.play(6_100)
    await settled()
    const played = world.log.lines
      .filter(({ kind }) => kind === 'sentencePlayed')
      .map(({ fields }) => fields.name)
    expect(played).toEqual(['disclosure', 'greeting', 'timeAlmostUp', 'goodbye'])
    expect(world.hangUps).toEqual([SID])
    expect(line.closed).toEqual({ code: 1000, reason: 'done' })
    const call = world.storage.calls.get(SID)
    expect(call).toMatchObject({ ending: 'maximumLength', status: 'completed', durationSeconds: 3_601 })
    expect(world.storage.turns.get(`${SID}:${world.storage.turns.size - 1}`)).toMatchObject({
      text: 'Goodbye.',
      interrupted: false,
    })
    expect([...world.storage.streams.values()]).toMatchObject([{ endReason: 'done' }])
    expect([...world.storage.sessions.values()]).toMatchObject([{ endReason: 'call over' }])
    expect(world.calls.size()).toBe(0)
    expect(world.clock.pendingTimers()).toBe(0)
    expect(world.failures).toEqual([])
  })

  it('drain() says goodbye, hangs up and resolves when all calls are over', async () => {
    const world = start()
    await world.offer()
    const line = join(world)
    const drained = world.calls.drain(new AbortController().signal)
    expect((await world.offer('CA2')).kind).toBe('sayAndHangUp')
    line.play(3_000)
    await settled()
    await drained
    expect(world.hangUps).toEqual([SID])
    expect(world.storage.calls.get(SID)?.ending).toBe('shutdown')
  })
})
