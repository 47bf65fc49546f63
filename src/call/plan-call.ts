import { createHmac } from 'node:crypto'
import {
  isAtLeast,
  isAttested,
  type OwnerVerification,
  type Strength,
  strengthOf,
} from '../policy/strength.ts'
import { offerableTools } from '../policy/tool-rules.ts'
import type { CallOffer } from '../ports/incoming-calls.ts'
import type { FixedSentence, PromptAudio } from '../ports/prompt-audio.ts'
import type { OfferedTool } from '../ports/tools.ts'
import { callInstructions } from '../prompts/instructions.ts'
import { offeredTools, type Persona } from '../prompts/persona.ts'
import { sentenceKeys, sentenceText } from '../prompts/sentences.ts'
import type { LadderPlan } from './ladder.ts'
import type { CallPlan } from './plan.ts'
import type { CallRules } from './state.ts'

/** How long before its maximum length a call is warned. */
const WARNING_MS = 30_000
/** A due reply that is not heard within this is bridged by the hold sentence. */
const HOLD_MS = 2_500
/** How long a call waits for its next stream after the socket broke. */
export const REATTACH_MS = 10_000
/** A lost session is dialled again after these pauses: refused ones are given up within two seconds. */
const REDIAL_DELAYS_MS = [100, 400, 1_000]
/** A call whose sessions keep breaking is given up after so many. */
const MAX_LOSSES = 12
/** A session is replaced so long before the provider ends it, at the next quiet moment. */
const ROTATION_MARGIN_MS = 300_000

/** What a call is planned from. */
export type Planning = {
  readonly persona: Persona
  readonly promptAudio: PromptAudio
  /** The tools that exist. */
  readonly tools: readonly OfferedTool[]
  /** Whether the owner has a PIN: without one nobody is asked for it, and nothing is done that needs it. */
  readonly hasPin: boolean
  /** A person who is rung when the model cannot be reached. */
  readonly fallbackPhoneNumber: string | undefined
  readonly owner: {
    readonly phoneNumbers: readonly string[]
    readonly verification: OwnerVerification
    /** IANA name. */
    readonly timeZone: string
  }
  readonly limits: {
    readonly idlePromptSeconds: number
    readonly callMaxSeconds: number
    readonly silentModelDeadlineMs: number
    readonly unclaimedSessionMs: number
    readonly nonceTtlMs: number
  }
  /** Keys the hash under which the model's provider sees a caller. */
  readonly safetyKey: string
}

/**
 * Decides persona, actor and rules of one call.
 * @param recorded who it was found to be by a process that is dead: what the network proved then is not known any more,
 *   so that an actor may fall, and never rises
 */
export function planCall(offer: CallOffer, planning: Planning, recorded?: CallPlan['actor']): CallPlan {
  const { persona, promptAudio, safetyKey, owner } = planning
  const { language } = persona
  const strength = strengthIn(offer, planning, recorded)
  const actor = strength({ pinRight: false, transferred: false }) === 'S0' ? 'external' : 'owner'
  const opening = openingOf(actor, persona)
  const spoken = opening.filter((sentence) => promptAudio.clip(sentence, language).spoken)
  const about = { persona, actor, language, spoken } as const
  return {
    callSid: offer.callSid,
    direction: offer.direction,
    from: offer.from,
    to: offer.to,
    isNumberProven: offer.direction === 'outbound' || isAttested(offer.stirVerstat),
    persona: persona.id,
    actor,
    language,
    ...(persona.voice !== undefined && { voice: persona.voice }),
    strength,
    session: ({ resumed, strength: now, atMs }) => {
      const tools = listedTools(now, planning).map(({ definition }) => definition)
      const names = tools.map(({ name }) => name)
      return {
        instructions: callInstructions({
          ...about,
          tools: names,
          resumed,
          now: { atMs, timeZone: owner.timeZone },
        }),
        tools,
      }
    },
    tools: toolsOf(planning),
    safetyIdentifier: createHmac('sha256', safetyKey)
      .update(`caller ${offer.from}`)
      .digest('hex')
      .slice(0, 32),
    rules: { ...rulesOf(planning), opening, modelGreets: !opening.some(isGreeting) },
    ladder: ladderOf(offer, planning),
  }
}

function strengthIn(
  { from, direction, stirVerstat }: CallOffer,
  { owner }: Planning,
  recorded: CallPlan['actor'] | undefined,
): CallPlan['strength'] {
  return (now) =>
    recorded === 'external' ? 'S0' : strengthOf({ kind: 'call', from, direction, stirVerstat, ...now }, owner)
}

/** What the persona works with, as far as it exists. */
function toolsOf({ persona, tools }: Planning): readonly OfferedTool[] {
  const names = offeredTools(
    persona,
    tools.map(({ definition }) => definition.name),
  )
  return tools.filter(({ definition }) => names.includes(definition.name))
}

/**
 * The tools that a session is told of. Hiding one is not the defence: it only keeps the model from promising what the
 * gate will refuse.
 */
function listedTools(strength: Strength, planning: Planning): readonly OfferedTool[] {
  const allowed = offerableTools((least) => isAtLeast(strength, least))
  const isUnproven = strength === 'S1' && !planning.hasPin
  return toolsOf(planning).filter(
    ({ definition, risk }) => allowed.includes(definition.name) && !(isUnproven && risk === 'high'),
  )
}

/** Everybody but the owner is told first that an assistant speaks; who greets is the persona's choice. */
function openingOf(actor: CallPlan['actor'], persona: Persona): readonly FixedSentence[] {
  const greets = persona.greeting === 'clip'
  if (actor === 'owner') return greets ? ['ownerGreeting'] : []
  return greets ? ['disclosure', 'greeting'] : ['disclosure']
}

/** Nobody is rung on the telephone they call from. */
function ladderOf(offer: CallOffer, { persona, fallbackPhoneNumber, limits }: Planning): LadderPlan {
  const { language } = persona
  const say = (key: FixedSentence): string => sentenceText(key, language)
  const caller = offer.direction === 'inbound' ? offer.from : offer.to
  const callerId = offer.direction === 'inbound' ? offer.to : offer.from
  const rung = fallbackPhoneNumber !== undefined && fallbackPhoneNumber !== caller
  return {
    words: {
      language,
      opening: `${say('disclosure')} ${persona.apology ?? say('handOver')}`,
      leaveMessage: say('leaveMessage'),
      connecting: say('connecting'),
      messageTaken: say('messageTaken'),
    },
    person: rung ? { number: fallbackPhoneNumber, callerId } : undefined,
    maxLengthSeconds: limits.callMaxSeconds,
  }
}

function isGreeting(sentence: FixedSentence): boolean {
  return sentence === 'greeting' || sentence === 'ownerGreeting'
}

function rulesOf({ persona, limits }: Planning): Omit<CallRules, 'opening' | 'modelGreets'> {
  const texts = sentenceKeys.map((name) => [name, sentenceText(name, persona.language)] as const)
  return {
    warningMs: WARNING_MS,
    holdMs: HOLD_MS,
    reattachMs: REATTACH_MS,
    redialDelaysMs: REDIAL_DELAYS_MS,
    maxLosses: MAX_LOSSES,
    rotationMarginMs: ROTATION_MARGIN_MS,
    handsOver: true,
    sentences: Object.fromEntries(texts) as CallRules['sentences'],
    idleMs: limits.idlePromptSeconds * 1_000,
    maxLengthMs: limits.callMaxSeconds * 1_000,
    silentModelMs: limits.silentModelDeadlineMs,
    unclaimedMs: limits.unclaimedSessionMs,
    nonceTtlMs: limits.nonceTtlMs,
  }
}
