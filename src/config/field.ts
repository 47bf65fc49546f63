import { z } from 'zod'
import { isE164 } from '../lib/phone-number.ts'

/** The variables a process was started with. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * A setting that is read from text.
 * @param problem what is said when the text cannot be read; must not depend on the text, which may be a secret
 * @param read answers undefined for a text that is wrong
 */
export function field<T>(problem: string, read: (text: string) => T | undefined) {
  return z.string().transform((text, context): T => {
    const value = read(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: problem })
    return z.NEVER
  })
}

/** A whole number in decimal digits within a range; signs, spaces, exponents and other digits are refused. */
export function wholeNumber(min: number, max: number) {
  return field(`must be a whole number from ${min} to ${max}`, (text) => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? value : undefined
  })
}

/** A number with an optional decimal part within a range. */
export function decimalNumber(min: number, max: number) {
  return field(`must be a number from ${min} to ${max}`, (text) => {
    const value = /^[0-9]{1,9}(\.[0-9]{1,6})?$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? value : undefined
  })
}

/** One of a few words, exactly as written. */
export function oneOf<const T extends readonly string[]>(...words: T) {
  return field(`must be one of ${words.join(', ')}`, (text): T[number] | undefined =>
    words.find((word) => word === text),
  )
}

/** A text of a given shape; `what` completes the sentence "must be …". */
export function shaped(what: string, shape: RegExp) {
  return field(`must be ${what}`, (text) => (shape.test(text) ? text : undefined))
}

/**
 * A list separated by commas, spaces around an item allowed, empty items not. `what` completes "must be a list of …".
 */
export function listOf(what: string, isItem: (item: string) => boolean) {
  return field(`must be a list of ${what}, separated by commas`, (text): readonly string[] | undefined => {
    const items = text.split(',').map((item) => item.replaceAll(/^ +| +$/g, ''))
    return items.length <= 100 && items.every(isItem) ? items : undefined
  })
}

/** Phone numbers in E.164, checked by shape only. */
export const phoneNumbers = listOf('phone numbers like +14155550100', isE164)

/** The value of a JSON text, or undefined when it is none; the parser's own error would quote the text. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
