import { isE164 } from '../lib/phone-number.ts'

/** How the owner is recognised; see OWNER_VERIFICATION. */
export type OwnerVerification = 'stir_or_pin' | 'pin' | 'caller_id'

/**
 * How well it is known that the owner speaks. S0: anybody. S1: the owner's number without proof. S2: the owner's
 * number, and the network vouches for it. S3: the owner's number and the PIN. S4: a key to the API.
 */
export type Strength = 'S0' | 'S1' | 'S2' | 'S3' | 'S4'

/** What is known of whoever asks for something. */
export type Evidence =
  | {
      readonly kind: 'call'
      readonly direction: 'inbound' | 'outbound'
      readonly from: string
      /** Exactly as received: no trimming, no case folding. */
      readonly stirVerstat?: string | undefined
      /** Whether the right PIN was keyed in during this call. */
      readonly pinRight: boolean
      /** Whether the call was handed to somebody else since it was recognised. */
      readonly transferred: boolean
    }
  | { readonly kind: 'sms'; readonly from: string }
  | { readonly kind: 'apiKey' }

/** Whose numbers are the owner's, and how much they prove. */
export type OwnerRule = {
  readonly phoneNumbers: readonly string[]
  readonly verification: OwnerVerification
}

type CallEvidence = Extract<Evidence, { kind: 'call' }>

/**
 * Decides how strongly an actor is recognised. A number matches by equality of E.164 strings and in no other way, so
 * whatever is missing, withheld, a word, a SIP or a client identity is external. The callee of a call that we placed is
 * external, and so is whoever a call was transferred to: from then on another person may be speaking.
 * Source of the attestation values: Twilio, "Trusted calling with SHAKEN/STIR"
 */
export function strengthOf(evidence: Evidence, owner: OwnerRule): Strength {
  switch (evidence.kind) {
    case 'apiKey':
      return 'S4'
    case 'sms':
      // The sender of a message can be forged, and nothing vouches for it.
      return isOwnerNumber(evidence.from, owner) ? 'S1' : 'S0'
    case 'call':
      return strengthOfCall(evidence, owner)
  }
}

/** Whether a strength is at least another one. */
export function isAtLeast(strength: Strength, least: Strength): boolean {
  return rank[strength] >= rank[least]
}

/**
 * Whether the network vouches in full that a caller may use the number they show.
 * @param stirVerstat exactly as received: no trimming, no case folding, no prefix match
 * Source: Twilio, "Trusted calling with SHAKEN/STIR"
 */
export function isAttested(stirVerstat: string | undefined): boolean {
  return stirVerstat === 'TN-Validation-Passed-A'
}

const rank: Readonly<Record<Strength, number>> = { S0: 0, S1: 1, S2: 2, S3: 3, S4: 4 }

function strengthOfCall(call: CallEvidence, owner: OwnerRule): Strength {
  if (call.direction === 'outbound' || call.transferred) return 'S0'
  if (!isOwnerNumber(call.from, owner)) return 'S0'
  // INVARIANT: a PIN does not make up for a failed attestation.
  if (isFailed(call.stirVerstat)) return 'S0'
  if (call.pinRight) return 'S3'
  switch (owner.verification) {
    case 'caller_id':
      return 'S2'
    case 'stir_or_pin':
      return isAttested(call.stirVerstat) ? 'S2' : 'S1'
    case 'pin':
      return 'S1'
  }
}

function isOwnerNumber(from: string, owner: OwnerRule): boolean {
  return isE164(from) && owner.phoneNumbers.includes(from)
}

/**
 * True for a check that was made and did not pass. An absent or unmade check is unknown, not failed: whoever forges a
 * number can leave it out as well.
 */
function isFailed(stirVerstat: string | undefined): boolean {
  return stirVerstat !== undefined && /fail|^No-TN-Validation/i.test(stirVerstat)
}
