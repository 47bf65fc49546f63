import { randomBytes } from 'node:crypto'
import { newApiKey } from '../../src/config/api-keys.ts'
import { scryptHash } from '../../src/lib/scrypt-hash.ts'

/** What a canary stands for: each kind has its own places where it may not be. */
export type CanaryKind = 'secret' | 'card' | 'number' | 'words' | 'address'

/** Something that must not come out where it does not belong, and how it gets in. */
export type Canary = { readonly kind: CanaryKind; readonly way: string; readonly value: string }

/** Where canaries are looked for; each place is a list of texts. */
export type Places = {
  readonly log: readonly string[]
  readonly metrics: readonly string[]
  readonly audit: readonly string[]
  readonly turns: readonly string[]
  /** What a session of the model is told that follows another one of its call. */
  readonly rebuilt: readonly string[]
  /** Everything but audio that any session of the model is sent. */
  readonly model: readonly string[]
  /** Answers to requests without a key, with an unknown key, and with a key of another scope. */
  readonly refusals: readonly string[]
  /** Addresses and bodies of requests to the telephone network. */
  readonly toTwilio: readonly string[]
  /** Everything that is kept: each file of the data folder byte for byte, and each row of a database elsewhere. */
  readonly kept: readonly string[]
}

/** Where a canary of each kind must not be. What stands in no line may be there: a message is sent to somebody. */
export const forbidden: Readonly<Record<CanaryKind, readonly (keyof Places)[]>> = {
  secret: ['log', 'metrics', 'audit', 'turns', 'rebuilt', 'model', 'refusals', 'toTwilio', 'kept'],
  card: ['log', 'metrics', 'audit', 'turns', 'rebuilt', 'refusals'],
  number: ['log', 'metrics', 'audit', 'refusals'],
  words: ['log', 'metrics', 'audit', 'refusals'],
  address: ['log', 'metrics', 'audit', 'refusals'],
}

/** Numbers of payment cards that the companies publish for tests. Source: Stripe, "Test card numbers" */
export const cards = {
  spoken: '4242 4242 4242 4242',
  spokenInWords: 'five one oh five, one oh five one, oh five one oh, five one zero zero',
  spokenMixed: '4000 zero five six six 5566 5556',
  said: '5555-5555-5555-4444',
  saidWhenLost: '3056 9300 0902 0004',
  inText: '2223003122003222',
  inQuery: '6011111111111117',
  inWebResult: '378282246310005',
  inTitle: '5200828282828210',
  inMessage: '6011000990139424',
  inNote: '3566002020360505',
  inTwilioError: '6200000000000005',
  inOpenAiError: '4012888888881881',
  inFailedReply: '371449635398431',
  inSearchError: '6555900000604105',
  byCallee: '4111 1111 1111 1111',
  inPurpose: '36227206271667',
  inToolName: '4917610000000000',
  inBadArguments: '4917300800000000',
  inCloseReason: '6759649826438453',
} as const

/** Numbers for fiction, none of which anybody has. */
export const numbers = {
  stranger: '+14155550150',
  texted: '+14155550151',
  called: '+14155550152',
  contact: '+14155550153',
  inTwilioError: '+14155550154',
  inOpenAiError: '+442079460155',
  inText: '+442079460156',
  spoken: '+442079460157',
} as const

/** Words that stand in what people write to each other, and that no code of ours has. */
export const words = {
  text: 'marmalade wombat',
  message: 'tangerine yak',
  purpose: 'vermilion ibis',
  title: 'ochre pangolin',
  note: 'cerulean newt',
  webResult: 'saffron gecko',
  callee: 'indigo ferret',
  caller: 'magenta lemur',
  more: 'scarlet ocelot',
  callerName: 'Quillfeather',
  closeReason: 'turquoise bison',
  inTwilioError: 'crimson dingo',
  inOpenAiError: 'amber stoat',
  inFailedReply: 'lilac possum',
  inSearchError: 'umber heron',
} as const

/** Mail addresses, of which a log may hold the first letter and the domain. */
export const addresses = {
  contact: 'wilhelmina.contact@example.org',
  callBack: 'ottoline.callback@example.org',
  spoken: 'persimmon.spoken@example.org',
} as const

/** What is keyed in and is nobody's business. */
export const keyed = { pin: '27182846', wrongPin: '31415926', digits: '8675309421' } as const

/** What a request brings that nobody invited. */
export const strangers = {
  key: `csg_${randomBytes(32).toString('base64url')}`,
  query: randomBytes(12).toString('hex'),
  signature: randomBytes(20).toString('base64'),
  nonce: randomBytes(16).toString('base64url'),
} as const

/** The settings that hold secrets, and the keys that open what they guard. */
export function settingsWithSecrets(): {
  readonly env: Readonly<Record<string, string>>
  readonly keys: { readonly admin: string; readonly weak: string }
} {
  const made = [newApiKey('admin', ['admin']), newApiKey('weak', ['speech'])]
  const [admin, weak] = made.map((key) => {
    if (!key.ok) throw new Error(key.problem)
    return key
  })
  if (!admin || !weak) throw new Error('No keys were made')
  const env = {
    API_KEYS: JSON.stringify([admin.entry, weak.entry]),
    GODFATHER_PIN_HASH: scryptHash(keyed.pin, 'quick'),
  }
  return { env, keys: { admin: admin.key, weak: weak.key } }
}

function of(kind: CanaryKind, group: string, values: Readonly<Record<string, string>>): readonly Canary[] {
  return Object.entries(values).map(([name, value]) => ({ kind, way: `${group} ${name}`, value }))
}

/** All canaries that are known before anything happens. */
export function plantedCanaries(): readonly Canary[] {
  return [
    ...of('card', 'card', cards),
    ...of('number', 'number', numbers),
    ...of('words', 'words', words),
    ...of('address', 'address', addresses),
    ...of('secret', 'keyed', keyed),
    ...of('secret', "stranger's", strangers),
  ]
}

const digitWords = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']

/** Whether a text has a canary in it: as it is, in base64, in a URL, and digits however they are parted or spelled. */
export function isIn(text: string, { kind, value }: Canary): boolean {
  if (kind === 'card') return digitsIn(text).includes(digitsIn(value))
  // Without the country's code, so that a national form counts too.
  if (kind === 'number')
    return digitsIn(text).includes(value.startsWith('+1') ? value.slice(2) : value.slice(3))
  const plain = text.toLowerCase()
  if ([value, encodeURIComponent(value)].some((form) => plain.includes(form.toLowerCase()))) return true
  return base64Of(value).some((form) => text.includes(form))
}

function digitsIn(text: string): string {
  const spelled = text.toLowerCase().replaceAll(/\boh\b/g, '0')
  return digitWords
    .reduce((rest, word, digit) => rest.replaceAll(new RegExp(`\\b${word}\\b`, 'g'), String(digit)), spelled)
    .replaceAll(/[^0-9]/g, '')
}

/** The middle of its base64, at each of the three places where it can begin. */
function base64Of(value: string): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]).toString('base64')
    const middle = whole.slice(offset === 0 ? 0 : 4, -4)
    return middle.length >= 8 ? [middle, middle.replaceAll('+', '-').replaceAll('/', '_')] : []
  })
}

/** Every canary that is where it must not be: the place, how it came in, and the text around it. */
export function leaksOf(kind: CanaryKind, places: Places, canaries: readonly Canary[]): readonly string[][] {
  const meant = canaries.filter((canary) => canary.kind === kind)
  return forbidden[kind].flatMap((place) =>
    meant.flatMap((canary) =>
      places[place]
        .filter((text) => isIn(text, canary))
        .map((text) => [place, canary.way, text.replaceAll(/[^ -~]/g, '').slice(0, 300)]),
    ),
  )
}

/** Whether one that is known by its value is in any of these texts. */
export function isFound(texts: readonly string[], value: string): boolean {
  const canary = plantedCanaries().find((one) => one.value === value)
  return canary !== undefined && texts.some((text) => isIn(text, canary))
}
