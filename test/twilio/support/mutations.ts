import { authToken, publicUrl } from './names.ts'
import { encode, signForm, voiceFields } from './forms.ts'
import type { Fields } from './forms.ts'

/** A request that must be refused, and what was done to it. */
export type MutatedRequest = {
  readonly mutation: string
  readonly target: string
  readonly signature: string
  readonly body: string
}

type Signed = { readonly target: string; readonly signature: string; readonly fields: Fields }
type Random = (below: number) => number

/** Numbers below a bound from a seed (mulberry32): the same list of requests for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Yields `count` requests, each one honestly signed and then changed in one place. */
export function* mutatedRequests(options: { seed: number; count: number }): Generator<MutatedRequest> {
  const random = seededRandom(options.seed)
  const names = Object.keys(mutations)
  for (let index = 0; index < options.count; index++) {
    const mutation = names[index % names.length] ?? ''
    const target = '/twilio/voice'
    const fields = voiceFields()
    const signed = { target, fields, signature: signForm(publicUrl + target, fields) }
    const changed = { ...signed, ...mutations[mutation]?.(signed, random) }
    yield {
      mutation,
      target: changed.target,
      signature: changed.signature,
      body: changed.body ?? encode(changed.fields),
    }
  }
}

const mutations: Record<string, (signed: Signed, random: Random) => Partial<Signed> & { body?: string }> = {
  'one character of the signature': ({ signature }, random) => {
    const at = random(27)
    const others = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.replace(
      signature.charAt(at),
      '',
    )
    return { signature: signature.slice(0, at) + others.charAt(random(63)) + signature.slice(at + 1) }
  },
  'a cut signature': ({ signature }, random) => ({ signature: signature.slice(0, 1 + random(27)) }),
  'a longer signature': ({ signature }) => ({ signature: `${signature}=` }),
  'another token': ({ target, fields }, random) => ({
    signature: signForm(publicUrl + target, fields, authToken.slice(0, -1) + String(random(10))),
  }),
  'an empty token': ({ target, fields }) => ({ signature: signForm(publicUrl + target, fields, '') }),
  'one character of a value': ({ fields }, random) => ({
    fields: changeField(fields, random, (value) => {
      const at = random(value.length + 1)
      return `${value.slice(0, at)}${String.fromCodePoint(97 + random(26))}${value.slice(at)}`
    }),
  }),
  'a lost value': ({ fields }, random) => {
    const full = fields.filter(([, value]) => value !== '')
    const [lost] = full[random(full.length)] ?? ['']
    return { fields: fields.map(([name, value]) => [name, name === lost ? '' : value] as const) }
  },
  'a lost field': ({ fields }, random) => ({ fields: fields.toSpliced(random(fields.length), 1) }),
  'a new field': ({ fields }, random) => ({
    fields: [...fields, [`Extra${random(1000)}`, String(random(1000))]],
  }),
  'a repeated field': ({ fields }, random) => {
    const [name = ''] = fields[random(fields.length)] ?? []
    return { fields: [...fields, [name, `+1415555010${random(9)}x`]] }
  },
  'a repeated decisive field with the same value': ({ fields }, random) => {
    const decisive = fields.filter(([name]) => ['From', 'To', 'CallSid', 'StirVerstat'].includes(name))
    const again = decisive[random(decisive.length)]
    return { fields: again ? [...fields, again] : [] }
  },
  'another query': ({ target }, random) => ({ target: `${target}?ref=${random(1000)}` }),
  'another route': () => ({ target: '/twilio/after-stream' }),
  'a cut body': ({ fields }, random) => {
    const body = encode(fields)
    return { body: body.slice(0, body.length - 1 - random(body.length - 1)) }
  },
  'a trailing pair': ({ fields }) => ({ body: `${encode(fields)}&` }),
  'a broken escape': ({ fields }) => ({ body: `${encode(fields)}&X=%zz` }),
  'bytes that are no UTF-8': ({ fields }) => ({ body: `${encode(fields)}&X=%ff` }),
  'no body': () => ({ body: '' }),
}

function changeField(fields: Fields, random: Random, change: (value: string) => string): Fields {
  const chosen = random(fields.length)
  return fields.map(([name, value], index) => [name, index === chosen ? change(value) : value] as const)
}
