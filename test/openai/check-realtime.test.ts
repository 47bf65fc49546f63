import { WebSocketServer } from 'ws'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { checkRealtime, judgeRealtime, type RealtimeAnswer } from '../../src/openai/check-realtime.ts'

const place = { url: 'wss://api.openai.com/v1/realtime', model: 'gpt-realtime-2.1' }

function refused(status: number, code?: string): RealtimeAnswer {
  return { kind: 'ended', end: { kind: 'refused', status, ...(code !== undefined && { code }) } }
}

describe('judgeRealtime()', () => {
  it.each<[RealtimeAnswer, string]>([
    [{ kind: 'created' }, 'fine'],
    [{ kind: 'error', code: 'insufficient_quota' }, 'payOpenai'],
    [{ kind: 'error', code: 'invalid_api_key' }, 'correctOpenaiKey'],
    [{ kind: 'error', code: 'beta_api_shape_disabled' }, 'openRealtime'],
    [{ kind: 'otherwise' }, 'openRealtime'],
    [{ kind: 'silent' }, 'openRealtime'],
    [refused(401), 'correctOpenaiKey'],
    [refused(403, 'forbidden'), 'openRealtime'],
    [refused(404, 'model_not_found'), 'chooseModel'],
    [refused(429, 'insufficient_quota'), 'payOpenai'],
    [refused(429), 'openRealtime'],
    [refused(503), 'reachOpenai'],
    [{ kind: 'ended', end: { kind: 'unreachable', code: 'ENOTFOUND' } }, 'reachOpenai'],
    [{ kind: 'ended', end: { kind: 'unreachable', code: 'EAI_AGAIN' } }, 'mendResolver'],
    [{ kind: 'ended', end: { kind: 'handshakeTimeout' } }, 'reachOpenai'],
    [{ kind: 'ended', end: { kind: 'protocol', code: 'WS_ERR_INVALID_OPCODE' } }, 'openRealtime'],
    [{ kind: 'ended', end: { kind: 'closed', code: 4000, reason: 'with a secret' } }, 'openRealtime'],
  ])('judges %j as %s', (answer, expected) => {
    const finding = judgeRealtime(answer, place)
    expect('fix' in finding ? finding.fix.name : finding.kind).toBe(expected)
    expect(JSON.stringify(finding)).not.toContain('secret')
  })
})

/** What is said of a server whose first word is this, or that has none. */
async function saysOf(first: string | undefined, deadlineMs = 2_000): Promise<string | undefined> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.once('listening', resolve))
  const closed = new Promise((resolve) => {
    server.on('connection', (socket) => {
      if (first !== undefined) socket.send(first)
      socket.once('close', resolve)
    })
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const url = `ws://127.0.0.1:${port}/v1/realtime`
  const [finding] = await checkRealtime({ url, model: 'm', headers: {}, clock: systemClock, deadlineMs })
  // The socket does not stay behind.
  await closed
  server.close()
  return finding?.says
}

describe('checkRealtime()', () => {
  it('is content with a session, and closes it', async () => {
    const says = await saysOf('{"type":"session.created","session":{"id":"sess_1"}}')
    expect(says).toBe('opens a session of m')
  })

  it('tells an error, another first word, and silence apart', async () => {
    expect(await saysOf('{"type":"error","error":{"code":"Sk-Secret"}}')).toBe(
      'Realtime refuses the session: unrecognised',
    )
    expect(await saysOf('{"type":"hello"}')).toBe('Realtime does not begin with a session')
    expect(await saysOf(undefined, 100)).toBe('Realtime says nothing after the handshake')
  })
})
