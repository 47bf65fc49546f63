import type { Config, Secrets } from '../config/config.ts'
import type { Clock } from '../lib/clock.ts'
import type { LoopWatch } from '../ops/loop-watch.ts'
import type { ProcessMetrics } from '../ops/metrics.ts'
import type { Log } from '../ports/log.ts'
import type { Network } from './network.ts'

/** What every part of a server is built with. */
export type Parts = {
  readonly config: Config
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ProcessMetrics
  readonly loop: LoopWatch
  /** Real sockets when undefined. */
  readonly network: Network | undefined
  /** From 0 up to 1, for what must not happen at the same time everywhere. */
  readonly random: () => number
}
