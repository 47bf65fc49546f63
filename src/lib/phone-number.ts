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
