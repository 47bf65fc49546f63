/** How the owner is recognised; see OWNER_VERIFICATION. */
export type OwnerVerification = 'stir_or_pin' | 'pin' | 'caller_id'

/**
 * Who is on the line, and how well that is known. S0: anybody. S1: the owner's number without proof. S2: the owner's
 * number, and the network vouches for it.
 */
export type Actor = { readonly kind: 'owner' | 'external'; readonly strength: 'S0' | 'S1' | 'S2' }

const E164 = /^\+[1-9][0-9]{6,14}$/
const external: Actor = { kind: 'external', strength: 'S0' }

/**
 * Decides who a caller is. An owner's number matches by equality of E.164 strings and in no other way; a failed
 * attestation is external in every mode; the callee of an outbound call is external.
 * @param call.stirVerstat exactly as received: no trimming, no case folding, no prefix match
 * Source of the attestation values: Twilio, "Trusted calling with SHAKEN/STIR"
 */
export function actorOf(
  call: { readonly from: string; readonly direction: 'inbound' | 'outbound'; readonly stirVerstat?: string },
  owner: { readonly phoneNumbers: readonly string[]; readonly verification: OwnerVerification },
): Actor {
  if (call.direction === 'outbound' || !E164.test(call.from)) return external
  if (!owner.phoneNumbers.includes(call.from)) return external
  if (isFailed(call.stirVerstat)) return external
  switch (owner.verification) {
    case 'caller_id':
      return { kind: 'owner', strength: 'S2' }
    case 'stir_or_pin':
      return { kind: 'owner', strength: call.stirVerstat === 'TN-Validation-Passed-A' ? 'S2' : 'S1' }
    case 'pin':
      return { kind: 'owner', strength: 'S1' }
  }
}

/** True for a check that was made and did not pass. An absent or unmade check is unknown, not failed. */
function isFailed(stirVerstat: string | undefined): boolean {
  return stirVerstat !== undefined && /^(TN-Validation-Failed|No-TN-Validation)/i.test(stirVerstat)
}
