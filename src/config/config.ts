import type { ApiKey } from '../lib/api-scope.ts'
import type { Limits } from './limits.ts'

/** When a caller's turn is over: by silence, or by what was said. */
export type TurnDetection =
  | {
      readonly kind: 'server_vad'
      /** 0 to 1; higher for noisy lines. */
      readonly threshold: number
      readonly prefixPaddingMs: number
      readonly silenceMs: number
    }
  | { readonly kind: 'semantic_vad'; readonly eagerness: 'low' | 'medium' | 'high' | 'auto' }

/** Everything the server was told that is no secret. Each member's variable is described in `.env.example`. */
export type Config = {
  readonly server: {
    readonly host: string
    readonly port: number
    /** An origin without a slash at its end. */
    readonly publicUrl: string | undefined
    readonly dataDir: string
    /** DATA_DIR was not set; a rehearsal then takes a temporary folder. */
    readonly dataDirIsDefault: boolean
    readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'fatal'
    readonly personaDir: string
  }
  readonly openai: {
    readonly organizationId: string | undefined
    readonly projectId: string | undefined
    /** Without a slash at its end, like both URLs here. */
    readonly baseUrl: string
    readonly realtimeUrl: string
    readonly realtimeModel: string
    readonly realtimeVoice: string
    /** Undefined: the session makes no transcript of the caller. */
    readonly transcriptionModel: string | undefined
    readonly model: string
    readonly fallbackModel: string | undefined
  }
  readonly realtime: {
    readonly audio: 'pcm24k' | 'pcmu'
    /** Filter of the way back to 8 kHz. */
    readonly downlink: 'strict' | 'third-band'
    readonly turnDetection: TurnDetection
    readonly noiseReduction: 'near_field' | 'far_field' | undefined
    readonly speed: number
    readonly maxOutputTokens: number | 'inf'
  }
  readonly twilio: {
    readonly accountSid: string | undefined
    /** E.164; the first one dials. */
    readonly phoneNumbers: readonly string[]
    readonly apiBaseUrl: string | undefined
  }
  readonly owner: {
    /** E.164, each once, from the variable and the owner file together. */
    readonly phoneNumbers: readonly string[]
    readonly email: string | undefined
    readonly verification: 'stir_or_pin' | 'pin' | 'caller_id'
    /** IANA name. */
    readonly timeZone: string
    readonly notify: 'sms' | 'email' | 'none'
  }
  readonly effects: {
    /** ISO 3166-1 alpha-2. */
    readonly allowedCountries: readonly string[]
    readonly firstDestinations: 'allow' | 'pin'
    /** ISO 639-1; questions are asked in the first. */
    readonly confirmationLanguages: readonly string[]
    /** When calls may be placed, in minutes since midnight of the callee's day; undefined: always. */
    readonly callingHours: { readonly fromMinute: number; readonly toMinute: number } | undefined
    readonly capped: boolean
    readonly fallbackPhoneNumber: string | undefined
  }
  readonly limits: Limits
}

/** Everything the server was told that nobody else may see. Kept apart, so that no log or page meets it by accident. */
export type Secrets = {
  readonly openaiApiKey: string | undefined
  readonly twilioAuthToken: string | undefined
  /** `scrypt$N$r$p$salt$hash`, salt and hash in base64url. */
  readonly godfatherPinHash: string | undefined
  readonly apiKeys: readonly ApiKey[]
  /** Where PostgreSQL is, with user and password; undefined: everything is in SQLite under the data folder. */
  readonly databaseUrl: string | undefined
}
