/** A form as it was sent: every name with its values in order, nothing trimmed, dropped or converted. */
export type Form = ReadonlyMap<string, readonly string[]>

/** Twilio sends some 40 fields; SIP headers of a caller may add as many again. */
const MAX_FIELDS = 256

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses application/x-www-form-urlencoded exactly: a text that does not decode to one certain list of fields is
 * refused instead of repaired, because a signature over repaired fields proves nothing.
 * @returns undefined for invalid UTF-8 or percent encoding, an empty name or pair, or more than 256 fields
 */
export function parseForm(body: Uint8Array): Form | undefined {
  const text = decodeUtf8(body)
  if (text === undefined) return undefined
  const form = new Map<string, string[]>()
  if (text === '') return form
  const pairs = text.split('&', MAX_FIELDS + 1)
  if (pairs.length > MAX_FIELDS) return undefined
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = decodeComponent(equals < 0 ? pair : pair.slice(0, equals))
    const value = decodeComponent(equals < 0 ? '' : pair.slice(equals + 1))
    if (name === undefined || name === '' || value === undefined) return undefined
    const values = form.get(name)
    if (values) values.push(value)
    else form.set(name, [value])
  }
  return form
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function decodeComponent(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
