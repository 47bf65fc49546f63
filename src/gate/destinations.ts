import { isE164 } from '../lib/phone-number.ts'
import { type Caps, type CapVerdict, capVerdict } from '../policy/caps.ts'
import { type DestinationRules, destinationVerdict } from '../policy/destination.ts'
import { rangeOf } from '../policy/numbers.ts'
import type { Contacts } from '../ports/contacts.ts'
import type { ClaimLimit, EffectCount, EffectStorage } from '../ports/effects.ts'
import type { GateFacts, Reach } from '../ports/gate-facts.ts'
import type { People } from '../ports/people.ts'
import type { Permissions } from '../ports/permissions.ts'
import type { GatePorts } from './gate-options.ts'

/** Where it is looked up what is known of a destination. */
export type DestinationPorts = Pick<GatePorts, 'clock'> & {
  readonly contacts: Contacts
  readonly permissions: Permissions
  readonly effects: EffectStorage
  readonly people: Pick<People, 'keyed'>
}

/** What destinations are measured by now; live calls come and go. */
export type ReachRules = DestinationRules & {
  readonly ownerNumbers: readonly string[]
  readonly ownerEmail: string | undefined
  /** `off` only where nothing real can be reached. */
  readonly caps: Readonly<Record<string, Caps>> | 'off'
  /** Calls that may be live at once, and after how long each is certainly over. */
  readonly outbound: { readonly maxCalls: number; readonly longestMs: number }
}

type CountVerdict = (history: readonly EffectCount[]) => CapVerdict

const DAY_MS = 24 * 60 * 60 * 1_000

/** Finds out what speaks for and against a destination: all that R10 asks, from what is on disk now. */
export class Destinations implements Pick<GateFacts, 'reach'> {
  readonly #ports: DestinationPorts
  readonly #actorId: string
  readonly #rules: () => ReachRules

  /** @param options.actorId who asks: effects are counted for each of them, too */
  constructor(options: {
    readonly ports: DestinationPorts
    readonly actorId: string
    readonly rules: () => ReachRules
  }) {
    this.#ports = options.ports
    this.#actorId = options.actorId
    this.#rules = options.rules
  }

  async reach(tool: string, destination: string): Promise<Reach> {
    const rules = this.#rules()
    const verdictOn = this.#verdictOn(tool, destination, rules)
    const sinceMs = this.#ports.clock.wallMs() - DAY_MS
    // Counted before the question, and once more in the step that writes the intent: no other one comes between there.
    const caps = verdictOn(rules.caps === 'off' ? [] : await this.#ports.effects.effectsSince(tool, sinceMs))
    const reach = destination.includes('@')
      ? await this.#reachOfAddress(destination, { caps, rules })
      : await this.#reachOfNumber(tool, destination, { caps, rules })
    return { ...reach, limit: this.#limit(tool, verdictOn, rules) }
  }

  async #reachOfNumber(
    tool: string,
    number: string,
    { caps, rules }: { readonly caps: CapVerdict; readonly rules: ReachRules },
  ): Promise<Reach> {
    const { clock, contacts, permissions, effects } = this.#ports
    const wallMs = clock.wallMs()
    const [contact] = isE164(number) ? await contacts.findByNumber(number) : []
    const isOwn = rules.ownerNumbers.includes(number)
    const optedOut = !isOwn && isE164(number) && (await permissions.isOptedOut(number, wallMs))
    const isKnown = contact !== undefined || isOwn
    // Whoever is on the line may well want a message.
    const live = tool === 'make_call' ? rules.liveNumbers : []
    return {
      verdict: destinationVerdict(
        { number, wallMs, optedOut, isKnown, caps },
        { ...rules, liveNumbers: live },
      ),
      isFirst: !isKnown && !(await effects.wasReached(number)),
      name: contact?.name,
    }
  }

  async #reachOfAddress(
    address: string,
    { caps, rules }: { readonly caps: CapVerdict; readonly rules: ReachRules },
  ): Promise<Reach> {
    const isOwn = address === rules.ownerEmail
    return { verdict: caps, isFirst: !isOwn && !(await this.#ports.effects.wasReached(address)) }
  }

  #limit(tool: string, verdictOn: CountVerdict, { caps, outbound }: ReachRules): ClaimLimit | undefined {
    const wallMs = this.#ports.clock.wallMs()
    const { maxCalls: max, longestMs } = outbound
    const objection: ClaimLimit['objection'] = (history) => {
      const verdict = verdictOn(history)
      return verdict.ok ? undefined : verdict.reason
    }
    const limit = { sinceMs: wallMs - DAY_MS, objection }
    if (tool === 'make_call') return { ...limit, liveCalls: { max, sinceMs: wallMs - longestMs } }
    return caps === 'off' ? undefined : limit
  }

  /** What to say to effects of the last day, whatever came of them, whoever had them done. */
  #verdictOn(tool: string, destination: string, { caps }: ReachRules): CountVerdict {
    if (caps === 'off') return () => ({ ok: true })
    const { clock, people } = this.#ports
    const wanted = {
      tool,
      wallMs: clock.wallMs(),
      destination: people.keyed(destination),
      range: people.keyed(rangeOf(destination)),
      caller: this.#actorId,
    }
    return (history) => {
      const past = history.map(({ destination: reached, range, actor, wallMs }) => ({
        tool,
        wallMs,
        destination: reached ?? '',
        range: range ?? '',
        caller: actor,
      }))
      return capVerdict(wanted, past, caps)
    }
  }
}
