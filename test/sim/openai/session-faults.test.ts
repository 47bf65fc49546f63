import { isUtf8 } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { garbageForms } from '../../../src/sim/openai/model-fault.ts'
import { ScriptCursor } from '../../../src/sim/openai/script-cursor.ts'
import { SessionDriver } from './session-driver.ts'

describe('RealtimeSession, faults', () => {
  it('drops the leg of the first session only, when the script says so', () => {
    const cursor = new ScriptCursor({
      hears: [],
      replies: [],
      faults: [{ kind: 'dropSession', session: 1, afterMs: 50 }],
    })
    const first = new SessionDriver({}, { cursor })
    const second = new SessionDriver({}, { cursor, sessionOfCaller: 2 })
    first.wait(50)
    second.wait(50)
    expect(first.hangUps).toEqual([{ kind: 'cut' }])
    expect(second.hangUps).toEqual([])
  })

  it('closes with the code of the script, and sends nothing after it', () => {
    const fault = { kind: 'dropSession' as const, afterMs: 0, closeCode: 1011, closeReason: 'oops' }
    const driver = new SessionDriver({ faults: [fault] })
    driver.wait(0)
    expect(driver.hangUps).toEqual([{ kind: 'close', code: 1011, reason: 'oops' }])
    driver.take()
    driver.send({ type: 'input_audio_buffer.clear' })
    expect(driver.take()).toEqual([])
  })

  it.each([
    'insufficient_quota',
    'billing_hard_limit_reached',
    'account_deactivated',
    'invalid_api_key',
  ] as const)('tells of %s and closes 4000', (code) => {
    const driver = new SessionDriver({ faults: [{ kind: 'fatalError', afterMs: 30, code }] })
    driver.wait(30)
    expect(driver.lastError().code).toBe(code)
    expect(driver.hangUps).toEqual([{ kind: 'close', code: 4000, reason: `invalid_request_error.${code}` }])
  })

  it('sends a server_error and lives on', () => {
    const driver = new SessionDriver({ faults: [{ kind: 'serverError', afterMs: 20 }] })
    driver.wait(20)
    expect(driver.last('error').error).toMatchObject({ type: 'server_error', code: null, event_id: null })
    driver.send({ type: 'input_audio_buffer.clear' })
    expect(driver.last('input_audio_buffer.cleared')).toBeDefined()
  })

  it('strikes during the n-th reply of the script, after so much of its audio', () => {
    const driver = new SessionDriver({
      replies: [{ say: 'One.' }, { say: 'Two.', audioMs: 4_000 }],
      faults: [{ kind: 'resetSession', duringReply: { reply: 2, audioMs: 1_000 } }],
    })
    driver.send({ type: 'response.create' }).wait(2_000)
    expect(driver.hangUps).toEqual([])
    driver.send({ type: 'response.create' }).wait(2_000)
    expect(driver.hangUps).toEqual([{ kind: 'reset' }])
    const sentMs = driver
      .all('response.output_audio.delta')
      .filter((delta) => delta.response_id === driver.last('response.created').response.id)
      .reduce((sum, { delta }) => sum + Buffer.byteLength(delta, 'base64') / 48, 0)
    expect(sentMs).toBeGreaterThanOrEqual(1_000)
    expect(sentMs).toBeLessThan(1_300)
    expect(driver.faults).toEqual([[expect.any(Number), 'resetSession', undefined]])
  })

  it('strikes when the reply is only created, at 0', () => {
    const driver = new SessionDriver({
      replies: [{ say: 'One.' }],
      faults: [{ kind: 'dropSession', duringReply: { reply: 1, audioMs: 0 } }],
    })
    driver.send({ type: 'response.create' }).wait(2_000)
    expect(driver.all('response.created')).toHaveLength(1)
    expect(driver.all('response.output_audio.delta')).toEqual([])
    expect(driver.hangUps).toEqual([{ kind: 'cut' }])
  })

  it('does not take a sentence that was ordered word for word for a reply of the script', () => {
    const driver = new SessionDriver({
      replies: [{ say: 'One.', audioMs: 300 }],
      exactReplies: [{ say: 'Hello.', audioMs: 4_000 }],
      faults: [{ kind: 'dropSession', duringReply: { reply: 1, audioMs: 1_000 } }],
    })
    driver.send({ type: 'response.create' }).wait(2_000)
    const instructions = 'Say exactly this and nothing else: "Hello."'
    driver.send({ type: 'response.create', response: { instructions } }).wait(2_000)
    expect(driver.all('response.done')).toHaveLength(2)
    expect(driver.hangUps).toEqual([])
  })

  it.each(['stall', 'halfOpen'] as const)(
    '%s: sends nothing more and spends nothing of the script',
    (kind) => {
      const cursor = new ScriptCursor({
        hears: ['kept for the next session'],
        replies: [{ say: 'Long.', audioMs: 8_000 }, { say: 'Next.' }],
        faults: [{ kind, session: 1, duringReply: { reply: 1, audioMs: 500 } }],
      })
      const driver = new SessionDriver({}, { cursor })
      driver.send({ type: 'response.create' }).wait(5_000)
      expect(driver.all('response.done')).toEqual([])
      driver.take()
      driver.speak(500).silence(1_000).send({ type: 'response.create' }).wait(60_000)
      expect(driver.take()).toEqual([])
      expect(driver.record.receivedCounts.get('response.create')).toBe(2)
      expect(driver.hangUps).toEqual([])
      expect(driver.deaf).toBe(kind === 'halfOpen')
      expect(driver.record.deafAtMs).toBe(driver.faults[0]?.[0])
      expect(driver.clock.pendingTimers()).toBe(0)
      expect([cursor.nextHeard(), cursor.nextReply()]).toEqual([
        'kept for the next session',
        { say: 'Next.' },
      ])
      const second = new SessionDriver({}, { cursor, sessionOfCaller: 2 })
      second.send({ type: 'response.create' }).wait(5_000)
      expect(second.all('response.done')).toHaveLength(1)
    },
  )

  it.each(garbageForms)('sends garbage: %s', (form) => {
    const driver = new SessionDriver({ faults: [{ kind: 'garbage', form, afterMs: 10, count: 3 }] })
    driver.wait(10)
    expect(driver.raw).toHaveLength(3)
    expect(driver.faults).toEqual([[10, 'garbage', form]])
    const frame = driver.raw[0]
    if (frame === undefined) throw new Error('Nothing was sent')
    expect(frame.kind).toBe(form === 'binaryFrame' ? 'binary' : 'text')
    const bytes = Buffer.from(frame.data)
    const readable = isUtf8(bytes)
    expect(readable).toBe(form !== 'invalidUtf8')
    const json = readable && isJson(bytes.toString('utf8'))
    expect(json).toBe(!['invalidUtf8', 'notJson', 'truncatedJson'].includes(form))
    driver.send({ type: 'input_audio_buffer.clear' })
    expect(driver.last('input_audio_buffer.cleared')).toBeDefined()
  })

  it('spoils the audio that is being sent, where garbage is about audio', () => {
    const driver = new SessionDriver({
      replies: [{ say: 'Long.', audioMs: 4_000 }],
      faults: [
        { kind: 'garbage', form: 'oddBytes', duringReply: { reply: 1, audioMs: 500 } },
        { kind: 'garbage', form: 'unknownItem', duringReply: { reply: 1, audioMs: 500 } },
      ],
    })
    driver.send({ type: 'response.create' }).wait(2_000)
    const [odd, unknown] = driver.raw.map(({ data }) => JSON.parse(String(data)) as Record<string, string>)
    const { response_id, item_id } = driver.last('response.output_audio.delta')
    expect(odd).toMatchObject({ response_id, item_id })
    expect(Buffer.from(odd?.['delta'] ?? '', 'base64').length % 2).toBe(1)
    expect(unknown).toMatchObject({ response_id })
    expect(unknown?.['item_id']).not.toBe(item_id)
  })

  it.each([1_000_000, 1_100_000])(
    'sends one delta of about %d bytes that counts as generated',
    (messageBytes) => {
      const driver = new SessionDriver({
        extras: 'never',
        replies: [{ say: 'Short.', audioMs: 2_000 }],
        faults: [{ kind: 'hugeDelta', messageBytes, duringReply: { reply: 1, audioMs: 500 } }],
      })
      driver.send({ type: 'response.create' }).wait(5_000)
      const longest = Math.max(...driver.events.map((event) => JSON.stringify(event).length))
      expect(longest).toBeLessThanOrEqual(messageBytes)
      expect(longest).toBeGreaterThan(messageBytes - 200)
      const audioMs = 2_000 + Math.floor(((messageBytes - 210) * 3) / 4 / 48)
      expect(driver.record.responses).toMatchObject([{ status: 'completed', audioMs }])
    },
  )

  it.each(['rateLimits', 'unknownEvents', 'audio'] as const)(
    'floods with %s, and waits for who does not read',
    (of) => {
      const driver = new SessionDriver({ faults: [{ kind: 'flood', of, afterMs: 0, count: 1_000 }] })
      driver.unread = 2_000_000
      driver.wait(100)
      expect(driver.raw).toEqual([])
      driver.unread = 0
      driver.wait(100)
      const ids = driver.raw.map(({ data }) => (JSON.parse(String(data)) as { event_id: string }).event_id)
      expect(new Set(ids).size).toBe(1_000)
      expect(driver.faults).toEqual([[0, 'flood', undefined]])
    },
  )

  it('floods with 20,000 events unless told otherwise', () => {
    const driver = new SessionDriver({ faults: [{ kind: 'flood', afterMs: 0 }] }).wait(100)
    expect(driver.raw).toHaveLength(20_000)
  })

  it('fails a response for lack of quota in response.done, where it is the only sign', () => {
    const error = {
      type: 'insufficient_quota',
      code: 'insufficient_quota',
      message: 'You exceeded your quota.',
    }
    const driver = new SessionDriver({ replies: [{ ends: 'failed', error }] })
    driver.send({ type: 'response.create' }).wait(2_000)
    const { status, status_details, output } = driver.last('response.done').response
    expect({ status, status_details, output }).toEqual({
      status: 'failed',
      status_details: { type: 'failed', error },
      output: [],
    })
    expect(driver.all('error')).toEqual([])
    expect(driver.faults).toEqual([[expect.any(Number), 'failedReply', undefined]])
  })

  it.each([
    ['never', 0, 'noTranscript'],
    ['failed', 0, 'failedTranscript'],
    ['after', 3_000, 'lateTranscript'],
  ] as const)('tells of transcription that comes %s and %d ms late', (when, delayMs, fault) => {
    const driver = new SessionDriver({ transcription: { when, delayMs }, hears: ['Hello'] })
    const input = { transcription: { model: 'gpt-transcribe' } }
    driver.send({ type: 'session.update', session: { type: 'realtime', audio: { input } } })
    driver.speak(500).silence(1_000)
    expect(driver.faults.map(([, kind]) => kind)).toEqual([fault])
  })

  it('strikes alike again, for the same seed', () => {
    expect(garbageOf('one')).toEqual(garbageOf('one'))
    expect(garbageOf('one')).not.toEqual(garbageOf('other'))
  })
})

/** All garbage of a session with the given seed. */
function garbageOf(seed: string): string[] {
  const faults = garbageForms.map((form) => ({ kind: 'garbage' as const, form, afterMs: 5 }))
  const driver = new SessionDriver({ faults }, { seed }).wait(5)
  return driver.raw.map(({ data }) => Buffer.from(data).toString('base64'))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
