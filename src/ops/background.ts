import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import { describeError } from './redact.ts'

/** Lets a promise run that nobody waits for. */
export type Background = (name: string, promise: Promise<unknown>) => void

/**
 * Makes the one way to leave a promise alone: when it fails, that is logged and counted under the task's name. Names
 * are a small closed set, since they label a metric.
 */
export function createBackground(ports: { readonly log: Log; readonly metrics: Metrics }): Background {
  return (name, promise) => {
    promise.catch((error: unknown) => {
      const { name: reason, ...rest } = describeError(error)
      ports.metrics.count('background_failures_total', { name })
      ports.log.event('error', 'backgroundFailed', { name, reason, ...rest })
    })
  }
}
