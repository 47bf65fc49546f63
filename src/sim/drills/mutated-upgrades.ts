import type { Random } from '../caller/random.ts'
import { signRequest } from '../twilio/signature.ts'
import { otherToken, type SigningAccount, withOtherCharacter } from './mutated-requests.ts'

/** An upgrade of a media socket; without a signature the header is not sent. */
export type UpgradeAttempt = { readonly target: string; readonly signature: string | undefined }

/** An attempt that must be refused, and what was done to it. */
export type MutatedUpgrade = UpgradeAttempt & { readonly mutation: string }

/** The upgrade as Twilio makes it for this nonce. */
export function signedUpgrade(
  account: SigningAccount,
  nonce: string,
): UpgradeAttempt & { signature: string } {
  const target = `/twilio/media/${nonce}`
  return { target, signature: signRequest(account.authToken, mediaOrigin(account) + target, []) }
}

/** Every way of getting an upgrade wrong, once each; none of them may use up the nonce. */
export function mutatedUpgrades(options: {
  readonly account: SigningAccount
  readonly nonce: string
  /** Another nonce of the same account that is alive. */
  readonly otherNonce: string
  readonly random: Random
}): readonly MutatedUpgrade[] {
  const { account, nonce, otherNonce, random } = options
  const honest = signedUpgrade(account, nonce)
  const { target, signature } = honest
  const { authToken: token, publicUrl } = account
  const origin = mediaOrigin(account)
  const unknown = random.hex(22)
  return [
    { mutation: 'no signature', target, signature: undefined },
    { mutation: 'an empty signature', target, signature: '' },
    {
      mutation: 'one character of the signature',
      target,
      signature: withOtherCharacter(signature, random),
    },
    { mutation: 'a cut signature', target, signature: signature.slice(0, 1 + random.whole(27)) },
    {
      mutation: 'another token',
      target,
      signature: signRequest(otherToken(token, random), origin + target, []),
    },
    { mutation: 'an empty token', target, signature: signRequest('', origin + target, []) },
    { mutation: 'the scheme of webhooks', target, signature: signRequest(token, publicUrl + target, []) },
    { mutation: 'another scheme', target, signature: signRequest(token, otherScheme(origin) + target, []) },
    { mutation: 'another path, signed', target, signature: signRequest(token, `${origin}/twilio/voice`, []) },
    { mutation: 'made for another nonce', target, signature: signedUpgrade(account, otherNonce).signature },
    { mutation: 'an unknown nonce', target: `/twilio/media/${unknown}`, signature },
    { mutation: 'an unknown nonce, signed', ...signedUpgrade(account, unknown) },
    { mutation: 'a cut nonce, signed', ...signedUpgrade(account, nonce.slice(0, -1)) },
    { mutation: 'a query', target: `${target}?a=${random.whole(1000)}`, signature },
    { mutation: 'a query, signed', ...signedUpgrade(account, `${nonce}?a=${random.whole(1000)}`) },
    { mutation: 'a longer path, signed', ...signedUpgrade(account, `${nonce}/x`) },
  ]
}

function mediaOrigin(account: SigningAccount): string {
  return account.publicUrl.replace(/^http/, 'ws')
}

function otherScheme(origin: string): string {
  return origin.startsWith('wss:') ? origin.replace('wss:', 'ws:') : origin.replace('ws:', 'wss:')
}
