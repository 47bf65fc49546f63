import type { MediaSink } from '../ports/telephony.ts'
import type { CallMedia } from './media.ts'
import type { Playback } from './playback.ts'
import type { Recorder } from './recorder.ts'

/** The call's connection to the telephone network: one media stream at a time, one after another. */
export class StreamLine {
  readonly #recorder: Recorder
  readonly #playback: Playback
  readonly #media: CallMedia
  #sink: MediaSink | undefined

  constructor(parts: { recorder: Recorder; playback: Playback; media: CallMedia }) {
    this.#recorder = parts.recorder
    this.#playback = parts.playback
    this.#media = parts.media
  }

  /** True while this stream is the one that is spoken into. */
  is(sink: MediaSink): boolean {
    return this.#sink === sink
  }

  join(sink: MediaSink): void {
    this.#sink = sink
    this.#playback.attach(sink)
    this.#recorder.streamStarted(sink.streamSid)
  }

  /** Takes the stream off the line, without closing it; undefined when there is none. */
  leave(reason: string): MediaSink | undefined {
    const sink = this.#sink
    if (!sink) return undefined
    const { framesIn, framesOut } = this.#media.counts
    this.#recorder.streamEnded({ reason, framesIn, framesOut })
    this.#sink = undefined
    this.#playback.attach(undefined)
    return sink
  }
}
