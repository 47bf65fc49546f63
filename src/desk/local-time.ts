/** A local time in a zone as a moment, or why it is none: the clocks skip it, or they show it twice. */
export type LocalMoment =
  { readonly ok: true; readonly atMs: number } | { readonly ok: false; readonly reason: 'skipped' | 'twice' }

/**
 * The moment of a local time. One that the clocks skip or show twice is none: nobody can tell which was meant, so that
 * it is asked about and not guessed.
 * @param local date and time to the minute, `2026-11-24T10:30`
 * @param timeZone IANA name
 * @returns Unix milliseconds
 * @throws RangeError for a text that is no local time, and for a zone that does not exist
 */
export function momentOf(local: string, timeZone: string): LocalMoment {
  const wanted = Temporal.PlainDateTime.from(local, { overflow: 'reject' })
  const earlier = wanted.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  const later = wanted.toZonedDateTime(timeZone, { disambiguation: 'later' })
  if (earlier.epochMilliseconds === later.epochMilliseconds) {
    return { ok: true, atMs: earlier.epochMilliseconds }
  }
  return { ok: false, reason: earlier.toPlainDateTime().equals(wanted) ? 'twice' : 'skipped' }
}

/** What the clocks of a zone show at a moment, to the minute: `2026-11-24T10:30`. */
export function localTimeOf(atMs: number, timeZone: string): string {
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.floor(atMs))
  return instant.toZonedDateTimeISO(timeZone).toPlainDateTime().toString({ smallestUnit: 'minute' })
}
