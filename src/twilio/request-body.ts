import type { Readable } from 'node:stream'
import type { Clock } from '../lib/clock.ts'

/** A body that was read whole, or the reason why not. */
export type BodyRead =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly reason: 'tooLarge' | 'tooSlow' | 'aborted' }

/**
 * Reads a request body of at most maxBytes within deadlineMs. What comes after a refusal stays unread, so the answer
 * must close the connection.
 */
export function readBody(options: {
  readonly source: Readable
  readonly maxBytes: number
  readonly deadlineMs: number
  readonly clock: Clock
}): Promise<BodyRead> {
  const { source, maxBytes, deadlineMs, clock } = options
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let totalBytes = 0
    const timer = clock.setTimer(deadlineMs, () => finish({ ok: false, reason: 'tooSlow' }))

    function finish(result: BodyRead): void {
      timer.cancel()
      source.off('data', onData).off('end', onEnd).off('close', onAbort).off('error', onAbort)
      // A reset after our answer must find a listener, or it would end the process.
      source.on('error', () => undefined)
      source.pause()
      resolve(result)
    }
    function onData(chunk: Buffer): void {
      totalBytes += chunk.length
      if (totalBytes > maxBytes) finish({ ok: false, reason: 'tooLarge' })
      else chunks.push(chunk)
    }
    function onEnd(): void {
      finish({ ok: true, bytes: Buffer.concat(chunks, totalBytes) })
    }
    function onAbort(): void {
      finish({ ok: false, reason: 'aborted' })
    }
    source.on('data', onData).on('end', onEnd).on('close', onAbort).on('error', onAbort)
    if (source.destroyed) onAbort()
  })
}
