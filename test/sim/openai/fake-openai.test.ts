import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { FakeOpenAiLogEntry } from '../../../src/sim/openai/run-log.ts'
import { Client, KEY, start } from './socket-client.ts'
import { tone } from './session-driver.ts'

describe('startFakeOpenAi(), a session on a real socket', () => {
  it('hears, answers and keeps a record', async () => {
    const log: FakeOpenAiLogEntry[] = []
    const script = { hears: ['are you open'], replies: [{ say: 'Until six.', audioMs: 1000 }] }
    await using fake = await start({ scriptFor: () => script, onEvent: (entry) => log.push(entry) })
    await using client = new Client(fake, undefined, {
      'OpenAI-Safety-Identifier': 'caller-1',
      'OpenAI-Project': 'proj_1',
    })
    await client.until('session.created')
    const transcription = { model: 'gpt-realtime-whisper' as const }
    client.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { transcription } } },
    })
    for (const audio of [tone(500), new Uint8Array(48 * 700)]) {
      client.send({ type: 'input_audio_buffer.append', audio: Buffer.from(audio).toString('base64') })
    }
    expect((await client.until('response.done')).response.status).toBe('completed')
    const [session] = fake.sessions
    expect(session?.connection).toEqual({
      sessionNumber: 1,
      model: 'gpt-realtime-2.1',
      safetyIdentifier: 'caller-1',
      project: 'proj_1',
      clientPort: expect.any(Number) as unknown,
    })
    expect(session?.receivedCounts.get('input_audio_buffer.append')).toBe(2)
    expect(session?.appendedMs).toBe(1200)
    expect(session?.refused).toEqual([])
    expect(session?.transcript.map((line) => line.text)).toEqual(['are you open', 'Until six.'])
    expect(log.map((entry) => entry.kind)).toEqual(expect.arrayContaining(['opened', 'client', 'server']))
    expect(JSON.stringify(log)).toContain('{"bytes":24000}')
    expect(JSON.stringify(log)).not.toMatch(/[A-Za-z0-9+/]{200}/)
  })

  it('breaks the wire without a close frame in mid reply, and goes on in the next session', async () => {
    const script = {
      hears: [],
      replies: [{ say: 'This breaks off.', audioMs: 2000, dropAfterMs: 600 }, { say: 'Where were we?' }],
    }
    await using fake = await start({ scriptFor: () => script })
    const headers = { 'OpenAI-Safety-Identifier': 'caller-1' }
    await using first = new Client(fake, undefined, headers)
    await first.until('session.created')
    first.send({ type: 'response.create' })
    expect((await first.closed).code).toBe(1006)
    await using second = new Client(fake, undefined, headers)
    await second.until('session.created')
    second.send({ type: 'response.create' })
    expect((await second.until('response.output_audio_transcript.done')).transcript).toBe('Where were we?')
    await using stranger = new Client(fake)
    await stranger.until('session.created')
    stranger.send({ type: 'response.create' })
    expect((await stranger.closed).code).toBe(1006)
    expect(fake.sessions.map((session) => session.end?.by)).toEqual(['server', undefined, 'server'])
  })

  it('goes on in the same script, begins another one, and the same one for a forgotten caller', async () => {
    const script = { hears: [], replies: [{ say: 'One.' }, { say: 'Two.' }, { say: 'Three.' }] }
    let current = script
    await using fake = await start({ scriptFor: () => current })
    const said = async (): Promise<string> => {
      await using client = new Client(fake, undefined, { 'OpenAI-Safety-Identifier': 'caller-1' })
      await client.until('session.created')
      client.send({ type: 'response.create' })
      return (await client.until('response.output_audio_transcript.done')).transcript
    }
    expect([await said(), await said()]).toEqual(['One.', 'Two.'])
    current = structuredClone(script)
    expect([await said(), await said()]).toEqual(['One.', 'Two.'])
    fake.forgetCaller('caller-1')
    expect(await said()).toBe('One.')
  })

  it('speaks with the recording of a clip, and with tones where there is none', async () => {
    const recording = Int16Array.from({ length: 2400 }, (_, index) => index)
    const replies = [{ say: 'Hello', clip: 'hello' }, { say: 'Good morning to you' }]
    await using fake = await start({
      scriptFor: () => ({ hears: [], replies }),
      speech: (clip) => (clip === 'hello' ? recording : undefined),
    })
    await using client = new Client(fake)
    await client.until('session.created')
    client.send({ type: 'response.create' })
    const { delta } = await client.until('response.output_audio.delta')
    expect(Buffer.from(delta, 'base64').readInt16LE(2 * 1234)).toBe(1234)
    await client.until('response.done')
    client.send({ type: 'response.create' })
    while (fake.sessions[0]?.responses.length !== 2) await new Promise((resolve) => setImmediate(resolve))
    expect(fake.sessions[0].responses.map((response) => Math.round(response.audioMs))).toEqual([100, 1267])
  })

  it('drops a session on demand, with a code or without', async () => {
    await using fake = await start()
    await using first = new Client(fake)
    await using second = new Client(fake)
    await Promise.all([first.until('session.created'), second.until('session.created')])
    expect(fake.dropSession(1)).toBe(true)
    expect(fake.dropSession(2, { code: 1011, reason: 'fault' })).toBe(true)
    expect(fake.dropSession(9)).toBe(false)
    const codes = [await first.closed, await second.closed].map((end) => end.code)
    expect(codes.toSorted((a, b) => a - b)).toEqual([1006, 1011])
  })

  it('refuses binary frames and what is not JSON as invalid_event', async () => {
    await using fake = await start()
    await using client = new Client(fake)
    await client.until('session.created')
    client.socket.send(Buffer.from('{"type":"response.create"}'), { binary: true })
    client.socket.send('{')
    while (client.events.length < 3) await new Promise((resolve) => setImmediate(resolve))
    expect(fake.sessions[0]?.refused.map((one) => one.code)).toEqual(['invalid_event', 'invalid_event'])
  })

  it('closes 1009, when a message is larger than any event may be', async () => {
    await using fake = await start()
    await using client = new Client(fake)
    await client.until('session.created')
    client.socket.send('x'.repeat(21 * 1024 * 1024 + 1))
    expect((await client.closed).code).toBe(1009)
  })

  it('records how the client left', async () => {
    await using fake = await start()
    const client = new Client(fake)
    await client.until('session.created')
    client.socket.close(1000, 'bye')
    await client.closed
    while (!fake.sessions[0]?.end) await new Promise((resolve) => setImmediate(resolve))
    expect(fake.sessions[0]?.end).toEqual({ by: 'client', code: 1000, reason: 'bye' })
  })

  it('leaves nothing open, when it is disposed', async () => {
    const fake = await start()
    const client = new Client(fake)
    await client.until('session.created')
    const { port } = new URL(fake.httpOrigin)
    await fake[Symbol.asyncDispose]()
    expect((await client.closed).code).toBe(1006)
    const late = connect(Number(port), '127.0.0.1')
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })
})

describe('startFakeOpenAi(), models', () => {
  it('lists the living models with their end, and knows each by its id', async () => {
    await using fake = await start()
    const headers = { Authorization: `Bearer ${KEY}` }
    const list = (await (await fetch(`${fake.httpOrigin}/v1/models`, { headers })).json()) as {
      data: { id: string }[]
    }
    expect(list.data.map((model) => model.id)).toContain('gpt-realtime-2.1')
    expect(list.data.map((model) => model.id)).not.toContain('gpt-4o-realtime-preview')
    const one = await fetch(`${fake.httpOrigin}/v1/models/gpt-realtime`, { headers })
    expect(await one.json()).toMatchObject({
      id: 'gpt-realtime',
      object: 'model',
      shutdown_date: '2027-01-20',
    })
    const none = await fetch(`${fake.httpOrigin}/v1/models/gpt-9`, { headers })
    expect([none.status, await none.json()]).toMatchObject([404, { error: { code: 'model_not_found' } }])
    expect((await fetch(`${fake.httpOrigin}/v1/models`)).status).toBe(401)
    expect((await fetch(`${fake.httpOrigin}/v1/else`, { headers })).status).toBe(404)
  })
})
