import { withoutCardNumbers } from '../lib/card-numbers.ts'
import { redactedParty } from '../lib/phone-number.ts'

/** Longer texts are cut before anything is looked for, so that a huge one costs no more than this. */
const maxTextChars = 8192

/** Ids of calls, streams, accounts: no secrets, and full of digits that look like other things. */
const twilioId = /\b([A-Z]{2}[0-9a-f]{32})\b/

/** A word or an id: nothing but a key of ours or of the provider, a long hash and a card number could be in it. */
const plainWord = /^(?!(?:sk|csg)_)\w{1,31}$/

/**
 * Takes out of a text what no log may hold: keys, tokens, nonces, the private parts of URLs, e-mail addresses, phone
 * numbers beyond country and last four digits, card and social security numbers, PINs. Linear in the text's length.
 */
export function redact(text: string): string {
  // Nearly all that is logged: it would cost more to look for everything than to write the line.
  if (plainWord.test(text)) return withoutCardNumbers(text)
  // What is cut through at the end could be half a secret that nothing recognises any more.
  const cut = text.length <= maxTextChars ? text : `${text.slice(0, maxTextChars).replace(/\S{0,300}$/, '')}…`
  return cut
    .split(twilioId)
    .map((part, index) => (index % 2 === 1 ? part : redactPart(part)))
    .join('')
}

/**
 * A URL or path without user-info, query and fragment, and without the nonce of a media socket.
 * `https://ann:pw@host/twilio/media/4f2c?x=1` becomes `https://host/twilio/media/…`.
 */
export function redactUrl(url: string): string {
  const [bare = ''] = url.split(/[?#]/, 1)
  const anonymous = bare.replace(/^([a-z][a-z0-9+.-]{0,30}:\/\/)[^/]*@/i, '$1')
  return anonymous.replace(/\/media\/[^/\s]+/g, '/media/…')
}

/** What may be said of an error from a library: its name, its code, its HTTP status. Never its message. */
export function describeError(error: unknown): { name: string; code?: string | number; status?: string } {
  if (!(error instanceof Error)) return { name: typeof error }
  const code: unknown = 'code' in error ? error.code : undefined
  const status: unknown = 'status' in error ? error.status : undefined
  return {
    name: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof status === 'string' || typeof status === 'number' ? { status: String(status) } : {}),
  }
}

function redactPart(text: string): string {
  return withoutCardNumbers(withoutCredentials(text))
    .replace(/\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b/g, '…')
    .replace(/\b(ssn|social)\b([^0-9]{0,30})[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}\b/gi, '$1$2…')
    .replace(/\b(pin)\b([^0-9]{0,15})[0-9]{4,10}\b/gi, '$1$2…')
}

function withoutCredentials(text: string): string {
  return text
    .replace(/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>]+/gi, redactUrl)
    .replace(/(\/[\w./%-]{0,200})\?[^\s"'<>]+/g, '$1?…')
    .replace(/(\/media\/)[^\s/?#"'…]+/g, '$1…')
    .replace(/\b(sk|csg)([-_])[\w-]{6,}/g, '$1$2…')
    .replace(/\bscrypt\$[\w$+/=-]+/g, 'scrypt$…')
    .replace(/\b(bearer|basic)\s{1,3}[\w.~+/=-]+/gi, '$1 …')
    .replace(
      /(token|secret|password|passwd|api[_-]?key|authorization|nonce|signature|cookie|\bpin|\bdigits)(["']?\s{0,3}[:=]\s{0,3}["']?)[^\s"',;&}…]+/gi,
      '$1$2…',
    )
    .replace(/\b[0-9a-f]{32,}\b/g, '…')
    .replace(/([A-Za-z0-9])[\w.%+-]{0,63}@([A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,})/g, '$1…@$2')
    .replace(/\+[1-9](?:[ ().-]{0,2}[0-9]){6,}/g, (number) =>
      redactedNumber(number.replaceAll(/[^+0-9]/g, '')),
    )
}

/** E.164 is at most 15 digits; a longer run is no number that can be parsed, and is cut as one all the same. */
function redactedNumber(number: string): string {
  const party = redactedParty(number)
  return party.startsWith('+') ? party : `+…${number.slice(-4)}`
}
