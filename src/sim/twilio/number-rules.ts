import { isPhoneNumber } from './phone-number.ts'

/** What the account may do with which numbers. */
export type NumberRules = {
  /** Numbers of the account, in E.164. */
  readonly owned: ReadonlySet<string>
  /** Numbers that the owner proved to hold: callable on trial, and usable as caller id. */
  readonly verified: ReadonlySet<string>
  readonly trial: boolean
  /** Refusals by destination: any code of calls or messages, for example 21214 or 21610. */
  readonly refused: ReadonlyMap<string, number>
}

/** Magic numbers of Twilio's test credentials: they answer with a fixed code, here for every account. */
const CALL_TO: Readonly<Record<string, number>> = {
  '+15005550001': 21217,
  '+15005550002': 21214,
  '+15005550003': 21215,
  '+15005550004': 21216,
}
const MESSAGE_TO: Readonly<Record<string, number>> = {
  '+15005550001': 21211,
  '+15005550002': 21612,
  '+15005550003': 21408,
  '+15005550004': 21610,
  '+15005550009': 21614,
}

/** The code with which a call between two numbers is refused, or undefined. */
export function callRefusal(
  rules: NumberRules,
  to: string | undefined,
  from: string | undefined,
): number | undefined {
  if (!to) return 21201
  if (!from) return 21213
  if (from === '+15005550001' || !isPhoneNumber(from)) return 21212
  if (!rules.owned.has(from) && !rules.verified.has(from)) return 21210
  if (CALL_TO[to]) return CALL_TO[to]
  if (!isPhoneNumber(to)) return /^[+\d][\d\s().-]*$/.test(to) ? 21211 : 21217
  if (rules.refused.has(to)) return rules.refused.get(to)
  return rules.trial && !rules.verified.has(to) ? 21219 : undefined
}

/** The code with which a message is refused, or undefined; `optedOut` has those who sent STOP. */
export function messageRefusal(
  rules: NumberRules,
  message: {
    readonly to: string | undefined
    readonly from: string | undefined
    readonly body: string | undefined
  },
  optedOut: ReadonlySet<string>,
): number | undefined {
  const { to, from, body } = message
  if (!to) return 21604
  if (!from) return 21603
  if (!body) return 21602
  if (body.length > 1_600) return 21617
  if (from === '+15005550001') return 21212
  if (from === '+15005550008') return 21611
  if (!rules.owned.has(from)) return 21606
  if (MESSAGE_TO[to]) return MESSAGE_TO[to]
  if (!isPhoneNumber(to)) return 21211
  if (rules.refused.has(to)) return rules.refused.get(to)
  if (optedOut.has(to)) return 21610
  return rules.trial && !rules.verified.has(to) ? 21608 : undefined
}
