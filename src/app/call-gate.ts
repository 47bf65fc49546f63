import { randomBytes } from 'node:crypto'
import type { CallGatePorts } from '../call/plan.ts'
import { Destinations, type ReachRules } from '../gate/destinations.ts'
import { knownEvent } from '../gate/known-event.ts'
import { matchesScryptHash } from '../lib/scrypt-hash.ts'
import { defaultCaps } from '../policy/caps.ts'
import { consentLexicons } from '../policy/consent.ts'
import type { Records } from '../storage/open-storage.ts'
import { optOutKeeper } from './keep-opt-out.ts'
import type { Parts } from './parts.ts'

/** A call that was placed rings, lasts, and is told of within this beyond its longest. */
export const RING_MS = 120_000

/**
 * What the gates of all calls work with.
 * @param liveNumbers who is on a call with us now
 */
export function callGate(
  parts: Pick<Parts, 'config' | 'secrets' | 'clock'>,
  records: Omit<Records, 'calls'>,
  liveNumbers: () => readonly string[],
): CallGatePorts {
  const { config, secrets, clock } = parts
  const { audit, effects, notices, people, contacts, permissions, agenda } = records
  const { owner, effects: rules, openai, limits } = config
  const { godfatherPinHash } = secrets
  const keepOptOut = optOutKeeper(parts, records)
  const ports = { clock, contacts, permissions, effects, people }
  return {
    audit,
    effects,
    notices,
    people,
    newHex: (digits) =>
      randomBytes(Math.ceil(digits / 2))
        .toString('hex')
        .slice(0, digits),
    verification: owner.verification,
    firstDestinations: rules.firstDestinations,
    ownerTimeZone: owner.timeZone,
    desk: {
      channel: 'voice',
      ttlMs: limits.confirmationTtlMs,
      transcribes: openai.transcriptionModel !== undefined,
      // Questions are spoken by the model alone: no other voice here can say what was not prepared.
      hasVoice: false,
      lexicons: consentLexicons(rules.confirmationLanguages),
    },
    factsFor: (actorId) => {
      const destinations = new Destinations({
        ports,
        actorId,
        rules: () => reachRules(config, liveNumbers()),
      })
      return {
        reach: (tool, destination) => destinations.reach(tool, destination),
        event: (eventId) => knownEvent(agenda, eventId),
      }
    },
    optOut: ({ callSid: session, ...wish }) => keepOptOut({ ...wish, source: 'voice', session }),
    isPin:
      godfatherPinHash === undefined ? undefined : (digits) => matchesScryptHash(digits, godfatherPinHash),
  }
}

/** Where a real network is reached, only contacts and the owner are. */
function reachRules(
  { effects, owner, twilio, limits }: Parts['config'],
  live: readonly string[],
): ReachRules {
  return {
    allowedCountries: effects.allowedCountries,
    ownNumbers: twilio.phoneNumbers,
    liveNumbers: live,
    hours: effects.callingHours ?? 'off',
    // That setting is for loopback alone.
    onlyKnown: twilio.apiBaseUrl === undefined,
    ownerNumbers: owner.phoneNumbers,
    ownerEmail: owner.email,
    caps: effects.capped ? defaultCaps : 'off',
    outbound: { maxCalls: limits.maxOutboundCalls, longestMs: limits.callMaxSeconds * 1_000 + RING_MS },
  }
}
