import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

const words = [
  'zero|oh|null|cero',
  'one|eins|uno',
  'two|zwei|zwo|dos',
  'three|drei|tres',
  'four|vier|cuatro',
  'five|fünf|cinco',
  'six|sechs|seis',
  'seven|sieben|siete',
  'eight|acht|ocho',
  'nine|neun|nueve',
]

/** What people put between digits: "(415) 555-0123", "4, 1, 5". */
const between = String.raw`[\s().,/-]{0,3}`

/**
 * Finds a phone number in a text however it is written: with or without its country code, with spaces, brackets and
 * dashes, digit by digit, and in digit words of the languages that callers are spoken to in.
 * @param e164 the number, E.164
 */
export function mentionsOf(e164: string): RegExp {
  const parsed = parsePhoneNumberFromString(e164)
  const code = parsed?.countryCallingCode ?? ''
  const national = parsed?.nationalNumber ?? e164.slice(1)
  const digits = Array.from(national, written)
  const country = code === '' ? '' : `(?:\\+?${Array.from(code, written).join(between)}${between})?`
  const trunk = `(?:\\(?0\\)?${between})?`
  return new RegExp(`(?<![0-9])\\+?\\(?${country}${trunk}${digits.join(between)}(?![0-9])`, 'giu')
}

function written(digit: string): string {
  return `(?:${digit}|${words[Number(digit)] ?? ''})`
}
