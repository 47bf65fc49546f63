import type { Strength } from './strength.ts'

/** What the policy knows of a tool. */
export type ToolRule = {
  /** High: reaches or changes something outside, and needs a yes. */
  readonly risk: 'low' | 'high'
  /** The least strength of whoever may ask for it. */
  readonly from: Strength
  /** Whether what it answers is the owner's alone. */
  readonly isPrivate: boolean
  /** What strangers wrote into what it answers. */
  readonly taints?: Taint
  /** Whether something leaves the house by it. */
  readonly isOutward: boolean
  /** Whether it reaches a telephone number, which R10 judges. */
  readonly hasNumber: boolean
}

/** Kinds of content that strangers may have written. */
export type Taint = 'eMail' | 'webPage' | 'calendar' | 'message'

const inside = { isOutward: false, hasNumber: false, isPrivate: false } as const
const outside = { isOutward: true, hasNumber: false, isPrivate: false } as const
const toNumber = { isOutward: true, hasNumber: true, isPrivate: false } as const

const rules: ReadonlyMap<string, ToolRule> = new Map<string, ToolRule>([
  ['make_call', { risk: 'high', from: 'S1', ...toNumber }],
  ['send_sms', { risk: 'high', from: 'S1', ...toNumber }],
  ['send_email', { risk: 'high', from: 'S1', ...outside }],
  // Whoever is invited gets a message.
  ['calendar_create_event', { risk: 'high', from: 'S1', ...outside }],
  ['calendar_update_event', { risk: 'high', from: 'S1', ...outside }],
  ['calendar_cancel_event', { risk: 'high', from: 'S1', ...outside }],
  ['list_emails', { risk: 'low', from: 'S2', ...inside, isPrivate: true, taints: 'eMail' }],
  ['read_email', { risk: 'low', from: 'S2', ...inside, isPrivate: true, taints: 'eMail' }],
  ['calendar_list_upcoming', { risk: 'low', from: 'S2', ...inside, isPrivate: true, taints: 'calendar' }],
  ['find_contact', { risk: 'low', from: 'S2', ...inside, isPrivate: true }],
  // Its query leaves the house: private words could leave in it.
  ['web_research', { risk: 'low', from: 'S1', ...outside, taints: 'webPage' }],
  ['take_message', { risk: 'low', from: 'S0', ...inside }],
  ['end_call', { risk: 'low', from: 'S0', ...inside }],
])

/** What is known of a tool by its name; undefined for any other name: then it is high-risk and refused. */
export function toolRule(name: string): ToolRule | undefined {
  return rules.get(name)
}

/** The tools that somebody of a strength may be offered. Hiding a tool is not the defence: the decision is. */
export function offerableTools(isAllowed: (least: Strength) => boolean): readonly string[] {
  return [...rules].flatMap(([name, { from }]) => (isAllowed(from) ? [name] : []))
}
