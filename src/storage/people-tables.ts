import type { EventRecord } from '../ports/agenda.ts'
import type { ConsentRecord, OptOutSource } from '../ports/permissions.ts'

/** One row per person whose number is known. */
export type PeopleTable = {
  person_id: string
  number: string
  /** Keyed, so that what outlives the number still recognises it. */
  number_hash: string
  created_at: string
}

/** One row per contact of the owner. */
export type ContactsTable = {
  contact_id: string
  name: string
  /** In small letters, as names are looked for. */
  search_name: string
  person_id: string | null
  email: string | null
  note: string | null
  created_at: string
  updated_at: string
}

/** One row per event of the local calendar. */
export type EventsTable = {
  event_id: string
  title: string
  starts_at: string
  ends_at: string
  time_zone: string
  state: EventRecord['state']
  version: number
  created_at: string
  updated_at: string
}

/** One row per number whose owner wants no calls. */
export type OptOutsTable = {
  number_hash: string
  source: OptOutSource
  created_at: string
  expires_at: string
  lifted_at: string | null
}

/** One row per consent. */
export type ConsentsTable = {
  consent_id: string
  person_id: string
  source: ConsentRecord['source']
  proof: string | null
  given_at: string
  expires_at: string | null
  withdrawn_at: string | null
  used_by: string | null
}

/** One row per request or session of a provider. */
export type UsageTable = {
  usage_id: string
  at: string
  session_id: string | null
  provider: string
  model: string
  input_tokens: number
  cached_tokens: number
  output_tokens: number
  cost_usd_micros: number
}

/** One row per try of a PIN in the last day. */
export type PinTriesTable = { number_hash: string; tried_at: string }
