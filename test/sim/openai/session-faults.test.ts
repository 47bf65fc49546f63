import { describe, expect, it } from 'vitest'
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
})
