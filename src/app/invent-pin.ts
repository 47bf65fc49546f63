import { randomInt } from 'node:crypto'
import { scryptHash } from '../lib/scrypt-hash.ts'

const LEAST = 100_000
const BEYOND = 1_000_000

/**
 * A PIN for an owner who has none, six digits, and the setting that holds its hash.
 * @param options.isQuick with a hash that takes next to no time to check, for a PIN that guards nothing
 */
export function inventPin({ isQuick }: { readonly isQuick: boolean }): {
  readonly pin: string
  readonly env: { readonly GODFATHER_PIN_HASH: string }
} {
  const pin = String(randomInt(LEAST, BEYOND))
  return { pin, env: { GODFATHER_PIN_HASH: scryptHash(pin, isQuick ? 'quick' : 'usual') } }
}
