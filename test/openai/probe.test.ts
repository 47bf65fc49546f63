import { describe, expect, it } from 'vitest'
import { connect, echo, ready } from './support/recorder.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { errorEvent, responseCreated } from './support/server-events.ts'

describe('RealtimeSession', () => {
  it('probe() tells that the engine answers, by an update that changes nothing', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver, update, clock } = await connect(server)
    session.probe()
    peer.send(echo(update))
    await receiver.next('sessionReady')
    expect(receiver.kinds()).not.toContain('sessionAnswered')
    session.probe()
    session.probe()
    expect(await peer.next('session.update')).toEqual({
      type: 'session.update',
      event_id: 'probe_1',
      session: { type: 'realtime' },
    })
    peer.send(echo(update))
    await receiver.next('sessionAnswered')
    session.probe()
    expect(await peer.next('session.update')).toMatchObject({ event_id: 'probe_2' })
    peer.send(errorEvent({ type: 'server_error', code: null, event_id: 'probe_2' }))
    await receiver.next('sessionAnswered')
    clock.advance(2_000)
    expect(receiver.kinds()).not.toContain('sessionLost')
  })

  it('probe() ends a session whose engine says nothing for two seconds, not one that is only slow to answer', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver, clock } = await ready(server)
    session.probe()
    clock.advance(1_000)
    peer.send(responseCreated('resp_1'))
    await receiver.next('responseStarted')
    clock.advance(2_999)
    expect(receiver.kinds()).not.toContain('sessionLost')
    clock.advance(1)
    expect((await receiver.next('sessionLost')).loss).toEqual({
      reason: 'unresponsive',
      code: 'probe',
      retryable: true,
    })
    expect(clock.pendingTimers()).toBe(0)
  })
})
