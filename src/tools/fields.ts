import { z } from 'zod'
import { momentOf } from '../desk/local-time.ts'

/** A telephone number. Its country and kind are the policy's to judge. */
export function numberField(what: string): z.ZodString {
  return z
    .string()
    .max(16)
    .regex(/^\+[1-9][0-9]{6,14}$/)
    .describe(`${what}, in E.164 form: a plus sign, the country code and the digits, such as +14155550123.`)
}

/** One line of text. A line break in it is refused: where it ends up, it could begin something else. */
export function lineField(what: string, maxLength: number): z.ZodString {
  return z.string().min(1).max(maxLength).refine(isOneLine, 'must be one line of text').describe(what)
}

/** Text of several lines. */
export function textField(what: string, maxLength: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .refine(isText, 'must be text without control characters')
    .describe(what)
}

/** The id of something that another tool has named. */
export function idField(what: string): z.ZodString {
  return z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .describe(what)
}

/** An address of mail: one, without a name. */
export function addressField(what: string): z.ZodString {
  return z
    .string()
    .max(254)
    .regex(/^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}$/)
    .describe(what)
}

/** A local date and time, to the minute. */
export function timeField(what: string): z.ZodString {
  return z
    .string()
    .max(16)
    .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$/)
    .refine(isTime, 'must be a date and time that exists')
    .describe(`${what}, as local date and time such as 2026-11-24T10:30.`)
}

/**
 * A time zone. Not one of Etc: `Etc/GMT+5` is five hours behind UTC, and its question would say "GMT+5".
 * Source: IANA time zone database, file `etcetera`
 */
export function zoneField(what: string): z.ZodString {
  return z
    .string()
    .max(64)
    .regex(/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/)
    .refine(isZone, 'must be the name of a time zone')
    .refine(isOutsideEtc, 'must be the name of a place or UTC: names with Etc/ count the wrong way round')
    .describe(`${what}, as an IANA name such as Europe/London, or UTC.`)
}

/** Whether an end comes after its start, where there are both. Both are of the same zone and form. */
export function endsLater({ start, end }: LocalTimes): boolean {
  return start === undefined || end === undefined || end > start
}

/** What a model is told of a local time that is none. In UTC every moment has one name. */
export const OFF_THE_CLOCK =
  'start and end must each exist once in that time zone: the clocks change there then; ask which hour is meant, and give such times in UTC with the time zone UTC'

/** Whether times exist, and once, in their zone; true where no zone is given. */
export function areOnTheClock({ start, end, time_zone: zone }: LocalTimes): boolean {
  if (zone === undefined) return true
  try {
    return [start, end].every((time) => time === undefined || momentOf(time, zone).ok)
  } catch {
    // A time or a zone that is none has its own complaint.
    return true
  }
}

type LocalTimes = {
  readonly start?: string | undefined
  readonly end?: string | undefined
  readonly time_zone?: string | undefined
}

function isOneLine(text: string): boolean {
  return text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) && text.trim() !== ''
}

/** Line feeds and tabs belong to a text; nothing else that controls anything does. */
function isText(text: string): boolean {
  return isOneLine(text.replace(/[\n\t]/g, ' '))
}

function isTime(text: string): boolean {
  try {
    return Temporal.PlainDateTime.from(text, { overflow: 'reject' }).year > 0
  } catch {
    return false
  }
}

function isOutsideEtc(name: string): boolean {
  return !/^etc\//i.test(name)
}

function isZone(name: string): boolean {
  try {
    // Offsets are no zones: the pattern does not let them through.
    return Temporal.PlainDateTime.from('2026-01-01T00:00').toZonedDateTime(name).timeZoneId !== ''
  } catch {
    return false
  }
}
