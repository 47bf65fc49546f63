import { numberFacts } from '../lib/phone-number.ts'
import { nanpZones } from './nanp-zones.ts'

/** The part of a day in which people may be called, in minutes since midnight of their own time. */
export type CallingHours = {
  /** The first minute in which a call is allowed. */
  readonly fromMinute: number
  /** The first minute in which it is not any more. Before `fromMinute` when the hours go past midnight. */
  readonly toMinute: number
}

/**
 * Whether it is a time to call a number: inside the hours in every zone that the number may be in, so that an unknown
 * zone narrows the hours to those that all zones of the country share. Outside when no zone is known at all.
 * @param call.wallMs Unix milliseconds
 */
export function isCallingTime(
  call: { readonly number: string; readonly wallMs: number },
  hours: CallingHours,
): boolean {
  const zones = zonesOf(call.number)
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.floor(call.wallMs))
  return zones.length > 0 && zones.every((zone) => isInside(instant.toZonedDateTimeISO(zone), hours))
}

/**
 * The time zones a number may be in, as IANA names: those of its area code in the United States and Canada, those of
 * its country elsewhere; none for a number of no country.
 * Source: the zones of a country as Unicode's CLDR lists them, which comes with Node
 */
export function zonesOf(e164: string): readonly string[] {
  const facts = numberFacts(e164)
  if (facts?.country === undefined) return []
  const byAreaCode = facts.callingCode === '1' ? nanpZones(facts.national.slice(0, 3)) : []
  return byAreaCode.length > 0 ? byAreaCode : zonesOfCountry(facts.country)
}

/** CLDR has no zones for three places that have calling codes: Ascension, Tristan da Cunha, Kosovo. */
function zonesOfCountry(country: string): readonly string[] {
  // A set takes undefined for nothing, which the types allow for a locale without a region.
  return [...new Set(new Intl.Locale(`und-${country}`).getTimeZones())]
}

function isInside(local: Temporal.ZonedDateTime, { fromMinute, toMinute }: CallingHours): boolean {
  const minute = local.hour * 60 + local.minute
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute
  return minute >= fromMinute || minute < toMinute
}
