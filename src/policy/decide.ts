import type { Confirmation } from './confirmation.ts'
import type { DestinationVerdict } from './destination.ts'
import { isAtLeast, type OwnerVerification, type Strength } from './strength.ts'
import { toolRule, type ToolRule } from './tool-rules.ts'

/** Everything a decision depends on, at one moment: before the question, and again before the effect. */
export type Circumstances = {
  readonly tool: string
  /** See argumentsHash(). */
  readonly hash: string
  readonly sessionId: string
  readonly actorId: string
  readonly strength: Strength
  /** How it was asked for: by a model that was spoken to, texted or written to, or by a request to the API. */
  readonly channel: 'voice' | 'sms' | 'chat' | 'rest'
  /** Whether the key of a request covers the tool; true where no key is involved. */
  readonly isInScope: boolean
  readonly verification: OwnerVerification
  /** Whether a PIN may still be entered. A right one shows in the strength. */
  readonly pin: 'notConfigured' | 'open' | 'refused'
  /** What the model has seen in this turn. */
  readonly turn: { readonly hasPrivate: boolean; readonly hasUntrusted: boolean }
  /** R10's answer, for a tool that reaches a number. */
  readonly destination?: DestinationVerdict | undefined
  /** Whether whatever it reaches was never reached before. */
  readonly isFirstDestination: boolean
  readonly firstDestinations: 'allow' | 'pin'
  /** Budgets and counts of this call. */
  readonly limits: { readonly ok: true } | { readonly ok: false; readonly reason: string }
  readonly isAuditWritable: boolean
  /** The record that is to be used, and the nonce that came with the order to use it. */
  readonly confirmation?: { readonly record: Confirmation; readonly nonce: string } | undefined
}

/** What is to be done with a proposal, and why. */
export type Decision =
  | { readonly kind: 'allow'; readonly reasons: readonly string[]; readonly confirmationId?: string }
  | { readonly kind: 'confirm'; readonly reasons: readonly string[]; readonly answerBy: 'caller' | 'apiKey' }
  | { readonly kind: 'pinRequired'; readonly reasons: readonly string[] }
  | { readonly kind: 'deny'; readonly reasons: readonly string[] }

/** A row of the table: what it leads to, and its reason where it applies. */
export type DecisionRow = {
  readonly effect: Decision['kind']
  readonly reason: (now: Circumstances) => string | false | undefined
}

/** Decides what becomes of a proposal, by the table below. */
export function decide(now: Circumstances): Decision {
  return decideBy(table, now)
}

/**
 * Decides by a table. Any row that denies wins; then one that wants the PIN; then one that wants a yes; then one that
 * allows. When no row applies, or any row throws, the answer is no.
 */
export function decideBy(rows: readonly DecisionRow[], now: Circumstances): Decision {
  const found: { readonly effect: Decision['kind']; readonly reason: string }[] = []
  for (const { effect, reason } of rows) {
    try {
      const given = reason(now)
      if (typeof given === 'string') found.push({ effect, reason: given })
    } catch {
      return { kind: 'deny', reasons: ['ruleFailed'] }
    }
  }
  const reasonsFor = (wanted: Decision['kind']): readonly string[] =>
    found.flatMap(({ effect, reason }) => (effect === wanted ? [reason] : []))
  const kind = precedence.find((effect) => reasonsFor(effect).length > 0)
  if (kind === undefined) return { kind: 'deny', reasons: ['nothingAllows'] }
  return decision(kind, reasonsFor(kind), now)
}

const precedence = ['deny', 'pinRequired', 'confirm', 'allow'] as const

const table: readonly DecisionRow[] = [
  // An unknown tool is high-risk and refused.
  { effect: 'deny', reason: (now) => !toolRule(now.tool) && 'unknownTool' },
  // Whoever is not recognised well enough does not get the tool.
  { effect: 'deny', reason: (now) => !isAtLeast(now.strength, ruleOf(now).from) && 'tooWeak' },
  // An outsider reaches no high-risk tool, whatever the rule of the tool says.
  { effect: 'deny', reason: (now) => isHigh(now) && now.strength === 'S0' && 'outsider' },
  // R16: an effect that cannot be recorded does not happen.
  { effect: 'deny', reason: (now) => isHigh(now) && !now.isAuditWritable && 'auditUnavailable' },
  { effect: 'deny', reason: (now) => !now.isInScope && 'scope' },
  // R10: before the question and before the effect.
  { effect: 'deny', reason: (now) => ruleOf(now).hasNumber && !now.destination && 'destinationUnchecked' },
  { effect: 'deny', reason: ({ destination }) => destination?.ok === false && destination.reason },
  { effect: 'deny', reason: ({ limits }) => !limits.ok && limits.reason },
  // R2: a confirmation that does not fit is worse than none.
  {
    effect: 'deny',
    reason: (now) => now.confirmation !== undefined && !isConfirmed(now) && 'confirmationMismatch',
  },
  { effect: 'deny', reason: (now) => needsPin(now) && now.pin === 'notConfigured' && 'noPinConfigured' },
  { effect: 'deny', reason: (now) => needsPin(now) && now.pin === 'refused' && 'pinRefused' },
  { effect: 'pinRequired', reason: (now) => needsPin(now) && 'pin' },
  // A request with a key of the matching scope is the confirmation.
  { effect: 'confirm', reason: (now) => isHigh(now) && needsYes(now) && 'highRisk' },
  // R9: private words, a stranger's words and a way out make three legs.
  { effect: 'confirm', reason: (now) => hasThreeLegs(now) && needsYes(now) && 'threeLegs' },
  { effect: 'allow', reason: (now) => ruleOf(now).risk === 'low' && 'lowRisk' },
  { effect: 'allow', reason: (now) => isConfirmed(now) && 'confirmed' },
  { effect: 'allow', reason: (now) => isRequest(now) && 'requestWithKey' },
]

/** An unknown tool has the strictest rule there is: the first row refuses it whatever the others say. */
const unknownRule: ToolRule = {
  risk: 'high',
  from: 'S4',
  isPrivate: true,
  isOutward: true,
  hasNumber: true,
}

function ruleOf(now: Circumstances): ToolRule {
  return toolRule(now.tool) ?? unknownRule
}

function isHigh(now: Circumstances): boolean {
  return ruleOf(now).risk === 'high'
}

function isRequest(now: Circumstances): boolean {
  return now.channel === 'rest' && now.strength === 'S4'
}

function needsYes(now: Circumstances): boolean {
  return !isRequest(now) && !isConfirmed(now)
}

function hasThreeLegs(now: Circumstances): boolean {
  return ruleOf(now).isOutward && now.turn.hasPrivate && now.turn.hasUntrusted
}

/** Whether the record says yes to exactly this, here, by this actor, and was never used. */
function isConfirmed(now: Circumstances): boolean {
  const { confirmation } = now
  if (!confirmation) return false
  const { record, nonce } = confirmation
  return (
    record.state === 'confirmed' &&
    record.use === 'unused' &&
    record.nonce === nonce &&
    record.tool === now.tool &&
    record.hash === now.hash &&
    record.sessionId === now.sessionId &&
    record.actorId === now.actorId &&
    (answerBy(now) === 'caller' || record.evidence?.by === 'apiKey')
  )
}

/**
 * Whether the keypad must speak first: for an owner's line without proof, and for a first destination where that is so
 * configured. A message has no keypad, and whoever approves with a key of the API needs no PIN.
 */
function needsPin(now: Circumstances): boolean {
  if (!isHigh(now) || now.channel !== 'voice') return false
  if (isConfirmed(now) && now.confirmation?.record.evidence?.by === 'apiKey') return false
  const unproven = now.strength === 'S1' && now.verification !== 'caller_id'
  return unproven || needsPinForFirst(now)
}

function needsPinForFirst(now: Circumstances): boolean {
  return now.isFirstDestination && now.firstDestinations === 'pin' && !isAtLeast(now.strength, 'S3')
}

/** By message only a key approves, but where the line alone is trusted and the destination needs no PIN. */
function answerBy(now: Circumstances): 'caller' | 'apiKey' {
  if (now.channel !== 'sms') return 'caller'
  return now.verification === 'caller_id' && !needsPinForFirst(now) ? 'caller' : 'apiKey'
}

function decision(kind: Decision['kind'], reasons: readonly string[], now: Circumstances): Decision {
  switch (kind) {
    case 'allow':
      return isConfirmed(now) && now.confirmation
        ? { kind, reasons, confirmationId: now.confirmation.record.id }
        : { kind, reasons }
    case 'confirm':
      return { kind, reasons, answerBy: answerBy(now) }
    case 'pinRequired':
    case 'deny':
      return { kind, reasons }
  }
}
