import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

/** Whether a text has the shape of an E.164 number: a plus sign and 7 to 15 ASCII digits, the first not zero. */
export function isE164(text: string): boolean {
  return /^\+[1-9][0-9]{6,14}$/.test(text)
}

/**
 * The country a number is dialled in, or undefined when its prefix belongs to no single country.
 * @returns ISO 3166-1 alpha-2, upper case; +1 is split by area code (US, CA, JM, …)
 */
export function countryOf(e164: string): string | undefined {
  return isE164(e164) ? parsePhoneNumberFromString(e164)?.country : undefined
}

/** What the numbering plans say of a number. */
export type NumberFacts = {
  /** ISO 3166-1 alpha-2, upper case; undefined for a number of no single country, such as a satellite telephone. */
  readonly country: string | undefined
  /** Digits without plus. */
  readonly callingCode: string
  /** Digits after the calling code. */
  readonly national: string
  /** What kind of line it is, undefined when the plan has no such number. */
  readonly kind: string | undefined
  /** The digits in the groups in which people of that country read them, the calling code first. */
  readonly groups: readonly string[]
}

/**
 * What is known of an E.164 number; undefined for any other text and for a calling code that does not exist.
 * Source: libphonenumber's full metadata; its kinds are named FIXED_LINE, MOBILE, PREMIUM_RATE, …
 */
export function numberFacts(e164: string): NumberFacts | undefined {
  const parsed = isE164(e164) ? parsePhoneNumberFromString(e164) : undefined
  if (!parsed) return undefined
  return {
    country: parsed.country,
    callingCode: parsed.countryCallingCode,
    national: parsed.nationalNumber,
    kind: parsed.getType(),
    groups: parsed
      .formatInternational()
      .split(/[^0-9]+/)
      .filter((group) => group !== ''),
  }
}

/**
 * A party of a call as operators may see it: calling code and last four digits of a number, the kind of anything
 * else. `+14155550101` becomes `+1…0101`, `sip:ann@example.org` becomes `sip`.
 */
export function redactedParty(party: string): string {
  if (isE164(party)) {
    const code = parsePhoneNumberFromString(party)?.countryCallingCode ?? ''
    return `+${code}…${party.slice(-4)}`
  }
  const scheme = /^(client|sips?):/i.exec(party)?.[1]
  if (scheme !== undefined) return scheme.toLowerCase()
  return party === '' ? 'none' : 'other'
}
