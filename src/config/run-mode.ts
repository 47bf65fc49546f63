import type { Config, Secrets } from './config.ts'
import { liveVariables } from './rules.ts'

/** How much of the world is real, and what the next step towards the real one needs. */
export type RunMode = {
  readonly mode: 'rehearsal' | 'desk' | 'live'
  /** Names of the variables that the next mode needs; empty in the last one. */
  readonly missing: readonly string[]
}

/** Tells the mode that follows from what is configured. */
export function runMode(config: Config, secrets: Secrets): RunMode {
  if (secrets.openaiApiKey === undefined) return { mode: 'rehearsal', missing: ['OPENAI_API_KEY'] }
  const present: Readonly<Record<(typeof liveVariables)[number], boolean>> = {
    TWILIO_ACCOUNT_SID: config.twilio.accountSid !== undefined,
    TWILIO_AUTH_TOKEN: secrets.twilioAuthToken !== undefined,
    TWILIO_PHONE_NUMBER: config.twilio.phoneNumbers.length > 0,
    PUBLIC_URL: config.server.publicUrl !== undefined,
  }
  const missing = liveVariables.filter((name) => !present[name])
  return missing.length > 0 ? { mode: 'desk', missing } : { mode: 'live', missing: [] }
}
