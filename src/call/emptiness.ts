/** Waits until nothing is left of what comes and goes. */
export class Emptiness {
  #onEmpty: () => void = () => undefined

  /** Resolves at once when nothing is there, else when the last has left or the signal fires. */
  async reached(isEmpty: boolean, signal: AbortSignal): Promise<void> {
    if (isEmpty) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onEmpty = resolve
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
    await promise
  }

  /** The last has left. */
  tell(): void {
    this.#onEmpty()
  }
}
