import { type Clock, deadline } from './clock.ts'

/** What was waited for, or that it did not come in time. */
export type InTime<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'late' }

/**
 * Waits for a promise, but no longer than delayMs. What it brings afterwards, an error included, is dropped: for work
 * that takes no signal.
 */
export async function inTime<T>(
  work: Promise<T>,
  { clock, delayMs }: { readonly clock: Clock; readonly delayMs: number },
): Promise<InTime<T>> {
  using limit = deadline({ clock, delayMs, reason: 'Not done in time' })
  const late = new Promise<InTime<T>>((resolve) => {
    limit.signal.addEventListener('abort', () => resolve({ kind: 'late' }), { once: true })
  })
  return await Promise.race([work.then((value) => ({ kind: 'done', value }) as const), late])
}
