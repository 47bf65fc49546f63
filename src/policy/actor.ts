import { type OwnerRule, type Strength, strengthOf } from './strength.ts'

/** Who is on the line, and how well that is known. */
export type Actor = { readonly kind: 'owner' | 'external'; readonly strength: Strength }

/**
 * Decides who a caller is when the call rings: before any PIN, before any transfer.
 * @param call.stirVerstat exactly as received: no trimming, no case folding, no prefix match
 */
export function actorOf(
  call: { readonly from: string; readonly direction: 'inbound' | 'outbound'; readonly stirVerstat?: string },
  owner: OwnerRule,
): Actor {
  const { from, direction, stirVerstat } = call
  const atRing = { kind: 'call', from, direction, stirVerstat, pinRight: false, transferred: false } as const
  const strength = strengthOf(atRing, owner)
  return { kind: strength === 'S0' ? 'external' : 'owner', strength }
}
