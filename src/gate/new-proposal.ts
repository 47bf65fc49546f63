import { inTime } from '../lib/in-time.ts'
import type { Proposal } from '../policy/confirmation.ts'
import type { Decision } from '../policy/decide.ts'
import { ErrandError, errandOf, type EventTime } from '../policy/errand.ts'
import { type QuestionContext, questionsFor } from '../policy/question.ts'
import { toolRule } from '../policy/tool-rules.ts'
import type { KnownEvent } from '../ports/gate-facts.ts'
import type { ToolOutcome } from '../ports/tools.ts'
import type { GatePorts, GateSession } from './gate-options.ts'
import { newId } from './gate-options.ts'
import type { Judgement } from './judge.ts'
import type { CheckedCall } from './read-call.ts'
import { invalidArguments, refused } from './tool-answers.ts'
import type { SeenInTurn, TurnMemory } from './turn-memory.ts'

/** The calendar answers within this, or the event is not known. */
const EVENT_MS = 2_000

/** A proposal, or why nobody is asked: for the audit log, and for the model. */
export type NewProposal =
  | { readonly ok: true; readonly proposal: Proposal }
  | { readonly ok: false; readonly reasons: readonly string[]; readonly answer: ToolOutcome }

/**
 * Makes a proposal of a tool call that needs a yes, with the questions that will be asked about it. Of what cannot be
 * asked about, and of what would fail after a yes, there is none: then it is not done.
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
): Promise<NewProposal> {
  const { session, ports, seen } = here
  const event = await eventOf(call, ports)
  const objection = call.tool.objectionTo?.(call.input, { nowMs: ports.clock.wallMs(), event })
  if (objection) {
    const { code, reason } = objection
    const answer = invalidArguments(`${code}: ${reason}`)
    return { ok: false, reasons: ['invalidArguments', code], answer }
  }
  const questions = questionsOf(call, event, contextOf(call, judged, here))
  if (!questions) return { ok: false, reasons: ['noQuestion'], answer: refused('noQuestion') }
  const { callId, responseId, name: tool, canonical, hash } = call
  const proposal = {
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
  } as const
  return { ok: true, proposal }
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

async function eventOf({ input }: CheckedCall, ports: GatePorts): Promise<KnownEvent | undefined> {
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
