import { describe, expect, it } from 'vitest'
import { connect, echo, ready } from './support/recorder.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { audioDelta, callDone, messageAdded } from './support/server-events.ts'
import { responseCreated, responseDone, turn } from './support/server-events.ts'

const audio = Uint8Array.from({ length: 9_600 }, (_, index) => (index * 7) & 0xff)

describe('Conversation', () => {
  it('tells a recorded turn event by event, and its audio byte for byte', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, ops } = await ready(server)
    peer.send(...turn(audio))
    await receiver.next('responseDone')
    await receiver.next('callerTranscript')
    const reply = { responseId: 'resp_1', itemId: 'item_a' }
    expect(receiver.told()).toEqual(
      [
        { kind: 'sessionReady', sessionId: 'sess_1', expiresAtWallMs: 1_800_000_000_000 },
        { kind: 'speechStarted', itemId: 'item_u' },
        { kind: 'callerTranscript', itemId: 'item_u', text: 'When do ', final: false },
        { kind: 'speechStopped', itemId: 'item_u' },
        { kind: 'turnCommitted', itemId: 'item_u' },
        { kind: 'responseStarted', responseId: 'resp_1' },
        { kind: 'replyStarted', ...reply },
        { kind: 'replyText', ...reply, text: 'We open ', final: false },
        { kind: 'replyText', ...reply, text: 'at eight.', final: false },
        { kind: 'replyAudioDone', ...reply },
        { kind: 'replyText', ...reply, text: 'We open at eight.', final: true },
        {
          kind: 'responseDone',
          responseId: 'resp_1',
          status: 'completed',
          retryable: false,
          usage: {
            inputTextTokens: 150,
            inputAudioTokens: 70,
            cachedTextTokens: 128,
            cachedAudioTokens: 0,
            outputTextTokens: 20,
            outputAudioTokens: 60,
          },
        },
        { kind: 'callerTranscript', itemId: 'item_u', text: 'When do you open?', final: true },
      ].map((event) => ({ ...event, atMs: undefined })),
    )
    expect(Buffer.concat(receiver.audio.map(({ bytes }) => bytes))).toEqual(Buffer.from(audio))
    expect(receiver.audio.map(({ itemId }) => itemId)).toEqual(['item_a', 'item_a'])
    expect(ops.counts.get('protocol_faults_total openai badShape')).toBeUndefined()
    expect(peer.count('response.create')).toBe(0)
  })

  it('keeps text and reply requests from before the agreement, in order', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver, update } = await connect(server)
    session.addText({ role: 'user', text: 'Record of what was said' })
    session.addText({ role: 'assistant', text: 'Good morning.' })
    session.requestReply({ instructions: 'Greet.', purpose: 'greeting' })
    expect(peer.count('conversation.item.create')).toBe(0)
    peer.send(echo(update))
    await receiver.next('sessionReady')
    await peer.next('response.create')
    expect(peer.received.slice(1)).toEqual([
      {
        type: 'conversation.item.create',
        event_id: 'item_1',
        item: {
          id: 'item_1',
          type: 'message',
          role: 'user',
          content: [{ type: 'input_text', text: 'Record of what was said' }],
        },
      },
      {
        type: 'conversation.item.create',
        event_id: 'item_2',
        item: {
          id: 'item_2',
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Good morning.' }],
        },
      },
      {
        type: 'response.create',
        event_id: 'create_1',
        response: { metadata: { reply: 'create_1', purpose: 'greeting' }, instructions: 'Greet.' },
      },
    ])
  })

  it('tells the purpose of a reply when it starts', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver } = await ready(server)
    session.requestReply({ purpose: 'idlePrompt', toolChoice: 'none' })
    const create = await peer.next('response.create')
    const { metadata } = create['response'] as { metadata: object }
    peer.send(responseCreated('resp_1', { metadata }))
    expect(await receiver.next('responseStarted')).toMatchObject({
      responseId: 'resp_1',
      purpose: 'idlePrompt',
    })
  })

  it('asks for one reply after a tool round, when the response is done and all its calls are answered', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver } = await ready(server)
    peer.send(
      responseCreated('resp_1'),
      callDone({ response: 'resp_1', item: 'item_1', call: 'call_1' }),
      callDone({ response: 'resp_1', item: 'item_2', call: 'call_2' }),
      callDone({ response: 'resp_1', item: 'item_2', call: 'call_2' }),
    )
    expect(await receiver.next('toolRequested')).toMatchObject({
      responseId: 'resp_1',
      callId: 'call_1',
      name: 'get_hours',
      arguments: '{"day":"monday"}',
    })
    await receiver.next('toolRequested')
    session.answerTool('call_1', '{"open":"08:00"}')
    session.requestReply()
    peer.send(responseDone('resp_1'))
    await receiver.next('responseDone')
    await peer.settled()
    expect(peer.count('response.create')).toBe(0)
    session.answerTool('call_2', '{"open":"09:00"}')
    session.answerTool('call_2', '{"open":"10:00"}')
    session.answerTool('call_9', '{}')
    session.requestReply()
    await peer.next('response.create')
    await peer.settled()
    expect(receiver.kinds().filter((kind) => kind === 'toolRequested')).toHaveLength(2)
    expect(peer.count('response.create')).toBe(1)
    const outputs = peer.received.filter(({ type }) => type === 'conversation.item.create')
    expect(outputs.map(({ item }) => item)).toEqual([
      { id: 'item_1', type: 'function_call_output', call_id: 'call_1', output: '{"open":"08:00"}' },
      { id: 'item_2', type: 'function_call_output', call_id: 'call_2', output: '{"open":"09:00"}' },
    ])
  })

  it('never tells an incomplete tool call', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver } = await ready(server)
    peer.send(
      responseCreated('resp_1'),
      callDone({ response: 'resp_1', item: 'item_1', call: 'call_1' }, 'incomplete'),
      responseDone('resp_1', {
        status: 'cancelled',
        status_details: { type: 'cancelled', reason: 'turn_detected' },
      }),
    )
    expect(await receiver.next('responseDone')).toMatchObject({
      status: 'cancelled',
      code: 'turn_detected',
      retryable: false,
    })
    expect(receiver.kinds()).not.toContain('toolRequested')
  })

  it('keeps responses outside the conversation, and of unknown origin, from the caller', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver, ops } = await ready(server)
    peer.send(
      responseCreated('resp_side', { conversation_id: null, metadata: { topic: 'summary' } }),
      messageAdded({ response: 'resp_side', item: 'item_s' }),
      audioDelta({ response: 'resp_side', item: 'item_s' }, audio),
      callDone({ response: 'resp_side', item: 'item_t', call: 'call_s' }),
      audioDelta({ response: 'resp_never', item: 'item_n' }, audio),
      responseDone('resp_side', { conversation_id: null }),
    )
    session.requestReply()
    await peer.next('response.create')
    peer.send(responseCreated('resp_1', { metadata: { reply: 'create_1' } }))
    await receiver.next('responseStarted')
    expect(receiver.kinds()).toEqual(['sessionReady', 'responseStarted'])
    expect(receiver.audio).toEqual([])
    expect(ops.counts.get('realtime_events_ignored_total otherResponse')).toBe(6)
  })

  it('cancelReply() speaks only while that response runs', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver } = await ready(server)
    session.cancelReply('resp_1')
    peer.send(responseCreated('resp_1'))
    await receiver.next('responseStarted')
    session.cancelReply('resp_other')
    session.cancelReply('resp_1')
    session.cancelReply('resp_1')
    peer.send(responseDone('resp_1', { status: 'cancelled', status_details: { reason: 'client_cancelled' } }))
    await receiver.next('responseDone')
    session.cancelReply('resp_1')
    await peer.settled()
    expect(peer.received.filter(({ type }) => type === 'response.cancel')).toEqual([
      { type: 'response.cancel', event_id: 'cancel_1', response_id: 'resp_1' },
    ])
  })

  it('truncate() never asks for more than was generated, and takes a silent item away', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver } = await ready(server)
    const spoken = { response: 'resp_1', item: 'item_a' }
    peer.send(responseCreated('resp_1'), messageAdded(spoken), audioDelta(spoken, audio))
    peer.send(messageAdded({ response: 'resp_1', item: 'item_b' }), responseDone('resp_1'))
    await receiver.next('responseDone')
    session.truncate('item_a', 3_760)
    session.truncate('item_a', 120.9)
    session.truncate('item_a', 150)
    session.truncate('item_b', 0)
    session.truncate('item_unknown', 10)
    await peer.settled()
    expect(peer.received.slice(1)).toEqual([
      {
        type: 'conversation.item.truncate',
        event_id: 'truncate_1',
        item_id: 'item_a',
        content_index: 0,
        audio_end_ms: 200,
      },
      {
        type: 'conversation.item.truncate',
        event_id: 'truncate_2',
        item_id: 'item_a',
        content_index: 0,
        audio_end_ms: 120,
      },
      { type: 'conversation.item.delete', event_id: 'delete_3', item_id: 'item_b' },
    ])
  })

  it('tells a failed response with its code, and whether another try can help', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver } = await ready(server)
    const failures = [
      { type: 'insufficient_quota', code: 'insufficient_quota', retryable: false },
      { type: 'billing', code: 'billing_hard_limit_reached', retryable: false },
      { type: 'rate_limit_error', code: 'rate_limit_exceeded', retryable: true },
      { type: 'server_error', code: null, retryable: true },
    ]
    for (const [index, { type, code }] of failures.entries()) {
      const id = `resp_${index}`
      peer.send(
        responseCreated(id),
        responseDone(id, {
          status: 'failed',
          status_details: { type: 'failed', error: { type, code } },
          usage: null,
        }),
      )
      const done = await receiver.next('responseDone')
      expect(done).toMatchObject({
        status: 'failed',
        code: code ?? type,
        retryable: failures[index]?.retryable,
      })
      expect(done).not.toHaveProperty('usage')
    }
    for (const reason of ['max_output_tokens', 'content_filter']) {
      peer.send(
        responseCreated(`resp_${reason}`),
        responseDone(`resp_${reason}`, { status: 'incomplete', status_details: { reason } }),
      )
      expect(await receiver.next('responseDone')).toMatchObject({ status: 'incomplete', code: reason })
    }
  })

  it('tells a failed transcript and goes on', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver } = await ready(server)
    peer.send({
      type: 'conversation.item.input_audio_transcription.failed',
      event_id: 'e',
      item_id: 'item_u',
      content_index: 0,
      error: { type: 'transcription_error', code: 'audio_unintelligible', message: 'words' },
    })
    expect(await receiver.next('callerTranscriptFailed')).toMatchObject({
      itemId: 'item_u',
      code: 'audio_unintelligible',
    })
  })
})
