import { apiKeysField } from './api-keys.ts'
import { field } from './field.ts'

/** A secret in visible ASCII, which a sample value from a manual is not. */
function secret(maxLength: number) {
  return field(
    'must be the real value: it is empty, a placeholder, too long, or has characters no key has',
    (text) =>
      /^[\x21-\x7e]+$/.test(text) && text.length <= maxLength && !isPlaceholder(text) ? text : undefined,
  )
}

const pinHash = field(
  'must be scrypt$N$r$p$salt$hash as npm run pin prints it (in single quotes where a $ means something)',
  (text) => (isPinHash(text) ? text : undefined),
)

/** The variables that hold secrets. An empty one is refused, never taken for unset. */
export const secretFields = {
  OPENAI_API_KEY: secret(1000).optional(),
  TWILIO_AUTH_TOKEN: secret(200).optional(),
  GODFATHER_PIN_HASH: pinHash.optional(),
  API_KEYS: apiKeysField.default([]),
  DATABASE_URL: field('must be like postgres://user:password@host:5432/database', (text) =>
    isDatabaseUrl(text) ? text : undefined,
  ).optional(),
}

/** A host and a database are named; what follows a question mark is PostgreSQL's own affair. */
function isDatabaseUrl(text: string): boolean {
  if (text.length > 2000 || !/^postgres(ql)?:\/\/[\x21-\x7e]+$/.test(text) || /[\\#<>]/.test(text))
    return false
  const url = URL.parse(text)
  return url !== null && url.hostname !== '' && /^\/[^/]+$/.test(url.pathname) && !isPlaceholder(url.password)
}

/** Whether a text is what manuals print where a secret belongs: changeme, your_api_key, sk-xxx, <token>, …. */
function isPlaceholder(text: string): boolean {
  const words =
    /^(change|replace|insert|enter|put)[-_.]?(me|this|here|it)|^(secret|password|placeholder|todo|tbd|none|null|undefined|example|empty)$/i
  return (
    words.test(text) ||
    /(^|[-_])your([-_]|$|api|key|token|auth|openai|twilio|secret)/i.test(text) ||
    /^(sk-)?(proj-)?x{3,}/i.test(text) ||
    /x{6,}|\.{3}|\*{3,}|[<>]/i.test(text)
  )
}

function isPinHash(text: string): boolean {
  const [, cost, blockSize, parallelism, salt, hash] =
    /^scrypt\$([0-9]{1,7})\$([0-9]{1,2})\$([0-9]{1,2})\$([\w-]{11,128})\$([\w-]{22,128})$/.exec(text) ?? []
  if (salt === undefined || hash === undefined) return false
  const [N, r, p] = [Number(cost), Number(blockSize), Number(parallelism)]
  const isPowerOfTwo = N >= 1024 && Number.isInteger(Math.log2(N))
  // RFC 7914 §2: scrypt needs 128·N·r bytes; 256 MiB is more than a call should spend on one try.
  return isPowerOfTwo && r >= 1 && p >= 1 && 128 * N * r <= 256 * 1024 * 1024
}
