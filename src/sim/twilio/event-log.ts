import type { Clock } from '../../lib/clock.ts'
import type { Spell } from '../caller/network.ts'
import type { CallerStep } from '../caller/script.ts'

/** Why a request was sent to the product. */
export type WebhookPurpose =
  'voice' | 'fallback' | 'callStatus' | 'streamStatus' | 'recordingStatus' | 'amdStatus' | 'sms' | 'smsStatus'

/** What happened in the fake Twilio. Nothing in it is secret: no signature, token, custom parameter or key path. */
export type TwilioEvent =
  | {
      readonly kind: 'webhook'
      readonly purpose: WebhookPurpose
      readonly callSid: string | undefined
      readonly url: string
      /** CallStatus, StreamEvent or MessageStatus, whichever it carried. */
      readonly about: string | undefined
      /** HTTP status, or undefined when there was no response. */
      readonly status: number | undefined
      /** Twilio's error code when the answer was none. */
      readonly errorCode: number | undefined
      readonly tookMs: number
    }
  | {
      readonly kind: 'rest'
      readonly method: string
      readonly path: string
      /** HTTP status, or undefined when it was never answered. */
      readonly status: number | undefined
      readonly errorCode: number | undefined
    }
  | {
      readonly kind: 'call'
      readonly callSid: string
      readonly status: string
      readonly endedBy: string | undefined
    }
  | {
      readonly kind: 'stream'
      readonly callSid: string
      readonly streamSid: string
      readonly direction: 'in' | 'out'
      /** The event of the message; of the caller's audio only the first. */
      readonly event: string
      /** Audio bytes, or those dropped by a clear. */
      readonly bytes: number | undefined
      readonly markName: string | undefined
    }
  | {
      readonly kind: 'warning'
      readonly callSid: string | undefined
      readonly errorCode: number
      readonly message: string
    }
  | {
      readonly kind: 'said'
      readonly callSid: string
      readonly who: 'caller' | 'callee' | 'twilio'
      readonly text: string
    }
  | {
      /** Something went wrong on purpose; a REST fault may belong to no call. */
      readonly kind: 'fault'
      readonly callSid: string | undefined
      readonly fault: TwilioFault
    }
  | {
      readonly kind: 'message'
      readonly messageSid: string
      readonly status: string
      readonly errorCode: number | undefined
    }

/** What the log calls something that went wrong on purpose. */
export type TwilioFault =
  | Spell['do']
  | 'lose'
  | Extract<
      CallerStep,
      {
        do:
          | 'hangUpWithoutStop'
          | 'vanish'
          | 'dropStream'
          | 'freeze'
          | 'stopReading'
          | 'sendHuge'
          | 'secondStart'
      }
    >['do']
  | `rest ${'429' | '500' | '503' | 'none'}`

/** An event with its time on the fake's clock. */
export type TwilioLogEntry = TwilioEvent & { readonly atMs: number }

/** Takes an event; the time is added. */
export type Log = (event: TwilioEvent) => void

/** A log that stamps events with the clock and hands them on. */
export function stampedLog(clock: Clock, onEvent: (entry: TwilioLogEntry) => void): Log {
  return (event) => onEvent({ ...event, atMs: clock.nowMs() })
}

/**
 * A URL that may be shown: no user-info, query values or fragment, and path segments that look like keys (16
 * characters and more) cut to three.
 */
export function shownUrl(url: string): string {
  const parsed = URL.parse(url)
  if (!parsed) return '(malformed)'
  const path = parsed.pathname.split('/').map((part) => (part.length < 16 ? part : `${part.slice(0, 3)}…`))
  const query = [...parsed.searchParams.keys()].map((name) => `${name}=…`).join('&')
  return `${parsed.protocol}//${parsed.host}${path.join('/')}${query && `?${query}`}`
}
