import { createHmac } from 'node:crypto'
import type { CallOffer } from '../ports/incoming-calls.ts'
import { errandInstructions } from '../prompts/errand.ts'
import type { Errands } from './errands.ts'
import { planCall, type Planning } from './plan-call.ts'
import type { CallPlan } from './plan.ts'

/** All that a model may do on a call that we have placed: whoever answers is a stranger. */
const TOOLS = ['end_call', 'take_message']

/** What the registry of calls needs so that those placed for an errand are planned as such, and reported. */
export function withErrands(
  planning: Planning,
  errands: Pick<Errands, 'of' | 'over'>,
): {
  readonly plan: (offer: CallOffer, actor?: CallPlan['actor']) => CallPlan
  readonly onOver: (callSid: string) => void
} {
  return {
    plan: (offer, actor) => {
      const errand = errands.of(offer.callSid)
      return errand ? planErrand(offer, planning, errand.purpose) : planCall(offer, planning, actor)
    },
    onOver: (callSid) => errands.over(callSid),
  }
}

/**
 * The plan of a call that was placed for an errand: the usual one for a stranger, who hears first that a computer
 * speaks, with what the call is for and hardly a tool. Nobody is asked to wait for a person whom they did not call.
 */
function planErrand(offer: CallOffer, planning: Planning, purpose: string): CallPlan {
  const { persona, safetyKey } = planning
  const instructions = `${persona.instructions}\n\n${errandInstructions(purpose)}`
  const caller = { ...persona, instructions, greeting: 'model', tools: TOOLS } as const
  const own = { ...planning, persona: caller, fallbackPhoneNumber: undefined }
  const plan = planCall({ ...offer, direction: 'outbound' }, own, 'external')
  return {
    ...plan,
    rules: { ...plan.rules, handsOver: false },
    // All such calls come from one number of ours: who is spoken with is whoever was called.
    safetyIdentifier: createHmac('sha256', safetyKey).update(`caller ${offer.to}`).digest('hex').slice(0, 32),
  }
}
