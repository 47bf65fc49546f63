import { type Random, seededRandom } from '../caller/random.ts'
import { API_VERSION, newSid } from '../twilio/call-world.ts'
import { type Fields, signRequest } from '../twilio/signature.ts'

/** The account whose requests are forged, and where they go. */
export type SigningAccount = {
  readonly accountSid: string
  readonly authToken: string
  /** Origin of the server as it is configured: signatures are made for it, wherever it is reached. */
  readonly publicUrl: string
  readonly from: string
  readonly to: string
}

/** A request that must be refused, and what was done to it. */
export type MutatedRequest = {
  readonly mutation: string
  readonly callSid: string
  readonly target: string
  readonly signature: string
  readonly body: string
}

/** A webhook before it is changed. */
export type SignedRequest = {
  readonly target: string
  readonly signature: string
  readonly fields: Fields
  readonly callSid: string
}

/** An honest voice webhook about a new call. */
export function signedVoiceRequest(account: SigningAccount, random: Random): SignedRequest {
  const callSid = newSid(random, 'CA')
  const fields: Fields = [
    ['AccountSid', account.accountSid],
    ['ApiVersion', API_VERSION],
    ['CallSid', callSid],
    ['CallStatus', 'ringing'],
    ['Caller', account.from],
    ['Called', account.to],
    ['Direction', 'inbound'],
    ['From', account.from],
    ['FromCity', ''],
    ['FromCountry', 'US'],
    ['To', account.to],
    ['StirVerstat', 'TN-Validation-Passed-A'],
  ]
  const target = '/twilio/voice'
  const signature = signRequest(account.authToken, account.publicUrl + target, fields)
  return { target, fields, signature, callSid }
}

/** A form as it is sent. */
export function encodeFields(fields: Fields): string {
  return new URLSearchParams(fields.map(([name, value]) => [name, value])).toString()
}

/** Yields `count` voice webhooks, each one honestly signed and then changed in one place. */
export function* mutatedRequests(
  options: SigningAccount & { readonly seed: number; readonly count: number },
): Generator<MutatedRequest> {
  const random = seededRandom(options.seed)
  const names = Object.keys(mutations)
  for (let index = 0; index < options.count; index++) {
    const mutation = names[index % names.length] ?? ''
    const signed = signedVoiceRequest(options, random)
    const changed = { ...signed, ...mutations[mutation]?.(signed, { random, account: options }) }
    yield {
      mutation,
      callSid: signed.callSid,
      target: changed.target,
      signature: changed.signature,
      body: changed.body ?? encodeFields(changed.fields),
    }
  }
}

/** A signature of 28 characters with another one at one place; the `=` at its end stays. */
export function withOtherCharacter(signature: string, random: Random): string {
  const at = random.whole(27)
  const others = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.replace(
    signature.charAt(at),
    '',
  )
  return signature.slice(0, at) + others.charAt(random.whole(63)) + signature.slice(at + 1)
}

/** A token that is wrong at its end. */
export function otherToken(token: string, random: Random): string {
  const others = '0123456789abcdef'.replace(token.slice(-1), '')
  return token.slice(0, -1) + others.charAt(random.whole(others.length))
}

type Place = { readonly random: Random; readonly account: SigningAccount }
type Change = Partial<SignedRequest> & { readonly body?: string }

const mutations: Readonly<Record<string, (signed: SignedRequest, place: Place) => Change>> = {
  'one character of the signature': ({ signature }, { random }) => ({
    signature: withOtherCharacter(signature, random),
  }),
  'a cut signature': ({ signature }, { random }) => ({ signature: signature.slice(0, 1 + random.whole(27)) }),
  'a longer signature': ({ signature }) => ({ signature: `${signature}=` }),
  'an empty signature': () => ({ signature: '' }),
  'the signature of another request': (_signed, { random, account }) => ({
    signature: signedVoiceRequest(account, random).signature,
  }),
  'another token': ({ target, fields }, { random, account }) => ({
    signature: signRequest(otherToken(account.authToken, random), account.publicUrl + target, fields),
  }),
  'an empty token': ({ target, fields }, { account }) => ({
    signature: signRequest('', account.publicUrl + target, fields),
  }),
  'another scheme': ({ target, fields }, { account }) => ({
    signature: signRequest(account.authToken, otherScheme(account.publicUrl) + target, fields),
  }),
  'one character of a value': ({ fields }, { random }) => ({
    fields: changeField(fields, random, (value) => {
      const at = random.whole(value.length + 1)
      return `${value.slice(0, at)}${String.fromCodePoint(97 + random.whole(26))}${value.slice(at)}`
    }),
  }),
  'a lost value': ({ fields }, { random }) => {
    const full = fields.filter(([, value]) => value !== '')
    const [lost] = full[random.whole(full.length)] ?? ['']
    return { fields: fields.map(([name, value]) => [name, name === lost ? '' : value] as const) }
  },
  'a lost field': ({ fields }, { random }) => ({ fields: fields.toSpliced(random.whole(fields.length), 1) }),
  'a new field': ({ fields }, { random }) => ({
    fields: [...fields, [`Extra${random.whole(1000)}`, String(random.whole(1000))]],
  }),
  'a repeated field': ({ fields }, { random }) => {
    const [name = ''] = fields[random.whole(fields.length)] ?? []
    return { fields: [...fields, [name, `+1415555010${random.whole(9)}x`]] }
  },
  'a repeated decisive field with the same value': ({ fields }, { random }) => {
    const decisive = fields.filter(([name]) => ['From', 'To', 'CallSid', 'StirVerstat'].includes(name))
    const again = decisive[random.whole(decisive.length)]
    return { fields: again ? [...fields, again] : [] }
  },
  'another query': ({ target }, { random }) => ({ target: `${target}?ref=${random.whole(1000)}` }),
  'another route': () => ({ target: '/twilio/after-stream' }),
  'a cut body': ({ fields }, { random }) => {
    const body = encodeFields(fields)
    return { body: body.slice(0, body.length - 1 - random.whole(body.length - 1)) }
  },
  'a trailing pair': ({ fields }) => ({ body: `${encodeFields(fields)}&` }),
  'a broken escape': ({ fields }) => ({ body: `${encodeFields(fields)}&X=%zz` }),
  'bytes that are no UTF-8': ({ fields }) => ({ body: `${encodeFields(fields)}&X=%ff` }),
  'no body': () => ({ body: '' }),
}

function otherScheme(url: string): string {
  return url.startsWith('https:') ? url.replace('https:', 'http:') : url.replace('http:', 'https:')
}

function changeField(fields: Fields, random: Random, change: (value: string) => string): Fields {
  const chosen = random.whole(fields.length)
  return fields.map(([name, value], index) => [name, index === chosen ? change(value) : value] as const)
}
