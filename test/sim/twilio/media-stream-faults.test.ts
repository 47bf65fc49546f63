import { describe, expect, it } from 'vitest'
import type { CallerScriptInput } from '../../../src/sim/caller/script.ts'
import type { OnStream } from './on-stream.ts'
import { onStream, STAY } from './on-stream.ts'

type Media = { readonly sequence: number; readonly timestamp: number }

/** Sequence numbers and timestamps of the audio, in the order of its arrival. */
function mediaOf(world: OnStream): Media[] {
  return world.socket.of('media').map((message) => ({
    sequence: Number(message['sequenceNumber']),
    timestamp: Number((message['media'] as { readonly timestamp: string }).timestamp),
  }))
}

function faultsOf(world: OnStream): unknown[] {
  return world.events
    .filter((event) => event.kind === 'fault')
    .map(({ atMs, callSid, fault }) => [atMs, callSid === world.call.sid, fault])
}

function steps(...some: CallerScriptInput['steps']): CallerScriptInput['steps'] {
  return [{ do: 'pause', ms: 100 }, ...some, ...STAY]
}

function steps20(media: readonly Media[]): number[] {
  return media.slice(1).map(({ timestamp }, index) => timestamp - (media[index]?.timestamp ?? 0))
}

describe('MediaStream, faults of the caller’s leg', () => {
  it('swapMedia: neighbours come in the wrong order', async () => {
    await using world = await onStream(steps({ do: 'swapMedia', ms: 80 }))
    await world.pass(300)
    const order = mediaOf(world).map(({ sequence }) => sequence)
    expect(order.slice(4, 12)).toEqual([6, 8, 7, 10, 9, 11, 12, 13])
    expect(faultsOf(world)).toEqual([[100, true, 'swapMedia']])
  })

  it('repeatMedia: each comes twice, with the same number', async () => {
    await using world = await onStream(steps({ do: 'repeatMedia', ms: 40 }))
    await world.pass(300)
    expect(
      mediaOf(world)
        .map(({ sequence }) => sequence)
        .slice(4, 10),
    ).toEqual([6, 7, 7, 8, 8, 9])
  })

  it('jumpClock: timestamps leap forward and back', async () => {
    await using world = await onStream(
      steps({ do: 'jumpClock', byMs: 60_000 }, { do: 'pause', ms: 100 }, { do: 'jumpClock', byMs: -60_100 }),
    )
    await world.pass(500)
    expect(steps20(mediaOf(world)).filter((step) => step !== 20)).toEqual([60_020, -60_080])
    expect(faultsOf(world).map((fault) => (fault as unknown[])[2])).toEqual(['jumpClock', 'jumpClock'])
  })

  it('jumpClock: a clock that leaps to before the start of its stream begins anew', async () => {
    await using world = await onStream(steps({ do: 'pause', ms: 100 }, { do: 'jumpClock', byMs: -60_000 }))
    await world.pass(300)
    const timestamps = mediaOf(world).map(({ timestamp }) => timestamp)
    const anew = timestamps.lastIndexOf(0)
    expect(anew).toBeGreaterThan(0)
    expect(timestamps.slice(anew)).toEqual(timestamps.slice(anew).map((_, index) => 20 * index))
  })

  it('jitter: frames bunch up, and none is lost or out of order', async () => {
    await using world = await onStream(steps({ do: 'jitter', ms: 2_000, upToMs: 200 }))
    const arrived: number[] = []
    for (let tick = 0; tick < 150; tick++) {
      const before = world.socket.of('media').length
      await world.pass(20)
      arrived.push(world.socket.of('media').length - before)
    }
    expect(arrived.slice(0, 3).every((count) => count === 1)).toBe(true)
    expect(Math.max(...arrived)).toBeGreaterThan(5)
    expect(Math.max(...arrived)).toBeLessThanOrEqual(11)
    expect(arrived.slice(-40).every((count) => count === 1)).toBe(true)
    expect(new Set(steps20(mediaOf(world)))).toEqual(new Set([20]))
  })

  it('randomLoss: timestamps have gaps', async () => {
    await using world = await onStream(steps({ do: 'randomLoss', ms: 4_000, share: 0.2 }))
    await world.pass(5_000)
    const media = mediaOf(world)
    expect(media.length).toBeGreaterThan(180)
    expect(media.length).toBeLessThan(235)
    expect(steps20(media).every((step) => step > 0 && step % 20 === 0)).toBe(true)
  })

  it('repeatMarks: a mark comes back twice, with two sequence numbers', async () => {
    await using world = await onStream(steps({ do: 'repeatMarks', ms: 1_000 }))
    world.socket.sendMark('before')
    await world.pass(200)
    world.socket.sendAudio(160)
    world.socket.sendMark('during')
    await world.pass(2_000)
    world.socket.sendMark('after')
    const names = world.socket
      .of('mark')
      .map((message) => (message['mark'] as { readonly name: string }).name)
    expect(names).toEqual(['before', 'during', 'during', 'after'])
    const numbers = world.socket.messages.slice(1).map((message) => Number(message['sequenceNumber']))
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  })

  it('secondStart: the first message once more, with a number of its own', async () => {
    await using world = await onStream(steps({ do: 'secondStart' }))
    await world.pass(200)
    const [first, second] = world.socket.of('start')
    expect(second).toEqual({ ...first, sequenceNumber: expect.any(String) as unknown })
    expect(second?.['sequenceNumber']).not.toBe(first?.['sequenceNumber'])
  })

  it('sendHuge: one media message of four megabytes', async () => {
    await using world = await onStream(steps({ do: 'sendHuge', bytes: 4_194_304 }))
    await world.pass(200)
    const bytes = Math.max(...world.socket.messages.map((message) => JSON.stringify(message).length))
    expect(bytes).toBeGreaterThanOrEqual(4_194_304)
    expect(bytes).toBeLessThan(4_195_000)
    const chunks = world.socket
      .of('media')
      .map((message) => (message['media'] as Record<string, string>)['chunk'])
    expect(chunks).toEqual(chunks.map((_, index) => `${index + 1}`))
  })

  it('freeze: nothing is sent, read or answered any more, and the call lives on until it is hung up', async () => {
    await using world = await onStream(steps({ do: 'freeze' }))
    await world.pass(120)
    const sent = world.socket.messages.length
    world.socket.sendAudio(1_600)
    world.socket.sendMark('unread')
    await world.pass(5_000)
    expect(world.socket.messages).toHaveLength(sent)
    expect(world.socket).toMatchObject({ paused: true, closed: false, terminated: false })
    expect(world.call.isLive()).toBe(true)
    world.call.hangUp()
    expect(world.socket.messages).toHaveLength(sent)
    expect(world.socket.terminated).toBe(true)
    const { streams } = await world.call.ended
    expect(streams[0]).toMatchObject({ receivedBytes: 0, end: { kind: 'stopped' } })
    expect(faultsOf(world)).toEqual([[100, true, 'freeze']])
  })

  it('hangUpWithoutStop: the socket closes in order, without stop, and the call is over', async () => {
    await using world = await onStream([{ do: 'pause', ms: 100 }, { do: 'hangUpWithoutStop' }])
    await world.pass(200)
    expect(await world.call.ended).toMatchObject({ endedBy: 'caller', status: 'completed' })
    expect(world.socket.of('stop')).toEqual([])
    expect(world.socket).toMatchObject({ closed: true, terminated: false })
    expect(world.product.at('/twilio/status').map((form) => form.get('CallStatus'))).toEqual(['completed'])
    expect(faultsOf(world)).toEqual([[100, true, 'hangUpWithoutStop']])
  })

  it('stop comes behind everything that was held', async () => {
    await using world = await onStream([
      { do: 'pause', ms: 100 },
      { do: 'jitter', ms: 60_000, upToMs: 5_000 },
      { do: 'pause', ms: 1_000 },
      { do: 'hangUp' },
    ])
    await world.pass(1_300)
    expect(world.socket.messages.at(-1)?.['event']).toBe('stop')
    expect(new Set(steps20(mediaOf(world)))).toEqual(new Set([20]))
    const summary = await world.call.ended
    expect(mediaOf(world)).toHaveLength(summary.streams[0]?.sentFrames ?? 0)
  })
})
