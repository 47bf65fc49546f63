import type { FrameFate } from '../caller/network.ts'

/**
 * What goes from Twilio to the product on one stream, with everything that the network does to it. What is held is
 * bounded by the spell that holds it: five seconds of frames, and the marks of that time.
 */
export class Uplink {
  readonly #send: (text: string) => void
  #held: string[] | undefined
  #swapped: string | undefined

  /** @param send puts a message on the socket */
  constructor(send: (text: string) => void) {
    this.#send = send
  }

  /** Sends the message of one frame as its fate has it. */
  sendFrame(text: string, fate: FrameFate): void {
    if (fate.held) this.#held ??= []
    else this.#release()
    if (fate.swapped && this.#swapped === undefined) {
      this.#swapped = text
      return
    }
    this.send(text)
    if (fate.repeated) this.send(text)
    const behind = this.#swapped
    this.#swapped = undefined
    if (behind !== undefined) this.send(behind)
  }

  /** A frame that never came: what was to go out behind it waits no longer. */
  skipFrame(fate: FrameFate): void {
    if (!fate.held) this.#release()
  }

  /** Sends any other message, in its order among the frames. */
  send(text: string): void {
    if (this.#held) this.#held.push(text)
    else this.#send(text)
  }

  /** Lets go of everything that waits: the stream is about to end. */
  flush(): void {
    this.#release()
    if (this.#swapped !== undefined) this.#send(this.#swapped)
    this.#swapped = undefined
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const text of held) this.#send(text)
  }
}
