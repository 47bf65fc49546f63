import { describe, expect, it } from 'vitest'
import { ready } from './support/recorder.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { audioDelta, messageAdded, responseCreated, responseDone } from './support/server-events.ts'

describe('meaningOf()', () => {
  it('lets nothing be heard of a response after its end, and lets none begin again', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, ops } = await ready(server)
    const ids = { response: 'resp_1', item: 'item_a' }
    const piece = new Uint8Array(480)
    peer.send(responseCreated('resp_1'), messageAdded(ids), audioDelta(ids, piece), responseDone('resp_1'))
    peer.send(audioDelta(ids, piece), responseCreated('resp_1'), audioDelta(ids, piece))
    peer.send({
      type: 'input_audio_buffer.speech_started',
      event_id: 'event_9',
      audio_start_ms: 0,
      item_id: 'item_u',
    })
    await receiver.next('speechStarted')
    expect(receiver.audio).toHaveLength(1)
    expect(ops.counts.get('realtime_events_ignored_total otherResponse')).toBe(2)
  })

  it('tells the end of a response once, and of none that has not begun', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver } = await ready(server)
    const failed = { status: 'failed', status_details: { error: { type: 'x', code: 'x' } } }
    session.requestReply()
    await peer.next('response.create')
    const answer = { metadata: { reply: 'create_1', purpose: 'question', id: 'q1' } }
    peer.send(responseDone('resp_never', failed))
    peer.send(responseCreated('resp_1'), responseDone('resp_1'), responseDone('resp_1', failed))
    peer.send(
      responseDone('resp_2', { ...failed, ...answer }),
      responseDone('resp_2', { ...failed, ...answer }),
    )
    peer.send({
      type: 'input_audio_buffer.speech_started',
      event_id: 'event_9',
      audio_start_ms: 0,
      item_id: 'item_u',
    })
    await receiver.next('speechStarted')
    peer.send(responseCreated('resp_3', answer))
    await receiver.next('responseStarted')
    expect(receiver.told().slice(1)).toMatchObject([
      { kind: 'responseStarted', responseId: 'resp_1' },
      { kind: 'responseDone', responseId: 'resp_1', status: 'completed' },
      { kind: 'responseDone', responseId: 'resp_2', status: 'failed' },
      { kind: 'speechStarted' },
      { kind: 'responseStarted', responseId: 'resp_3', purpose: 'question', id: 'q1' },
    ])
  })
})
