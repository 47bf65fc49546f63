import type { Measured } from './figures.ts'

/** A server under load. */
export type Target =
  | {
      readonly kind: 'bridge'
      readonly origin: string
      readonly accountSid: string
      readonly authToken: string
    }
  | { readonly kind: 'passThrough'; readonly origin: string }

/** What the load is told to do. */
export type LoadOrder =
  /** Sets up so many calls; they talk from the answer on. */
  | { readonly do: 'begin'; readonly target: Target; readonly round: number; readonly count: number }
  | { readonly do: 'measure'; readonly windowMs: number }
  | { readonly do: 'end'; readonly target: Target }

/** What the load answers. */
export type LoadAnswer =
  | { readonly did: 'listen'; readonly port: number }
  | { readonly did: 'begin' | 'measure' }
  | { readonly did: 'end'; readonly measured: Measured }
  | { readonly did: 'fail'; readonly reason: string }

/** Numbers of the owner, who calls: as many as may be configured. */
export const callerNumbers: readonly string[] = Array.from(
  { length: 100 },
  (_, at) => `+4420794600${String(at).padStart(2, '0')}`,
)
