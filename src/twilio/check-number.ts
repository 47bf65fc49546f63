import { z } from 'zod'
import { redactedParty } from '../lib/phone-number.ts'
import type { Finding, Fix } from '../ports/check.ts'
import { type AccountQuestion, askAccount } from './account-query.ts'

/** A number at Twilio, as far as it decides what becomes of its calls. Unset texts are null, empty or absent. */
const text = z.string().nullish()
const heldNumber = z.object({
  phoneNumber: z.string(),
  capabilities: z.object({ voice: z.boolean().nullish() }).nullish(),
  voiceUrl: text,
  voiceMethod: text,
  voiceFallbackUrl: text,
  statusCallback: text,
  statusCallbackMethod: text,
  voiceApplicationSid: text,
  trunkSid: text,
})

/** What is known of a number, by the SDK's names. */
export type HeldNumber = z.infer<typeof heldNumber>

const MAX_MATCHES = 20

/** Whether each number is the account's and sends its calls here, as section 5 of docs/live.md has it. */
export async function checkNumber(
  question: AccountQuestion & { readonly phoneNumbers: readonly string[]; readonly publicUrl: string },
): Promise<readonly Finding[]> {
  const { phoneNumbers, publicUrl } = question
  const answer = await askAccount(question, (client) =>
    Promise.all(
      phoneNumbers.map((phoneNumber) =>
        client.incomingPhoneNumbers.list({ phoneNumber, limit: MAX_MATCHES }),
      ),
    ),
  )
  if (!answer.ok) return [answer.finding]
  const held = z.array(heldNumber).parse(answer.value.flat())
  return phoneNumbers.flatMap((phoneNumber) =>
    judgeNumber(phoneNumber, { held: held.find((number) => number.phoneNumber === phoneNumber), publicUrl }),
  )
}

/** Everything about a number that keeps its calls from coming here, or one finding that nothing does. */
export function judgeNumber(
  phoneNumber: string,
  at: { readonly held: HeldNumber | undefined; readonly publicUrl: string },
): readonly Finding[] {
  const { held, publicUrl } = at
  const shown = redactedParty(phoneNumber)
  if (!held) {
    return [
      broken(`${shown} does not belong to the account`, {
        name: 'ownNumber',
        does: `Set TWILIO_PHONE_NUMBER to numbers of the account, or buy ${shown} there`,
      }),
    ]
  }
  const found = [
    ...capability(shown, held),
    ...detour(shown, held),
    ...webhooks(shown, held, publicUrl),
    ...fallback(shown, held, publicUrl),
  ]
  if (found.length > 0) return found
  return [
    { kind: 'fine', says: `${shown}: voice webhook, status callback and fallback are as they should be` },
  ]
}

function capability(shown: string, { capabilities }: HeldNumber): readonly Finding[] {
  if (capabilities?.voice !== false) return []
  const does = `Set TWILIO_PHONE_NUMBER to a number that can do voice instead of ${shown}`
  return [broken(`${shown} cannot do voice`, { name: 'enableVoice', does })]
}

/** A trunk or an application takes the calls, and the number's own webhooks are not asked. */
function detour(shown: string, { trunkSid, voiceApplicationSid }: HeldNumber): readonly Finding[] {
  if (!trunkSid && !voiceApplicationSid) return []
  return [
    broken(
      `${shown} gives its calls to ${trunkSid ? 'a SIP trunk' : 'a TwiML app'} instead of its webhooks`,
      {
        name: 'routeCalls',
        does: `For ${shown}, let "Configure with" say Webhook, TwiML Bin, Function, Studio Flow, Proxy Service`,
      },
    ),
  ]
}

function webhooks(shown: string, held: HeldNumber, publicUrl: string): readonly Finding[] {
  const found: Finding[] = []
  const voice = difference({ url: held.voiceUrl, method: held.voiceMethod }, `${publicUrl}/twilio/voice`)
  if (voice !== undefined) {
    const does = `For ${shown}, set "A call comes in" to Webhook, ${publicUrl}/twilio/voice, HTTP POST`
    found.push(broken(`the voice webhook of ${shown} ${voice}`, { name: 'setVoiceWebhook', does }))
  }
  const status = difference(
    { url: held.statusCallback, method: held.statusCallbackMethod },
    `${publicUrl}/twilio/status`,
  )
  if (status !== undefined) {
    const does = `For ${shown}, set "Call status changes" to ${publicUrl}/twilio/status, HTTP POST`
    found.push(broken(`the status callback of ${shown} ${status}`, { name: 'setStatusCallback', does }))
  }
  return found
}

type Webhook = { readonly url: string | null | undefined; readonly method: string | null | undefined }

/** How a webhook differs from what it should be. Of the present one no more than the host is told. */
function difference({ url, method }: Webhook, wanted: string): string | undefined {
  if (!url) return 'is not set'
  // A fragment holds Twilio's own options and is no part of the address.
  const [address = ''] = url.split('#', 1)
  if (withoutDefaultPort(address) !== withoutDefaultPort(wanted)) {
    const host = URL.parse(address)?.host
    const sameHost = host === new URL(wanted).host
    return sameHost ? 'leads to another path, scheme or query' : `leads to ${host ?? 'no web address'}`
  }
  return (method ?? 'POST').toUpperCase() === 'POST' ? undefined : 'is asked with another method than POST'
}

function withoutDefaultPort(url: string): string {
  return url.replace(/^(https:\/\/[^/]+):443(?=\/)/, '$1')
}

/** What answers when this server does not must not be this server. */
function fallback(shown: string, { voiceFallbackUrl }: HeldNumber, publicUrl: string): readonly Finding[] {
  const fix = {
    name: 'setFallback',
    does: `For ${shown}, set "Primary handler fails" to a TwiML Bin, HTTP POST`,
  } as const
  if (!voiceFallbackUrl) {
    const says = `${shown} has no fallback: while this server is down its callers hear an error of Twilio's`
    return [{ kind: 'warning', says, fix }]
  }
  if (URL.parse(voiceFallbackUrl)?.host !== new URL(publicUrl).host) return []
  return [broken(`the fallback of ${shown} is this server, which is what has failed then`, fix)]
}

function broken(says: string, fix: Fix): Finding {
  return { kind: 'broken', says, fix }
}
