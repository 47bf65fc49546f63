import { networkFault, resolverAdvice } from '../lib/http-probe.ts'
import type { Finding, Fix } from '../ports/check.ts'
import type { PublicAnswer, PublicAnswers } from './public-probes.ts'

/** The addresses that the sentences name. */
export type PublicPlaces = { readonly publicUrl: string; readonly localOrigin: string }

const inFront = /^(502|503|504|52\d|530)$/

/**
 * What the four answers mean together. The request past the proxy tells whether a fault lies in front of the server
 * or in it.
 */
export function judgePublicUrl(answers: PublicAnswers, places: PublicPlaces): Finding {
  const { signed, direct } = answers
  if (signed.kind === 'failed') return unreached(signed.code, direct, places)
  if (signed.status === 204) return reached(answers, places)
  if (signed.redirectHost !== undefined) {
    const host = new URL(places.publicUrl).host
    const whither = signed.redirectHost === host ? 'another address of its own' : signed.redirectHost
    return broken(`${host} redirects to ${whither}: Twilio signs the address that it was given`, {
      name: 'nameFinalHost',
      does: 'Set PUBLIC_URL and the webhooks at Twilio to the final https address, or let the proxy answer there itself',
    })
  }
  if (isDown(direct)) return startServer(places)
  if (isStatus(direct, 204)) return proxyFault(signed.status, places)
  if (direct.kind === 'answer' && direct.status !== 403 && direct.isOurs !== true) {
    return { kind: 'skipped', says: `not tried: another program listens on ${places.localOrigin}` }
  }
  return broken('the server does not take a request that is signed with these settings', {
    name: 'restartServer',
    does: 'Start the server anew with the PUBLIC_URL, TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN that are set here',
  })
}

/** The server is there and believes what Twilio signs; it must not believe others, and must be asked for upgrades. */
function reached({ forged, upgrade }: PublicAnswers, places: PublicPlaces): Finding {
  if (!isStatus(forged, 403)) {
    const says = `a forged signature ${saysOf(forged)} where 403 was due: no server of this project answers there`
    return broken(says, pointProxy(places))
  }
  if (isStatus(upgrade, 403)) {
    return {
      kind: 'fine',
      says: `${places.publicUrl} reaches the server from here; webhooks and upgrades are checked`,
    }
  }
  return broken(`webhooks come through, but a websocket upgrade ${saysOf(upgrade)} where 403 was due`, {
    name: 'passUpgrade',
    does: 'Let the proxy pass websocket upgrades of /twilio/media/ on: HTTP/1.1 with the headers Upgrade and Connection',
  })
}

function unreached(code: string, direct: PublicAnswer, places: PublicPlaces): Finding {
  const { hostname, host } = new URL(places.publicUrl)
  switch (networkFault(code)) {
    case 'resolver':
      return broken(`the name ${hostname} could not be looked up: ${code}`, {
        name: 'mendResolver',
        does: resolverAdvice,
      })
    case 'name':
      return broken(`the name ${hostname} is not known to DNS: ${code}`, {
        name: 'resolveHost',
        does: `Make a DNS record for ${hostname}, or set PUBLIC_URL to a name that has one`,
      })
    case 'certificate':
      return broken(`${host} and this machine do not agree on TLS: ${code}`, {
        name: 'mendCertificate',
        does: `Serve https on ${host} with a certificate for ${hostname} that ordinary clients trust, whole chain included`,
      })
    case 'refused':
    case 'silent':
    case 'broken':
      // Without a proxy the public address is the server's own.
      if (isDown(direct) && places.publicUrl === places.localOrigin) return startServer(places)
      return broken(`${host} gives no answer: ${code}`, {
        name: 'openHttps',
        does: `Start the proxy on ${host}, and let the firewall pass its port on to it`,
      })
  }
}

/** The server answers rightly when it is asked past the proxy. */
function proxyFault(status: number, places: PublicPlaces): Finding {
  if (inFront.test(String(status))) {
    return broken(`the proxy answers ${status}: it does not find the server`, pointProxy(places))
  }
  return broken(
    `the server takes the request when asked directly, but through the proxy it becomes ${status}`,
    {
      name: 'passRequests',
      does: 'Let the proxy pass /twilio/ on as it is: path, query, body and the header X-Twilio-Signature',
    },
  )
}

function startServer({ localOrigin }: PublicPlaces): Finding {
  return {
    kind: 'warning',
    says: `not tried: no server runs on ${localOrigin}`,
    fix: { name: 'startServer', does: 'Start the server with npm start, and run doctor again beside it' },
  }
}

function pointProxy({ publicUrl, localOrigin }: PublicPlaces): Fix {
  return {
    name: 'pointProxy',
    does: `Let ${publicUrl} lead to ${localOrigin}: see "TLS in front" in docs/live.md`,
  }
}

function broken(says: string, fix: Fix): Finding {
  return { kind: 'broken', says, fix }
}

function isDown(answer: PublicAnswer): boolean {
  return answer.kind === 'failed' && networkFault(answer.code) === 'refused'
}

function isStatus(answer: PublicAnswer, status: number): boolean {
  return answer.kind === 'answer' && answer.status === status
}

function saysOf(answer: PublicAnswer): string {
  return answer.kind === 'answer' ? `is answered with ${answer.status}` : `ends in ${answer.code}`
}
