import { isE164, numberFacts } from '../lib/phone-number.ts'

/** Why a number is not called and not written to. */
export type NumberRefusal =
  'emergency' | 'shape' | 'denied' | 'own' | 'loop' | 'country' | 'unassigned' | 'kind'

/** What speaks for or against a number by itself. */
export type NumberVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: NumberRefusal }

/** What a number is measured by. */
export type NumberRules = {
  /** ISO 3166-1 alpha-2, upper case. */
  readonly allowedCountries: readonly string[]
  /** Every number that reaches us. */
  readonly ownNumbers: readonly string[]
  /**
   * Numbers on a call with us right now: calling one of them would let us talk to ourselves, or to a busy line. None
   * for a message, which whoever is on the line may well want.
   */
  readonly liveNumbers: readonly string[]
}

/**
 * Prefixes that are never dialled: satellite telephones (870, 881), networks of no country (882, 883, 888), personal
 * numbers (878), shared cost (808) and premium rate (979) of no country, premium rate of the United States (900), and
 * services of Canada that belong to no place, such as satellite telephones and lines that the caller pays for (600).
 * Source: ITU-T E.164, list of assigned country codes; for 600 Telecom Decision CRTC 2006-41
 */
export const deniedPrefixes: readonly string[] = '+808 +870 +878 +881 +882 +883 +888 +979 +1600 +1900'.split(
  ' ',
)

/** Premium-rate exchange that every area code of the North American Numbering Plan may have. */
const PREMIUM_EXCHANGE = /^\+1[2-9][0-9]{2}976[0-9]{4}$/

/**
 * Short numbers for emergencies and crises, alone or behind a calling code. None of them has the shape of a number that
 * may be dialled; they are told apart so that the owner hears why.
 * Source: national numbering plans
 */
const EMERGENCY =
  /^\+?[0-9]{0,3}(000|1[0-2][0-9]|13[0-3]|14[04]|15[058]|16[06]|19[0-9]|90[1-47]|91[1-379]|922|933|988|99[1-9])$/

/** Kinds of line that may be reached: anything dearer, shared or not by a person is not among them. */
const allowedKinds: ReadonlySet<string> = new Set(
  'FIXED_LINE MOBILE FIXED_LINE_OR_MOBILE TOLL_FREE VOIP'.split(' '),
)

/**
 * Judges a number by itself: nothing is repaired, the first thing against it is the answer.
 * @param number exactly as it was given
 */
export function numberVerdict(number: string, rules: NumberRules): NumberVerdict {
  const reason = refusalOf(number, rules)
  return reason === undefined ? { ok: true } : { ok: false, reason }
}

/**
 * The numbers of one subscriber's range: all that differ in the last four digits only. Who dials one after another for
 * money dials inside a range.
 */
export function rangeOf(e164: string): string {
  return e164.slice(0, -4)
}

function refusalOf(number: string, rules: NumberRules): NumberRefusal | undefined {
  if (EMERGENCY.test(number)) return 'emergency'
  if (!isE164(number)) return 'shape'
  if (isDenied(number)) return 'denied'
  if (rules.ownNumbers.includes(number)) return 'own'
  if (rules.liveNumbers.includes(number)) return 'loop'
  return refusalByPlan(number, rules.allowedCountries)
}

function refusalByPlan(number: string, allowedCountries: readonly string[]): NumberRefusal | undefined {
  const facts = numberFacts(number)
  if (facts?.kind === undefined) return 'unassigned'
  // Twenty-five countries share +1: only the two whose calls cost what a call costs count.
  if (facts.callingCode === '1' && facts.country !== 'US' && facts.country !== 'CA') return 'country'
  if (facts.country === undefined || !allowedCountries.includes(facts.country)) return 'country'
  return allowedKinds.has(facts.kind) ? undefined : 'kind'
}

function isDenied(number: string): boolean {
  return PREMIUM_EXCHANGE.test(number) || deniedPrefixes.some((prefix) => number.startsWith(prefix))
}
