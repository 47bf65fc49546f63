import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { networkCode, networkFault, probe } from '../../src/lib/http-probe.ts'
import { startAnswering } from '../app/support/doctor-world.ts'

const clock = systemClock

describe('probe()', () => {
  it('answers with status, headers and body, and follows no redirect', async () => {
    await using server = await startAnswering((_request, response) =>
      response.writeHead(302, { location: '/elsewhere' }).end('gone'),
    )
    const answer = await probe({ url: server.origin, clock, deadlineMs: 2_000 })
    expect(answer).toMatchObject({ kind: 'answer', status: 302, body: 'gone' })
  })

  it('keeps no more than the start of a long body, and waits for no more', async () => {
    await using server = await startAnswering((_request, response) => {
      response.writeHead(200)
      for (let part = 0; part < 100; part += 1) response.write('x'.repeat(10_000))
    })
    const answer = await probe({ url: server.origin, clock, deadlineMs: 5_000 })
    expect(answer.kind === 'answer' && answer.body.length).toBe(65_536)
  })

  it.each([
    ['the headers', false],
    ['the body', true],
  ])('gives up when %s do not come', async (_, hasHeaders) => {
    await using server = await startAnswering((_request, response) => {
      if (hasHeaders) response.writeHead(200).write('x')
    })
    expect(await probe({ url: server.origin, clock, deadlineMs: 100 })).toEqual({
      kind: 'failed',
      code: 'TIMEOUT',
    })
  })

  it('tells the code of a refusal, and of what is no HTTP', async () => {
    expect(await probe({ url: 'http://127.0.0.1:1', clock, deadlineMs: 2_000 })).toEqual({
      kind: 'failed',
      code: 'ECONNREFUSED',
    })
    await using server = await startAnswering((request) => request.socket.end('SSH-2.0\r\n'))
    const answer = await probe({ url: server.origin, clock, deadlineMs: 2_000 })
    expect(answer).toMatchObject({ kind: 'failed', code: expect.stringMatching(/^[A-Z_]+$/) as unknown })
  })
})

describe('networkCode()', () => {
  it('finds the code in a cause, and repeats no text', () => {
    const cause = Object.assign(new Error('with a token'), { code: 'ENOTFOUND' })
    expect(networkCode(new TypeError('fetch failed', { cause }))).toBe('ENOTFOUND')
    expect(networkCode(Object.assign(new Error('x'), { code: 'sk-proj-abc' }))).toBe('FAILED')
    expect(networkCode('text')).toBe('FAILED')
  })

  it('ends where a cause is its own', () => {
    const error = new Error('round')
    error.cause = error
    expect(networkCode(error)).toBe('FAILED')
  })
})

describe('networkFault()', () => {
  it.each([
    ['ENOTFOUND', 'name'],
    ['EAI_AGAIN', 'resolver'],
    ['EAI_FAIL', 'name'],
    ['CERT_HAS_EXPIRED', 'certificate'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'certificate'],
    ['EPROTO', 'certificate'],
    ['ECONNREFUSED', 'refused'],
    ['TIMEOUT', 'silent'],
    ['ETIMEDOUT', 'silent'],
    ['EHOSTUNREACH', 'silent'],
    ['ECONNRESET', 'broken'],
    ['FAILED', 'broken'],
  ])('sorts %s under %s', (code, fault) => {
    expect(networkFault(code)).toBe(fault)
  })
})
