import type { Config } from '../config/config.ts'
import type { NoticeOutcome, OwnerNotice } from '../ports/owner-notice.ts'
import type { TelephonyControl } from '../ports/telephony.ts'

/** Tells the owner by text message, at their first number, where they want that. */
export function ownerNotice(
  { owner, twilio }: Pick<Config, 'owner' | 'twilio'>,
  telephony: TelephonyControl,
): OwnerNotice {
  const [to] = owner.phoneNumbers
  const [from] = twilio.phoneNumbers
  return {
    async messageLeft({ from: caller, durationSeconds, recordingSid }): Promise<NoticeOutcome> {
      if (owner.notify !== 'sms' || to === undefined || from === undefined) return 'none'
      const who = /^\+[0-9]+$/.test(caller) ? caller : 'a withheld number'
      const body = `Message from ${who}, ${durationSeconds} s, taken while I could not answer. Recording ${recordingSid}.`
      const outcome = await telephony.sendText({ from, to, body })
      if (outcome.ok) return 'sent'
      return outcome.ambiguous ? 'unknown' : 'failed'
    },
  }
}
