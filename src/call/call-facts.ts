import type { Strength } from '../policy/strength.ts'
import type { GateFacts, KnownEvent, Reach, Standing } from '../ports/gate-facts.ts'
import type { PinLine } from './pin-line.ts'
import type { CallPlan, CallPorts } from './plan.ts'

/** What the gate of a call goes by: how well the caller is known now, and what is known of destinations and events. */
export class CallFacts implements GateFacts {
  readonly #plan: CallPlan
  readonly #pin: Pick<PinLine, 'state'>
  readonly #known: Pick<GateFacts, 'reach' | 'event'>
  readonly #isTransferred: () => boolean

  constructor(parts: {
    readonly plan: CallPlan
    readonly ports: Pick<CallPorts, 'gate'>
    readonly pin: Pick<PinLine, 'state'>
    readonly actorId: string
    readonly isTransferred: () => boolean
  }) {
    this.#plan = parts.plan
    this.#pin = parts.pin
    this.#known = parts.ports.gate.factsFor(parts.actorId)
    this.#isTransferred = parts.isTransferred
  }

  standing(): Standing {
    const transferred = this.#isTransferred()
    return {
      strength: strengthNow(this.#plan, { pin: this.#pin, transferred }),
      pin: pinStanding(this.#pin),
      isInScope: true,
      limits: { ok: true },
    }
  }

  reach(tool: string, destination: string): Promise<Reach> {
    return this.#known.reach(tool, destination)
  }

  event(eventId: string): Promise<KnownEvent | undefined> {
    return this.#known.event(eventId)
  }
}

/** How well the caller is known at this moment. */
export function strengthNow(
  plan: CallPlan,
  now: { readonly pin: Pick<PinLine, 'state'>; readonly transferred: boolean },
): Strength {
  return plan.strength({ pinRight: now.pin.state.kind === 'right', transferred: now.transferred })
}

function pinStanding({ state }: Pick<PinLine, 'state'>): Standing['pin'] {
  switch (state.kind) {
    case 'waiting':
    case 'entering':
    case 'checking':
    case 'right':
      return 'open'
    case 'refused':
      return state.reason === 'notOffered' ? 'notConfigured' : 'refused'
  }
}
