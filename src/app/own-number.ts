import type { Config } from '../config/config.ts'
import type { ErasureReport } from '../ports/upkeep.ts'

/**
 * What becomes of an order to erase a number; `ownNumber`: it is one of ours, and every call would go with it. A running
 * server has the recordings deleted at the network, and reports those that are left there.
 */
export type OrderedErasure = ErasureReport | { readonly kind: 'ownNumber' }

/** Whether a number is one that this server answers: it is in every call, and says of nobody who they are. */
export function isOwnNumber(config: Pick<Config, 'twilio'>, number: string): boolean {
  return config.twilio.phoneNumbers.includes(number)
}
