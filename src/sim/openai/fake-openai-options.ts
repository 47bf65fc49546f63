import type { Clock } from '../../lib/clock.ts'
import type { MemoryNetwork } from '../memory/memory-network.ts'
import type { ModelScript } from './model-script.ts'
import type { KnownModel } from './models.ts'
import type { FakeOpenAiLogEntry } from './run-log.ts'
import type { Pace } from './session-context.ts'
import type { Connection } from './session-record.ts'
import type { Speech } from './tone-speech.ts'
import type { WebSearchScript } from './web-searches.ts'

/** How to set up the fake; everything has a default. */
export type FakeOpenAiOptions = {
  readonly clock?: Clock
  /** Loopback port; 0 takes a free one. */
  readonly port?: number
  readonly apiKeys?: readonly string[]
  readonly seed?: string | number
  /**
   * Asked for every connection. While the answer for one safetyIdentifier is the same object, its next session goes
   * on where the last one was in it; another object, even an equal one, begins at its beginning.
   */
  readonly scriptFor?: (connection: Connection) => ModelScript
  /** Asked for every question to the hosted web search; what is said of none has a stock answer. */
  readonly searches?: () => readonly WebSearchScript[]
  /** Recordings by name; undefined, or no provider at all, and tones as long as the text are heard. */
  readonly speech?: Speech
  readonly onEvent?: (entry: FakeOpenAiLogEntry) => void
  readonly models?: readonly KnownModel[]
  readonly pace?: Partial<Pace>
  /** After so long a session is ended; 60 minutes when unset. */
  readonly sessionMaxMs?: number
  /** Where it is reached instead of on a port of loopback. */
  readonly network?: MemoryNetwork | undefined
}
