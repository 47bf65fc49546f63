import { describe, expect, it } from 'vitest'
import { judgePublicUrl } from '../../src/twilio/judge-public-url.ts'
import type { PublicAnswer, PublicAnswers } from '../../src/twilio/public-probes.ts'

const places = { publicUrl: 'https://agent.example.org', localOrigin: 'http://127.0.0.1:3000' }
const status = (code: number): PublicAnswer => ({ kind: 'answer', status: code })
const failed = (code: string): PublicAnswer => ({ kind: 'failed', code })

/** A server that is there and is asked as it should be. */
const right: PublicAnswers = {
  signed: status(204),
  forged: status(403),
  upgrade: status(403),
  direct: status(204),
}

describe('judgePublicUrl()', () => {
  it.each<[string, Partial<PublicAnswers>, string]>([
    ['everything is right', {}, 'fine'],
    ['the server runs on another machine', { direct: failed('ECONNREFUSED') }, 'fine'],
    ['the server cannot be asked directly', { direct: failed('TIMEOUT') }, 'fine'],
    ['a forged signature is believed', { forged: status(204) }, 'pointProxy'],
    ['a forged request gets no answer', { forged: failed('ECONNRESET') }, 'pointProxy'],
    ['the upgrade became a plain request', { upgrade: status(404) }, 'passUpgrade'],
    ['the proxy speaks no websocket', { upgrade: status(400) }, 'passUpgrade'],
    ['somebody takes every upgrade', { upgrade: status(101) }, 'passUpgrade'],
    ['the upgrade is cut off', { upgrade: failed('ECONNRESET') }, 'passUpgrade'],
    ['the name is unknown', { signed: failed('ENOTFOUND') }, 'resolveHost'],
    [
      'no name can be looked up',
      { signed: failed('EAI_AGAIN'), direct: failed('ECONNREFUSED') },
      'mendResolver',
    ],
    ['the certificate is old', { signed: failed('CERT_HAS_EXPIRED') }, 'mendCertificate'],
    ['nothing listens in front', { signed: failed('ECONNREFUSED') }, 'openHttps'],
    [
      'nothing listens anywhere',
      { signed: failed('ECONNREFUSED'), direct: failed('ECONNREFUSED') },
      'openHttps',
    ],
    ['a firewall is silent', { signed: failed('TIMEOUT') }, 'openHttps'],
    ['the proxy does not find the server', { signed: status(502) }, 'pointProxy'],
    [
      'the proxy does not find a server that is down',
      { signed: status(502), direct: failed('ECONNREFUSED') },
      'startServer',
    ],
    [
      'a tunnel is offline because the server is',
      { signed: status(404), direct: failed('ECONNREFUSED') },
      'startServer',
    ],
    [
      'the host redirects',
      { signed: { kind: 'answer', status: 301, redirectHost: 'www.example.org' } },
      'nameFinalHost',
    ],
    ['the header is lost', { signed: status(403) }, 'passRequests'],
    ['the path is changed', { signed: status(404) }, 'passRequests'],
    ['the body is changed', { signed: status(415) }, 'passRequests'],
    ['the server has other settings', { signed: status(403), direct: status(403) }, 'restartServer'],
    [
      'the server has no telephone',
      { signed: status(404), direct: { kind: 'answer', status: 404, isOurs: true } },
      'restartServer',
    ],
    ['another program has the port', { signed: status(404), direct: status(404) }, 'skipped'],
  ])('when %s', (_, answers, expected) => {
    const finding = judgePublicUrl({ ...right, ...answers }, places)
    expect('fix' in finding ? finding.fix.name : finding.kind).toBe(expected)
  })

  it('does not look for a proxy where PUBLIC_URL is the server itself', () => {
    const down = failed('ECONNREFUSED')
    const finding = judgePublicUrl(
      { signed: down, forged: down, upgrade: down, direct: down },
      { ...places, publicUrl: places.localOrigin },
    )
    expect(finding).toMatchObject({ kind: 'warning', fix: { name: 'startServer' } })
  })
})
