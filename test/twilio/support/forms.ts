import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js'
import { accountSid, agentNumber, authToken, newCallSid, ownerNumber } from './names.ts'

/** A form field of a request; a repeated name is a repeated field. */
export type Fields = readonly (readonly [name: string, value: string])[]

/** The fields of a voice webhook, some of them replaced; undefined takes one away. */
export function voiceFields(changes: Readonly<Record<string, string | undefined>> = {}): Fields {
  const all = {
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    CallSid: newCallSid(),
    CallStatus: 'ringing',
    Caller: ownerNumber,
    Called: agentNumber,
    Direction: 'inbound',
    From: ownerNumber,
    FromCity: '',
    FromCountry: 'US',
    To: agentNumber,
    StirVerstat: 'TN-Validation-Passed-A',
    ...changes,
  }
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

export function encode(fields: Fields): string {
  return new URLSearchParams(fields.map(([name, value]) => [name, value])).toString()
}

/** The SDK's own signature of a webhook. */
export function signForm(url: string, fields: Fields, token = authToken): string {
  const params: Record<string, string[]> = {}
  for (const [name, value] of fields) (params[name] ??= []).push(value)
  return getExpectedTwilioSignature(token, url, params)
}
