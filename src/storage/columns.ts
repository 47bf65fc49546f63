import { isoTime } from '../lib/clock.ts'

/** A time as it is stored: ISO 8601 in UTC, to the millisecond. */
export function timeText(wallMs: number): string {
  return isoTime(Math.round(wallMs))
}

/** A time that may be missing, as it is stored. */
export function optionalTimeText(wallMs: number | undefined): string | null {
  return wallMs === undefined ? null : timeText(wallMs)
}

/** Unix milliseconds of a stored time. */
export function timeMs(text: string): number {
  return Date.parse(text)
}

/** Unix milliseconds of a stored time that may be missing. */
export function optionalTimeMs(text: string | null): number | undefined {
  return text === null ? undefined : timeMs(text)
}

/** A count or a length in milliseconds as it is stored: whole, or null. */
export function whole(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value)
}

/**
 * A text from outside as both databases can hold it: PostgreSQL has no NUL and neither has half a surrogate pair, so
 * each of these becomes U+FFFD.
 */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** The same record without the members that are undefined. */
export type Present<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K]
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Leaves out what is undefined, so that a record read back equals the one that was written. */
export function present<T extends object>(record: T): Present<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Present<T>
}
