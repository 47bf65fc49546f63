import { inTime } from '../lib/in-time.ts'
import type { Proposal } from '../policy/confirmation.ts'
import type { Decision } from '../policy/decide.ts'
import { ErrandError, errandOf, type EventTime } from '../policy/errand.ts'
import { type QuestionContext, questionsFor } from '../policy/question.ts'
import { toolRule } from '../policy/tool-rules.ts'
import type { GatePorts, GateSession } from './gate-options.ts'
import { newId } from './gate-options.ts'
import type { Judgement } from './judge.ts'
import type { CheckedCall } from './read-call.ts'
import type { SeenInTurn, TurnMemory } from './turn-memory.ts'

/** The calendar answers within this, or the event is not known. */
const EVENT_MS = 2_000

/**
 * Makes a proposal of a tool call that needs a yes, with the questions that will be asked about it.
 * @returns undefined when no question can be asked about it: then it is not done
 */
export async function newProposal(
  call: CheckedCall,
  judged: Judgement & { readonly decision: Extract<Decision, { kind: 'confirm' | 'pinRequired' }> },
  here: {
    readonly session: GateSession
    readonly ports: GatePorts
    readonly seen: SeenInTurn
    readonly memory: TurnMemory
  },
): Promise<Proposal | undefined> {
  const { session, ports, seen } = here
  const event = await eventOf(call, ports)
  const questions = questionsOf(call, event, contextOf(call, judged, here))
  if (!questions) return undefined
  const { callId, responseId, name: tool, canonical, hash } = call
  return {
    id: newId('proposal', ports.newHex),
    nonce: ports.newHex(32),
    callId,
    responseId,
    tool,
    hash,
    questions,
    arguments: canonical,
    sessionId: session.sessionId,
    actorId: session.actorId,
    strength: ports.facts.standing().strength,
    taint: seen.taint,
    eventVersion: event?.version,
    answerBy: judged.decision.kind === 'confirm' ? judged.decision.answerBy : 'callerWithPin',
  }
}

function questionsOf(
  call: CheckedCall,
  event: EventTime | undefined,
  context: QuestionContext,
): Proposal['questions'] | undefined {
  try {
    return questionsFor(errandOf(call.name, call.input, event), context)
  } catch (error) {
    if (error instanceof ErrandError || error instanceof RangeError) return undefined
    throw error
  }
}

async function eventOf({ input }: CheckedCall, ports: GatePorts): Promise<EventTime | undefined> {
  const id = input['event_id']
  if (typeof id !== 'string') return undefined
  const { clock, facts } = ports
  const looked = inTime(facts.event(id), { clock, delayMs: EVENT_MS })
  const found = await looked.catch(() => undefined)
  return found?.kind === 'done' ? found.value : undefined
}

function contextOf(
  call: CheckedCall,
  { destination, reach }: Judgement,
  { session, seen, memory }: Parameters<typeof newProposal>[2],
): QuestionContext {
  const named = reach?.name === undefined ? {} : { name: reach.name }
  const isUnknown = destination !== undefined && reach?.name === undefined && reach?.isFirst !== false
  const isOutward = toolRule(call.name)?.isOutward !== false
  return {
    ...named,
    isFirstDestination: destination !== undefined && reach?.isFirst !== false,
    taint: seen.taint,
    destinationFrom: isUnknown ? memory.sourceOf(destination) : undefined,
    answer: session.desk.channel === 'written' ? 'text' : session.desk.transcribes ? 'voice' : 'keypad',
    hasThreeLegs: isOutward && seen.hasPrivate && seen.taint.length > 0,
  }
}
