import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { CallStanding } from '../../src/ports/call-inquiry.ts'
import type { TelephonyOutcome } from '../../src/ports/telephony.ts'
import { over, settled, SID, startOrphaned, turn } from './support/orphaned.ts'

describe('an orphaned call', () => {
  it('that is gone is closed with the last word of the network', async () => {
    const world = startOrphaned({}, async () => over)
    expect(world.calls.has(SID)).toBe(true)
    world.calls.watchOrphans()
    await settled()
    expect(world.calls.has(SID)).toBe(false)
    expect(world.kinds()).toEqual(['orphanClosed'])
    expect(world.record()).toMatchObject({ ending: 'processDied', status: 'completed', durationSeconds: 42 })
    expect(world.record()?.endedAtMs).toBe(world.clock.wallMs())
    expect(await world.calls.afterStream(SID)).toEqual({ kind: 'hangUp' })
    world.clock.advance(60_000)
    await settled()
    expect(world.hangUps).toEqual([])
  })

  it.for([
    ['in-progress', 'completed'],
    ['ringing', 'failed'],
  ] as const)('that the network does not know and was %s counts as %s', async ([was, status]) => {
    const world = startOrphaned({ call: { status: was } }, async () => ({ kind: 'noSuchCall' }))
    world.calls.watchOrphans()
    await settled()
    expect(world.record()).toMatchObject({ ending: 'processDied', status })
  })

  it('that lives goes on in the same record, with a new stream, the model told what was said', async () => {
    const turns = [turn(0, {}), turn(1, { speaker: 'caller', source: 'transcript', text: 'My name is Ada.' })]
    const world = startOrphaned({ turns })
    world.calls.watchOrphans()
    await settled()
    const answer = await world.calls.afterStream(SID)
    expect(await world.calls.afterStream(SID)).toEqual(answer)
    if (answer.kind !== 'connect') throw new Error('The call was not given another stream')
    expect(await world.calls.claimNonce(answer.nonce)).toEqual({ ok: true, callSid: SID })
    const receiver = world.join()
    expect(world.speech.sessions).toHaveLength(1)
    world.speech.last().emit({ kind: 'sessionReady', sessionId: 'sess_2', atMs: world.clock.nowMs() })
    expect(world.speech.last().past).toEqual([
      { kind: 'said', role: 'assistant', text: 'I am an assistant.' },
      { kind: 'said', role: 'user', text: 'My name is Ada.' },
    ])
    expect(world.speech.last().told).toEqual(['reply resumption'])
    world.clock.advance(30_000)
    receiver.onEvent({ kind: 'streamEnded', reason: 'stop', atMs: world.clock.nowMs() })
    world.clock.advance(2_000)
    await settled()
    expect(world.kinds()).toEqual(['orphanResumed'])
    expect(world.record()).toMatchObject({
      ending: 'callerHungUp',
      status: 'completed',
      durationSeconds: 90,
      answeredAtMs: world.clock.wallMs() - 90_000,
    })
    expect(world.hangUps).toEqual([])
    // Nothing that was recorded is written over.
    const seqs = [...world.storage.turns.values()].map(({ seq }) => seq)
    expect(Math.min(...seqs, 2)).toBe(2)
    expect([...world.storage.sessions.keys()][0]).toBe(`${SID}:1`)
    expect(world.clock.pendingTimers()).toBe(0)
  })

  it('that does not come back in ten seconds is hung up and closed', async () => {
    const world = startOrphaned()
    world.calls.watchOrphans()
    await settled()
    world.clock.advance(9_900)
    await settled()
    expect(world.record()?.ending).toBeUndefined()
    world.clock.advance(200)
    await settled()
    expect(world.kinds()).toEqual(['orphanHungUp'])
    expect(world.hangUps).toEqual([SID])
    expect(world.record()).toMatchObject({ ending: 'processDied', status: 'completed' })
    expect(await world.calls.afterStream(SID)).toEqual({ kind: 'hangUp' })
    expect(world.clock.pendingTimers()).toBe(0)
  })

  it('may come back while the network says nothing about it, or before', async () => {
    const answers = Promise.withResolvers<CallStanding>()
    const world = startOrphaned({}, () => answers.promise)
    world.calls.watchOrphans()
    expect((await world.calls.afterStream(SID)).kind).toBe('connect')
    // A stale answer, and as wrong as it can be.
    answers.resolve({ kind: 'noSuchCall' })
    await settled()
    expect(world.kinds()).toEqual(['orphanResumed'])
    expect(world.record()?.ending).toBeUndefined()

    const failing = startOrphaned({}, async () => ({
      kind: 'failed',
      code: 'timeout',
      sentence: 'No answer',
    }))
    failing.calls.watchOrphans()
    await settled()
    expect((await failing.calls.afterStream(SID)).kind).toBe('connect')
    expect(failing.kinds()).toEqual(['orphanUnknown', 'orphanResumed'])
  })

  it('that the status callback tells of is closed', async () => {
    const world = startOrphaned()
    world.calls.watchOrphans()
    await settled()
    await world.calls.onStatus({ callSid: SID, status: 'in-progress' })
    expect(world.record()?.ending).toBeUndefined()
    await world.calls.onStatus({ callSid: SID, status: 'completed', durationSeconds: 61 })
    expect(world.record()).toMatchObject({ ending: 'processDied', durationSeconds: 61 })
    expect(world.kinds()).toEqual(['orphanClosed'])
  })

  it('is given no more than three further streams in all, over every process', async () => {
    const world = startOrphaned({ nonces: 3 })
    expect((await world.calls.afterStream(SID)).kind).toBe('connect')
    world.join()
    expect(await world.calls.afterStream(SID)).toMatchObject({ kind: 'sayAndHangUp' })
    const fresh = startOrphaned({ nonces: 4 })
    expect(await fresh.calls.afterStream(SID)).toMatchObject({ kind: 'sayAndHangUp' })
  })

  it('is not longer than other calls: what it had lasted counts', async () => {
    const clock = new VirtualClock()
    const world = startOrphaned({ call: { answeredAtMs: clock.wallMs() - 3_590_000 } })
    await world.calls.afterStream(SID)
    world.join()
    world.clock.advance(9_900)
    await settled()
    expect(world.log.lines.map(({ kind }) => kind)).not.toContain('closing')
    world.clock.advance(200)
    expect(world.log.lines).toContainEqual({
      level: 'info',
      kind: 'closing',
      fields: { reason: 'maximumLength' },
    })
  })

  it('hears the disclosure once: again only if it had been cut off', async () => {
    const cut = turn(0, { text: '', interrupted: false, heardMs: 0 })
    for (const [turns, said] of [
      [[turn(0, {})], []],
      [[cut], ['disclosure']],
      [[turn(0, { interrupted: true })], ['disclosure']],
    ] as const) {
      const world = startOrphaned({ turns })
      await world.calls.afterStream(SID)
      world.join()
      const played = world.log.lines.filter(({ kind }) => kind === 'sentencePlayed')
      expect(played.map(({ fields }) => fields.name)).toEqual(said)
    }
  })

  it('that never had a stream begins from the start, when it is offered again or its socket comes', async () => {
    const offer = { callSid: SID, from: '+14155550123', to: '+14155550100', direction: 'inbound' } as const
    const asking = startOrphaned({ answered: false, turns: [] })
    const [first, second] = await Promise.all([asking.calls.offer(offer), asking.calls.offer(offer)])
    expect(first.kind).toBe('connect')
    expect(second).toEqual(first)
    expect(await asking.calls.offer(offer)).toEqual(first)

    const coming = startOrphaned({ answered: false, turns: [] })
    const { storage, clock } = coming
    const nonce = 'N'.repeat(22)
    await storage.insertNonce({ nonce, callSid: SID, expiresAtMs: clock.wallMs() + 1_000 })
    expect(await coming.calls.claimNonce(nonce)).toEqual({ ok: true, callSid: SID })
    for (const world of [asking, coming]) {
      world.join()
      const played = world.log.lines.filter(({ kind }) => kind === 'sentencePlayed')
      expect(played.map(({ fields }) => fields.name)).toEqual(['disclosure', 'greeting'])
      expect(world.speech.sessions).toHaveLength(1)
      expect(world.kinds()).toEqual(['orphanResumed'])
    }
  })

  it('that was answered is not offered again: whoever replays its webhook gets nothing', async () => {
    const world = startOrphaned()
    const offer = { callSid: SID, from: '+14155550123', to: '+14155550100', direction: 'inbound' } as const
    expect(await world.calls.offer(offer)).toEqual({ kind: 'hangUp' })
    expect((await world.calls.afterStream(SID)).kind).toBe('connect')
  })

  it('keeps the actor that was found when more was known', async () => {
    const world = startOrphaned()
    await world.calls.afterStream(SID)
    expect(world.planned).toEqual(['external'])
  })

  it('that was handed to the network goes on there', async () => {
    const world = startOrphaned()
    const report = { recording: { recordingSid: 'RE1', durationSeconds: 9 } }
    expect(await world.calls.afterStream(SID, report)).toEqual({
      kind: 'sayAndHangUp',
      text: 'Thank you.',
      language: 'en',
    })
    expect(world.speech.sessions).toHaveLength(0)
    expect(world.notices).toEqual(['RE1'])
    await world.calls.onStatus({ callSid: SID, status: 'completed' })
    world.clock.advance(2_000)
    await settled()
    expect(world.record()).toMatchObject({ ending: 'modelLost', status: 'completed' })
    expect(world.clock.pendingTimers()).toBe(0)
  })
})

describe('many orphaned calls', () => {
  const sids = Array.from({ length: 30 }, (_, index) => `CA${index}`)

  it('are asked about eight at a time, and keep their places meanwhile', async () => {
    const waiting: ((standing: CallStanding) => void)[] = []
    const world = startOrphaned(
      { sids: sids.slice(0, 10) },
      () => new Promise((resolve) => waiting.push(resolve)),
    )
    world.calls.watchOrphans()
    await settled()
    expect(world.asked).toHaveLength(8)
    expect(world.calls.refusalReasons()).toEqual(['at the maximum of concurrent calls'])
    for (const answer of waiting.splice(0)) answer(over)
    await settled()
    expect(world.asked).toHaveLength(10)
    for (const answer of waiting.splice(0)) answer(over)
    await settled()
    expect(world.calls.refusalReasons()).toEqual([])
  })

  it('are hung up and closed when the process goes down, whatever the network does', async () => {
    const world = startOrphaned({ sids })
    world.ports.telephony.hangUp = (_callSid, signal) =>
      new Promise<TelephonyOutcome>((resolve) => {
        const failed = { ok: false, code: 'aborted', sentence: 'Given up', ambiguous: true } as const
        signal?.addEventListener('abort', () => resolve(failed))
        if (signal?.aborted) resolve(failed)
      })
    world.calls.watchOrphans()
    await settled()
    const cut = new AbortController()
    const drained = world.calls.drain(cut.signal)
    cut.abort()
    await drained
    expect(sids.map((sid) => world.record(sid)?.ending)).toEqual(sids.map(() => 'processDied'))
    expect(world.kinds()).toEqual(sids.map(() => 'orphanHungUp'))
    expect(world.clock.pendingTimers()).toBe(0)
  })

  it('are left to the next start by a process that did not get as far as looking after them', async () => {
    const world = startOrphaned({ sids })
    await world.calls.drain(new AbortController().signal)
    expect(world.hangUps).toEqual([])
    expect(world.record('CA1')?.ending).toBeUndefined()
  })
})
