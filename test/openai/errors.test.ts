import { describe, expect, it } from 'vitest'
import { connect, ready } from './support/recorder.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { errorEvent } from './support/server-events.ts'

const refusal = (key: string) =>
  errorEvent({ code: 'conversation_already_has_active_response', event_id: key })

describe('an error event', () => {
  const clientBugs = [
    'input_audio_buffer_commit_empty',
    'unknown_parameter',
    'missing_required_parameter',
    'invalid_value',
    'invalid_type',
    'integer_below_min_value',
    'string_above_max_length',
    'invalid_event',
  ]
  for (const code of clientBugs) {
    it(`${code} is told, logged as an error, and the session goes on`, async () => {
      await using server = await ScriptedServer.start()
      const { peer, receiver, ops, session } = await ready(server)
      peer.send(errorEvent({ code }))
      expect(await receiver.next('eventRefused')).toMatchObject({ code })
      expect(ops.lines.at(-1)).toMatchObject({ level: 'error', kind: 'eventRefused' })
      expect(session.append(new Uint8Array(2))).toBe(true)
    })
  }

  const ignored = [
    { code: 'response_cancel_not_active' },
    { code: 'cannot_update_voice' },
    { code: 'item_retrieve_invalid_item_id' },
    { code: 'unsupported_content_type' },
    { code: 'whatever_it_is_called', event_id: 'truncate_4' },
    { code: 'invalid_value', event_id: 'delete_5' },
  ]
  for (const error of ignored) {
    it(`${error.code} ${error.event_id ?? ''} is counted and otherwise ignored`, async () => {
      await using server = await ScriptedServer.start()
      const { peer, receiver, ops, session } = await ready(server)
      peer.send(errorEvent(error))
      await peer.settled()
      expect(receiver.kinds()).toEqual(['sessionReady'])
      const counted = [...ops.counts.keys()].filter((key) => key.startsWith('realtime_events_refused_total'))
      expect(counted).toHaveLength(1)
      expect(session.append(new Uint8Array(2))).toBe(true)
    })
  }

  const losses = [
    ...[
      'beta_api_shape_disabled',
      'insufficient_quota',
      'billing_hard_limit_reached',
      'account_deactivated',
      'invalid_api_key',
      'model_not_found',
    ].map((code) => ({ code, loss: { reason: 'fatalError', code, retryable: false } })),
    {
      code: 'session_expired',
      loss: { reason: 'expired', code: 'session_expired', retryable: true },
    },
  ]
  for (const { code, loss } of losses) {
    it(`${code} loses the session`, async () => {
      await using server = await ScriptedServer.start()
      const { peer, receiver } = await ready(server)
      peer.send(errorEvent({ code }))
      expect((await receiver.next('sessionLost')).loss).toEqual(loss)
    })
  }

  it('conversation_already_has_active_response is tried once more after the end of that response', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, session } = await ready(server)
    session.requestReply()
    await peer.next('response.create')
    peer.send(refusal('create_1'))
    await peer.settled()
    expect(peer.count('response.create')).toBe(1)
    peer.send({ type: 'response.done', response: { id: 'resp_vad', status: 'completed' } })
    await peer.next('response.create')
    peer.send(refusal('create_2'))
    expect(await receiver.next('eventRefused')).toMatchObject({
      code: 'conversation_already_has_active_response',
    })
    peer.send({ type: 'response.done', response: { id: 'resp_vad2', status: 'completed' } })
    await peer.settled()
    expect(peer.count('response.create')).toBe(2)
  })

  it('server_error on a reply request is tried once more at once, elsewhere it is told', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, session } = await ready(server)
    peer.send(errorEvent({ type: 'server_error', code: null }))
    expect(await receiver.next('eventRefused')).toMatchObject({ code: 'server_error' })
    session.requestReply()
    await peer.next('response.create')
    peer.send(errorEvent({ type: 'server_error', code: null, event_id: 'create_1' }))
    await peer.next('response.create')
    peer.send(errorEvent({ type: 'server_error', code: null, event_id: 'create_2' }))
    expect(await receiver.next('eventRefused')).toMatchObject({ code: 'server_error' })
    await peer.settled()
    expect(peer.count('response.create')).toBe(2)
  })

  it('of a code that nobody knows is told and the session goes on', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, session } = await ready(server)
    peer.send(errorEvent({ code: 'brand_new_code' }))
    expect(await receiver.next('eventRefused')).toMatchObject({ code: 'brand_new_code' })
    expect(session.append(new Uint8Array(2))).toBe(true)
  })

  it('before the agreement and not about the update leaves the deadline to decide', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, clock } = await connect(server)
    peer.send(errorEvent({ code: 'brand_new_code' }))
    await peer.settled()
    expect(receiver.events).toEqual([])
    clock.advance(3_000)
    expect(receiver.kinds()).toEqual(['sessionLost'])
  })
})
