import { networkFault, resolverAdvice } from '../lib/http-probe.ts'
import type { Fix } from '../ports/check.ts'

/** The key is not taken. */
export const correctKey: Fix = {
  name: 'correctOpenaiKey',
  does: 'Set OPENAI_API_KEY to a live key, and OPENAI_ORG_ID and OPENAI_PROJECT_ID, where set, to those of the key',
}

/** There is no money. */
export const pay: Fix = {
  name: 'payOpenai',
  does: "Add credit or raise the limit under Billing in OpenAI's console, for the project of the key",
}

/** Codes that say so. */
export const unpaidCodes: ReadonlySet<string> = new Set(['insufficient_quota', 'billing_hard_limit_reached'])

/** The host of an endpoint cannot be reached, by the code of the network where there is one. */
export function reach(url: string, code = ''): Fix {
  if (networkFault(code) === 'resolver') return { name: 'mendResolver', does: resolverAdvice }
  const does = `Let this machine reach ${new URL(url).host}, where OpenAI's API is said to be, and try again`
  return { name: 'reachOpenai', does }
}

/** The model cannot be used. */
export function choose(variable: string, successor: string | undefined): Fix {
  const which = successor === undefined ? 'a model that this key may use' : successor
  return { name: 'chooseModel', does: `Set ${variable} to ${which}` }
}
