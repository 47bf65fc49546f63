import { randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import type { Clock } from '../lib/clock.ts'
import { networkCode, probe, type ProbeAnswer } from '../lib/http-probe.ts'
import type { Form } from './form.ts'
import { signatureOf } from './signature.ts'
import { mediaPath } from './twiml.ts'

/** What a request was answered with, or the code of what prevented an answer. */
export type PublicAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      /** Where it leads to, host and port alone. */
      readonly redirectHost?: string
      /** A server of this project said that it knows no such path. */
      readonly isOurs?: true
    }
  | { readonly kind: 'failed'; readonly code: string }

/** Four requests that ring nothing and change nothing, and their answers. */
export type PublicAnswers = {
  /** As Twilio sends it, to the public address: a server that stands behind it answers 204. */
  readonly signed: PublicAnswer
  /** The same with a signature of somebody who does not know the token: 403. */
  readonly forged: PublicAnswer
  /** The upgrade of a media stream, signed, with a nonce that was never given out: 403. */
  readonly upgrade: PublicAnswer
  /** The signed request past every proxy, to the address on which the server listens here. */
  readonly direct: PublicAnswer
}

/** Whom to ask, and what to sign with. */
export type PublicQuestion = {
  readonly publicUrl: string
  /** Where the server listens as seen from this machine, such as http://127.0.0.1:3000. */
  readonly localOrigin: string
  readonly accountSid: string
  readonly authToken: string
  readonly clock: Clock
  readonly deadlineMs: number
}

const path = '/twilio/stream-status'
const FORGED_TOKEN_BYTES = 16
const NONCE_BYTES = 16

/** Sids of nothing: in the log of the server, a line with this call is doctor's. */
const nobody = '0'.repeat(32)

/** Asks the server about the end of a stream that never was, four times side by side. */
export async function askPublicly(question: PublicQuestion): Promise<PublicAnswers> {
  const { publicUrl, localOrigin, authToken } = question
  const signed = signatureOf(authToken, { url: publicUrl + path, form: formOf(question.accountSid) })
  const strangersToken = randomBytes(FORGED_TOKEN_BYTES).toString('hex')
  const forged = signatureOf(strangersToken, { url: publicUrl + path, form: formOf(question.accountSid) })
  const [signedAnswer, forgedAnswer, upgrade, direct] = await Promise.all([
    post(publicUrl, signed, question),
    post(publicUrl, forged, question),
    askForUpgrade(question),
    post(localOrigin, signed, question),
  ])
  return { signed: signedAnswer, forged: forgedAnswer, upgrade, direct }
}

function formOf(accountSid: string): Form {
  return new Map([
    ['AccountSid', [accountSid]],
    ['CallSid', [`CA${nobody}`]],
    ['StreamSid', [`MZ${nobody}`]],
    ['StreamEvent', ['stream-stopped']],
  ])
}

async function post(origin: string, signature: string, question: PublicQuestion): Promise<PublicAnswer> {
  const { accountSid, clock, deadlineMs } = question
  const fields = [...formOf(accountSid)].map(([name, [value = '']]) => [name, value] as [string, string])
  const answer = await probe({
    url: origin + path,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature },
    body: new URLSearchParams(fields).toString(),
    clock,
    deadlineMs,
  })
  return withoutText(answer, origin + path)
}

/** Of a redirect only the host is told: its path and query are somebody's own. */
function withoutText(answer: ProbeAnswer, base: string): PublicAnswer {
  if (answer.kind === 'failed') return answer
  const { status, headers, body } = answer
  const redirect = status >= 300 && status < 400 ? URL.parse(headers.location ?? '', base) : null
  const isOurs = body.includes('"urn:consigliere:problem:')
  return {
    kind: 'answer',
    status,
    ...(redirect && { redirectHost: redirect.host }),
    ...(isOurs && { isOurs }),
  }
}

function askForUpgrade({ publicUrl, authToken, clock, deadlineMs }: PublicQuestion): Promise<PublicAnswer> {
  const url = publicUrl.replace(/^http/, 'ws') + mediaPath + randomBytes(NONCE_BYTES).toString('base64url')
  const { promise, resolve } = Promise.withResolvers<PublicAnswer>()
  const socket = new WebSocket(url, {
    headers: { 'x-twilio-signature': signatureOf(authToken, { url }) },
    perMessageDeflate: false,
    followRedirects: false,
  })
  const timer = clock.setTimer(deadlineMs, () => end({ kind: 'failed', code: 'TIMEOUT' }))
  const end = (answer: PublicAnswer): void => {
    timer.cancel()
    resolve(answer)
    socket.terminate()
  }
  socket.on('open', () => end({ kind: 'answer', status: 101 }))
  socket.on('unexpected-response', (_request, response) =>
    end({ kind: 'answer', status: response.statusCode ?? 0 }),
  )
  // Stays for life: ending a socket that is still connecting is told as an error, too.
  socket.on('error', (error) => end({ kind: 'failed', code: networkCode(error) }))
  return promise
}
