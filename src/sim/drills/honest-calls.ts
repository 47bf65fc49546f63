import type { Random } from '../caller/random.ts'
import { signRequest } from '../twilio/signature.ts'
import type { World } from '../world.ts'
import { DrillError, settingOf } from './drill.ts'
import { encodeFields, type SigningAccount, signedVoiceRequest } from './mutated-requests.ts'
import type { Stranger } from './stranger.ts'

/** Who can make calls as Twilio announces them, without a telephone behind them. */
export type HonestCaller = {
  readonly account: SigningAccount
  readonly stranger: Stranger
  readonly random: Random
}

/** A call that was taken, and the nonce of the stream that it was told to open. */
export type HonestCall = { readonly callSid: string; readonly nonce: string }

/** The account of a world, with a caller of its own. */
export function accountOf(world: World, from: string): SigningAccount {
  return {
    accountSid: settingOf(world, 'TWILIO_ACCOUNT_SID'),
    authToken: settingOf(world, 'TWILIO_AUTH_TOKEN'),
    publicUrl: settingOf(world, 'PUBLIC_URL'),
    from,
    to: settingOf(world, 'TWILIO_PHONE_NUMBER'),
  }
}

/**
 * Announces a new call.
 * @throws DrillError when it is not answered with a stream
 */
export async function ringHonestly({ account, stranger, random }: HonestCaller): Promise<HonestCall> {
  const { fields, ...request } = signedVoiceRequest(account, random)
  const answer = await stranger.post({ ...request, body: encodeFields(fields) })
  const nonce = nonceIn(answer.body)
  if (nonce === undefined)
    throw new DrillError(`Cannot go on: an honest webhook was answered with ${answer.status} and no stream`)
  return { callSid: request.callSid, nonce }
}

/** Asks what to do after a stream that has ended: the nonce of another one, or undefined when there is none. */
export async function askForStream(caller: HonestCaller, callSid: string): Promise<string | undefined> {
  const answer = await tell(caller, '/twilio/after-stream', [
    ['CallSid', callSid],
    ['CallStatus', 'in-progress'],
  ])
  return nonceIn(answer.body)
}

/** Tells that a call is over. */
export async function hangUpHonestly(caller: HonestCaller, callSid: string): Promise<void> {
  await tell(caller, '/twilio/status', [
    ['CallSid', callSid],
    ['CallStatus', 'completed'],
    ['CallDuration', '1'],
  ])
}

function tell(
  { account, stranger }: HonestCaller,
  target: string,
  about: readonly (readonly [name: string, value: string])[],
): Promise<{ readonly status: number; readonly body: string }> {
  const fields = [['AccountSid', account.accountSid] as const, ...about]
  const signature = signRequest(account.authToken, account.publicUrl + target, fields)
  return stranger.post({ target, signature, body: encodeFields(fields) })
}

function nonceIn(twiml: string): string | undefined {
  return /\/twilio\/media\/([A-Za-z0-9_-]{22})"/.exec(twiml)?.[1]
}
