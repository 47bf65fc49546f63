import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createRealtimeEngine } from '../../src/openai/engine.ts'
import { connect, echo, plantedKey, ready, testOptions } from './support/recorder.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { audioDelta, errorEvent, responseCreated, turn } from './support/server-events.ts'

const audio = Uint8Array.from({ length: 9_600 }, (_, index) => (index * 7) & 0xff)

describe('RealtimeSession', () => {
  it('says who it is without the beta header and sends one full update', async () => {
    await using server = await ScriptedServer.start()
    const { peer, update } = await connect(
      server,
      { organization: 'org-1', project: 'proj_1', model: 'gpt-realtime-2.1-mini' },
      { safetyIdentifier: 'a1b2c3' },
    )
    expect(peer.path).toBe('/v1/realtime?model=gpt-realtime-2.1-mini')
    expect(peer.headers).toMatchObject({
      authorization: `Bearer ${plantedKey}`,
      'openai-organization': 'org-1',
      'openai-project': 'proj_1',
      'openai-safety-identifier': 'a1b2c3',
    })
    expect(peer.headers).not.toHaveProperty('openai-beta')
    expect(peer.headers).not.toHaveProperty('sec-websocket-extensions')
    expect(update).toMatchObject({
      type: 'session.update',
      event_id: 'update_1',
      session: { type: 'realtime' },
    })
  })

  it('marks each message that enters the event loop with its call', async () => {
    const entries: string[] = []
    await using server = await ScriptedServer.start()
    const loop = { enter: (callSid: string) => void entries.push(callSid) }
    const { peer, receiver, update } = await connect(server, { loop }, { callSid: 'CAours' })
    receiver.onTold = () => expect(entries).toHaveLength(1)
    peer.send(echo(update))
    await receiver.next('sessionReady')
    expect(entries).toEqual(['CAours'])
  })

  it('append() refuses until the session agrees, then sends the very bytes', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver, update } = await connect(server)
    const frame = audio.subarray(0, 960)
    expect(session.append(frame)).toBe(false)
    peer.send(echo(update))
    await receiver.next('sessionReady')
    expect(session.append(frame)).toBe(true)
    expect(session.append(audio.subarray(960, 961))).toBe(true)
    expect(session.append(new Uint8Array(0))).toBe(true)
    const first = await peer.next('input_audio_buffer.append')
    const second = await peer.next('input_audio_buffer.append')
    expect(first).toEqual({
      type: 'input_audio_buffer.append',
      audio: Buffer.from(frame).toString('base64'),
    })
    expect(second['audio']).toBe(Buffer.from(audio.subarray(960, 961)).toString('base64'))
    session.close('done')
    expect(session.append(frame)).toBe(false)
  })

  it('append() copies before it returns, so that the same memory may be written again at once', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer } = await ready(server)
    const frame = new Uint8Array(960)
    for (let value = 0; value < 200; value++) session.append(frame.fill(value))
    await peer.settled()
    const sent = peer.received.filter(({ type }) => type === 'input_audio_buffer.append')
    expect(sent.map((event) => Buffer.from(String(event['audio']), 'base64')[500])).toEqual(
      Array.from({ length: 200 }, (_, value) => value),
    )
  })

  it('is not ready while the echo disagrees, and is lost at the deadline', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver, clock, ops, update } = await connect(server)
    peer.send(echo(update, { instructions: 'You are witty and friendly.' }))
    peer.send(responseCreated('resp_0', { conversation_id: null }))
    await peer.settled()
    expect(session.append(audio)).toBe(false)
    expect(ops.lines).toContainEqual({
      level: 'error',
      kind: 'sessionDisagrees',
      fields: { missing: ['instructions'] },
    })
    clock.advance(2_999)
    expect(receiver.events).toEqual([])
    clock.advance(1)
    expect(receiver.events).toEqual([
      { kind: 'sessionLost', loss: { reason: 'notReady', retryable: true }, atMs: 3_000 },
    ])
    expect((await peer.closed).code).toBe(1006)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('becomes ready when a later echo agrees, and is lost when a running session changes', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, update } = await connect(server)
    const changed = echo(update, { tools: [] })
    peer.send(changed, echo(update))
    await receiver.next('sessionReady')
    peer.send(changed)
    expect((await receiver.next('sessionLost')).loss).toEqual({
      reason: 'fatalError',
      code: 'session_changed',
      retryable: true,
    })
  })

  it('takes what a later echo leaves out as unchanged', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, update } = await connect(server)
    peer.send(echo(update))
    await receiver.next('sessionReady')
    peer.send(JSON.stringify({ type: 'session.updated', session: { type: 'realtime' } }))
    peer.send(echo(update, { instructions: 'Sell something.' }))
    const { loss } = await receiver.next('sessionLost')
    expect(loss.code).toBe('session_changed')
    expect(receiver.events.map(({ kind }) => kind)).toEqual(['sessionReady', 'sessionLost'])
  })

  it('is lost at once when the update is refused: the defaults would be in force', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, ops } = await connect(server)
    peer.send(errorEvent({ code: 'unknown_parameter', param: 'session.voice', event_id: 'update_1' }))
    expect((await receiver.next('sessionLost')).loss).toEqual({
      reason: 'notReady',
      code: 'unknown_parameter',
      retryable: true,
    })
    expect(ops.lines).toContainEqual({
      level: 'error',
      kind: 'eventRefused',
      fields: { code: 'unknown_parameter', name: 'update_1', reason: 'session.voice' },
    })
  })

  it('counts what it cannot read and goes on', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver, ops } = await ready(server)
    peer.send('not json', '[]', '{"type":7}', '{"type":"response.created"}', Buffer.from('{}'))
    peer.send('{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AA*A"}')
    peer.send({ type: 'response.unheard_of', event_id: 'e' })
    peer.send({ type: 'input_audio_buffer.speech_started', item_id: 'item_u', audio_start_ms: 0, new: {} })
    await receiver.next('speechStarted')
    expect(Object.fromEntries(ops.counts)).toMatchObject({
      'protocol_faults_total openai notJson': 1,
      'protocol_faults_total openai noType': 2,
      'protocol_faults_total openai badShape': 1,
      'protocol_faults_total openai badAudio': 1,
      'protocol_faults_total openai notText': 1,
      'realtime_events_ignored_total notUsed': 1,
    })
  })

  it('is lost when too much cannot be read, and a new one may do better', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver } = await ready(server)
    for (let count = 0; count < 21; count++) peer.send('{')
    const lost = await receiver.next('sessionLost')
    expect(lost.loss).toEqual({ reason: 'garbled', retryable: true })
  })

  it('is lost when it is flooded with events, also such as are ignored', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver } = await ready(server)
    for (let count = 0; count < 20_000; count++)
      peer.send({ type: 'rate_limits.updated', event_id: `event_${count}` })
    const lost = await receiver.next('sessionLost')
    expect(lost.loss).toEqual({ reason: 'flooded', retryable: true })
  })

  it('is lost when it is flooded with pings or pongs', async () => {
    await using server = await ScriptedServer.start()
    for (const opcode of [0x89, 0x8a]) {
      const { peer, receiver } = await ready(server)
      peer.raw.write(Buffer.alloc(10_000, Buffer.of(opcode, 0)))
      expect((await receiver.next('sessionLost')).loss).toEqual({ reason: 'flooded', retryable: true })
    }
  })

  it('is lost when a message comes in more pieces than any has a use for', async () => {
    await using server = await ScriptedServer.start()
    const { peer, receiver } = await ready(server)
    peer.raw.write(Buffer.of(0x01, 1, 0x7b))
    for (let count = 0; count < 1_024; count++) peer.raw.write(Buffer.of(0x00, 1, 0x20))
    const lost = await receiver.next('sessionLost')
    expect(lost.loss).toEqual({ reason: 'closed', code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS', retryable: true })
  })

  it('restore() puts what happened before in front of all that is asked for later', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer } = await ready(server)
    session.restore([
      { kind: 'said', role: 'user', text: 'When is it?' },
      { kind: 'toolRound', callId: 'call_1', name: 'get_hours', arguments: '{}', output: '{"open":8}' },
      { kind: 'said', role: 'assistant', text: 'At eight.' },
    ])
    session.requestReply({ purpose: 'resumption' })
    expect(session.answerTool('call_1', '{}')).toBe(false)
    const items = []
    for (let count = 0; count < 4; count++) items.push((await peer.next('conversation.item.create'))['item'])
    expect(items).toMatchObject([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'When is it?' }] },
      { type: 'function_call', call_id: 'call_1', name: 'get_hours', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: '{"open":8}' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'At eight.' }] },
    ])
    expect(await peer.next('response.create')).toMatchObject({
      response: { metadata: { purpose: 'resumption' } },
    })
  })

  it('close() says 1000 and tells nothing any more', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver, clock, ops } = await ready(server)
    session.close('callerHungUp')
    session.close('again')
    session.requestReply()
    session.addText({ role: 'user', text: 'late' })
    peer.send(...turn(audio))
    expect(await peer.closed).toEqual({ code: 1000, reason: '' })
    expect(receiver.kinds()).toEqual(['sessionReady'])
    expect(receiver.audio).toEqual([])
    expect(peer.received).toHaveLength(1)
    expect(ops.gauges.get('realtime_sessions_live')).toBe(0)
    expect(ops.lines.filter(({ kind }) => kind === 'sessionClosed')).toHaveLength(1)
    clock.advance(10_000)
    expect(clock.pendingTimers()).toBe(0)
  })

  it('close() inside an event stops the very message that brought it', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver } = await ready(server)
    receiver.onTold = (event) => {
      if (event.kind === 'replyStarted') session.close('inside')
    }
    peer.send(responseCreated('resp_1'), audioDelta({ response: 'resp_1', item: 'item_a' }, audio))
    await peer.closed
    expect(receiver.kinds()).toEqual(['sessionReady', 'responseStarted', 'replyStarted'])
    expect(receiver.audio).toEqual([])
  })

  it('a receiver that throws costs its own session and no other', async () => {
    await using server = await ScriptedServer.start()
    const broken = await ready(server)
    const healthy = await ready(server)
    broken.receiver.onTold = (event) => {
      if (event.kind === 'speechStarted') throw new TypeError('planted')
    }
    const spoke = { type: 'input_audio_buffer.speech_started', item_id: 'item_u', audio_start_ms: 0 }
    broken.peer.send(spoke)
    expect((await broken.receiver.next('sessionLost')).loss).toEqual({
      reason: 'fatalError',
      code: 'internal',
      retryable: false,
    })
    healthy.peer.send(spoke)
    await healthy.receiver.next('speechStarted')
  })

  it('a receiver that throws when it is told of the loss is told once, and nothing else breaks', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver, ops } = await ready(server)
    let told = 0
    receiver.onTold = () => {
      told++
      throw new TypeError('planted')
    }
    peer.socket.terminate()
    await peer.closed
    const healthy = await ready(server)
    await healthy.peer.settled()
    expect(told).toBe(1)
    expect(session.append(audio)).toBe(false)
    expect(ops.lines.at(-1)).toMatchObject({ level: 'error', kind: 'sessionReceiverFailed' })
  })

  it('is lost once when the provider stops reading', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, receiver } = await ready(server, { maxBufferedBytes: 256 * 1024 })
    peer.socket.pause()
    const second = new Uint8Array(48_000)
    let taken = 0
    while (taken < 2_000 && session.append(second)) taken++
    expect(taken).toBeLessThan(2_000)
    expect(receiver.kinds()).toEqual(['sessionReady', 'sessionLost'])
    expect(receiver.events.at(-1)).toMatchObject({ loss: { reason: 'backpressure', retryable: true } })
    expect(session.append(second)).toBe(false)
  })

  it('shows no key in anything a program might print', async () => {
    await using server = await ScriptedServer.start()
    const { session, peer, ops } = await ready(server)
    const printed = inspect(session, { depth: 20, showHidden: true, getters: true })
    peer.send(errorEvent({ code: plantedKey, param: plantedKey, event_id: plantedKey, type: plantedKey }))
    await peer.settled()
    const engine = createRealtimeEngine(testOptions())
    expect(printed + inspect(engine, { depth: 20, showHidden: true })).not.toContain('PLANTED')
    expect(JSON.stringify(ops.lines) + JSON.stringify([...ops.counts])).not.toContain('PLANTED')
    expect(ops.lines.some(({ kind }) => kind === 'eventRefused')).toBe(true)
  })

  it('leaves out a safety identifier that is no header value, and speaks with the configured voice for an unknown one', async () => {
    await using server = await ScriptedServer.start()
    const { peer, update, ops } = await connect(server, {}, { voice: 'onyx', safetyIdentifier: 'a\r\nb' })
    expect(peer.headers).not.toHaveProperty('openai-safety-identifier')
    expect(update).toMatchObject({ session: { audio: { output: { voice: 'marin' } } } })
    expect(ops.lines).toContainEqual({
      level: 'warn',
      kind: 'voiceUnknown',
      fields: { name: 'onyx' },
    })
  })
})
