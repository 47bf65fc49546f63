import { API_VERSION } from './call-world.ts'
import type { FakeTwilioNumber } from './fake-twilio-options.ts'
import { pageOf } from './rest-page.ts'
import type { RestAnswer, RestRequest } from './rest-server.ts'
import { refuse } from './rest-server.ts'

/** Answers the list of `/IncomingPhoneNumbers`. Source: twilio 6.2.0, IncomingPhoneNumberResource */
export function numbersResource(
  account: { readonly accountSid: string; readonly numbers: readonly FakeTwilioNumber[] },
  request: RestRequest,
): RestAnswer {
  const { accountSid, numbers } = account
  if (request.path[1] !== undefined) return refuse(20404)
  if (request.method !== 'GET') return refuse(20004)
  const wanted = request.query.get('PhoneNumber')
  return pageOf(request, {
    name: 'incoming_phone_numbers',
    path: `/${API_VERSION}/Accounts/${accountSid}/IncomingPhoneNumbers.json`,
    entries: numbers
      .map((number, index) => ({ number, sid: `PN${`${index}`.padStart(32, '0')}` }))
      // Twilio matches any part of a number.
      .filter(({ number }) => wanted === null || number.phoneNumber.includes(wanted))
      .map(({ number, sid }) => numberResource(accountSid, sid, number)),
  })
}

function numberResource(
  accountSid: string,
  sid: string,
  number: FakeTwilioNumber,
): Readonly<Record<string, unknown>> {
  const { shown = {} } = number
  return {
    sid,
    account_sid: accountSid,
    phone_number: number.phoneNumber,
    friendly_name: number.phoneNumber,
    address_sid: null,
    address_requirements: 'none',
    api_version: API_VERSION,
    beta: false,
    bundle_sid: null,
    capabilities: { voice: shown.canSpeak ?? true, sms: true, mms: true, fax: false },
    date_created: 'Fri, 20 Nov 2026 09:00:00 +0000',
    date_updated: 'Fri, 20 Nov 2026 09:00:00 +0000',
    emergency_address_sid: null,
    emergency_address_status: 'unregistered',
    emergency_status: 'Inactive',
    identity_sid: null,
    origin: 'twilio',
    sms_application_sid: '',
    sms_fallback_method: 'POST',
    sms_fallback_url: '',
    sms_method: 'POST',
    sms_url: number.smsUrl ?? '',
    status: 'in-use',
    status_callback: number.statusCallback ?? '',
    status_callback_method: shown.statusCallbackMethod ?? 'POST',
    trunk_sid: shown.trunkSid ?? null,
    type: 'local',
    uri: `/${API_VERSION}/Accounts/${accountSid}/IncomingPhoneNumbers/${sid}.json`,
    voice_application_sid: shown.voiceApplicationSid ?? '',
    voice_caller_id_lookup: false,
    voice_fallback_method: 'POST',
    voice_fallback_url: number.voiceFallbackUrl ?? '',
    voice_method: shown.voiceMethod ?? 'POST',
    voice_receive_mode: 'voice',
    voice_url: number.voiceUrl,
  }
}
