import type { Timer } from '../../lib/clock.ts'
import { type FrameFate, untouched } from '../caller/network.ts'
import { SILENCE } from '../caller/sounds.ts'
import { FRAME_MS, type SoundSource } from './line.ts'
import type { MediaStreamOptions, StreamEnd, StreamSummary } from './media-stream-options.ts'
import { Playout } from './playout.ts'
import { signRequest } from './signature.ts'
import { readStreamMessage } from './stream-message.ts'
import { describeFailure, streamTarget } from './stream-target.ts'
import type { StreamSocket } from './transport.ts'
import { Uplink } from './uplink.ts'

const MOST_UNSENT_BYTES = 1_048_576

/**
 * Twilio's end of one bidirectional media stream. The caller hears its playout buffer; what the caller says goes
 * out 50 times a second, stamped by the line and not by timers.
 * Source: Twilio, "Media Streams - WebSocket messages"
 */
export class MediaStream implements SoundSource {
  readonly streamSid: string
  /** Resolves once the stream is over, whoever ended it. */
  readonly over: Promise<StreamEnd>
  readonly #options: MediaStreamOptions
  readonly #playout: Playout
  readonly #taps = new DisposableStack()
  readonly #warnings = new Set<number>()
  readonly #settle: (end: StreamEnd) => void
  readonly #uplink = new Uplink((text) => this.#socket?.send(text))
  #fate = untouched
  #frozen = false
  #socket: StreamSocket | undefined
  #handshake: Timer | undefined
  #openedAtMs: number | undefined
  #endedAtMs: number | undefined
  #end: StreamEnd | undefined
  #sequence = 0
  #frames = 0
  #begunAnewMs = 0
  #firstFrameAtMs: number | undefined
  #chunks = 0
  #ignored = 0
  #brokeProtocol = false

  constructor(options: MediaStreamOptions) {
    this.#options = options
    this.streamSid = options.streamSid
    this.#playout = new Playout({ capacityBytes: options.playoutBytes, markCapacity: options.waitingMarks })
    const { promise, resolve } = Promise.withResolvers<StreamEnd>()
    this.over = promise
    this.#settle = resolve
  }

  /** Dials the stream's URL with a signed upgrade. */
  open(): void {
    const target = streamTarget(this.#options.noun.url)
    if ('errorCode' in target) return this.#finish({ kind: 'failed', ...target })
    if (target.url !== this.#options.noun.url)
      this.#warn(31_920, 'Query or fragment of the stream URL was dropped')
    const { origin, host, pathname } = new URL(target.url)
    const signature = signRequest(this.#options.authToken, target.url, [])
    const { clock, handshakeMs } = this.#options
    this.#handshake = clock.setTimer(handshakeMs, () => this.#fail(31_901, 'No answer to the handshake'))
    this.#socket = this.#options.transport.connect({
      url: this.#options.rewriteWsOrigin(origin) + pathname,
      headers: { host, 'user-agent': 'Twilio.TmeWs/1.0', 'x-twilio-signature': signature },
      events: {
        onOpen: () => this.#onOpen(),
        onText: (text) => this.#onText(text),
        onBinary: () => this.#ignore(31_950, 'Binary message'),
        onProtocolError: () => void (this.#brokeProtocol = true),
        onClose: (closeCode) => this.#onClose(closeCode),
        onFailure: (failure) => this.#finish({ kind: 'failed', ...describeFailure(failure) }),
      },
    })
  }

  /** Ends the stream as Twilio does at the end of a call: `stop`, then close. */
  stop(): void {
    if (this.#end) return
    if (this.#openedAtMs !== undefined && !this.#frozen) {
      this.#uplink.flush()
      const { accountSid, callSid } = this.#options
      this.#send('stop', { stop: { accountSid, callSid } })
      this.#socket?.close(1000)
    } else this.#socket?.terminate()
    this.#finish({ kind: 'stopped' })
  }

  /** Closes the socket in order, but without `stop`. */
  closeWithoutStop(): void {
    this.#socket?.close(1000)
    this.#finish({ kind: 'stopped' })
  }

  /** The socket stays open, but nothing is sent or read on it any more. */
  freeze(): void {
    this.#frozen = true
    this.stopReading()
  }

  /** Nothing is read on the socket any more; what the caller says still goes out. */
  stopReading(): void {
    this.#socket?.pause()
  }

  /** Sends the first message once more. */
  sendStart(): void {
    const { accountSid, callSid, noun } = this.#options
    const { streamSid } = this
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 }
    const customParameters = noun.parameters
    this.#send('start', {
      start: { accountSid, streamSid, callSid, tracks: ['inbound'], mediaFormat, customParameters },
    })
  }

  /** Sends silence in one media message of about so many bytes. */
  sendHuge(messageBytes: number): void {
    const payload = Buffer.alloc(Math.floor((messageBytes * 3) / 4), SILENCE).toString('base64')
    const timestamp = `${this.#options.firstTimestampMs + this.#frames * FRAME_MS}`
    this.#send('media', { media: { track: 'inbound', chunk: `${++this.#chunks}`, timestamp, payload } })
  }

  /** The socket breaks, and Twilio tells of it. */
  drop(): void {
    this.#fail(31_903, 'The connection broke')
  }

  /** Breaks the socket without a word. */
  vanish(): void {
    this.#socket?.terminate()
    this.#finish({ kind: 'vanished' })
  }

  /** One frame for the caller; marks whose audio was heard go back. */
  take(frame: Uint8Array, atMs: number): void {
    for (const name of this.#playout.take(frame, atMs)) this.#returnMark(name)
  }

  /** How many bytes of this stream the caller had heard at a clock time. */
  playedBytesAtMs(atMs: number): number {
    return this.#playout.playedBytesAtMs(atMs)
  }

  /** The stream in numbers, as of now. */
  summary(): StreamSummary {
    return {
      ...this.#playout.record(),
      streamSid: this.streamSid,
      name: this.#options.noun.name ?? this.streamSid,
      openedAtMs: this.#openedAtMs,
      endedAtMs: this.#endedAtMs,
      end: this.#end,
      firstFrameAtMs: this.#firstFrameAtMs,
      saidFrames: this.#frames,
      sentFrames: this.#chunks,
      warnings: [...this.#warnings],
      ignoredMessages: this.#ignored,
    }
  }

  #onOpen(): void {
    if (this.#end) return
    const { line, clock } = this.#options
    this.#handshake?.cancel()
    this.#openedAtMs = clock.nowMs()
    this.#socket?.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
    this.#logOut('connected')
    this.sendStart()
    line.listenTo(this)
    this.#taps.use(line.tapSaid((said, fate, atMs) => this.#sendAudio(said, fate, atMs)))
    this.#taps.use(line.tapKeys((digit) => this.#send('dtmf', { dtmf: { track: 'inbound_track', digit } })))
    this.#options.onOpen()
  }

  #sendAudio(said: Uint8Array, fate: FrameFate, atMs: number): void {
    this.#fate = fate
    this.#firstFrameAtMs ??= atMs
    // A clock that leaps back stops at its start: no message has a time before its stream.
    const onClockMs = this.#options.firstTimestampMs + this.#frames++ * FRAME_MS + fate.clockMs
    // A clock that leaps to before its beginning begins anew.
    this.#begunAnewMs = Math.max(this.#begunAnewMs, -onClockMs)
    const timestamp = onClockMs + this.#begunAnewMs
    if (!this.#socket || this.#frozen) return
    if (fate.lost) {
      this.#uplink.skipFrame(fate)
      return
    }
    if (this.#socket.bufferedBytes() > MOST_UNSENT_BYTES) {
      this.#fail(31_903, 'The server does not read')
      return
    }
    const payload = Buffer.from(said).toString('base64')
    if (++this.#chunks === 1) this.#logOut('media', said.length)
    // Written out: this runs 50 times a second for every call.
    this.#uplink.sendFrame(
      `{"event":"media","sequenceNumber":"${++this.#sequence}","streamSid":"${this.streamSid}","media":{"track":"inbound","chunk":"${this.#chunks}","timestamp":"${timestamp}","payload":"${payload}"}}`,
      fate,
    )
  }

  #onText(text: string): void {
    if (this.#end || this.#frozen) return
    const { line, clock, log } = this.#options
    // INVARIANT: a message meets the buffer as it was at its arrival, however late this process woke up.
    line.catchUp()
    const message = readStreamMessage(text, this.streamSid)
    const about = {
      kind: 'stream',
      callSid: this.#options.callSid,
      streamSid: this.streamSid,
      direction: 'in',
    } as const
    switch (message.kind) {
      case 'media': {
        log({ ...about, event: 'media', bytes: message.audio.length, markName: undefined })
        const lost = this.#playout.push(message.audio)
        if (lost > 0) this.#warn(31_931, 'More than the playout buffer holds: audio was discarded')
        return
      }
      case 'mark': {
        log({ ...about, event: 'mark', bytes: undefined, markName: message.name })
        const when = this.#playout.mark(message.name, clock.nowMs())
        if (when === 'now') this.#returnMark(message.name)
        if (when === 'full') this.#ignore(31_951, 'Too many marks are waiting')
        return
      }
      case 'clear': {
        const { droppedBytes, marks } = this.#playout.clear(clock.nowMs())
        log({ ...about, event: 'clear', bytes: droppedBytes, markName: undefined })
        for (const name of marks) this.#returnMark(name)
        return
      }
      case 'invalid':
        this.#ignore(31_951, message.reason)
    }
  }

  #onClose(closeCode: number): void {
    if (this.#end) return
    if (this.#brokeProtocol) this.#fail(31_924, 'The server broke the websocket protocol')
    else if (closeCode === 1006) this.#fail(31_903, 'The connection broke')
    else {
      this.#warn(31_921, `The server closed the stream with ${closeCode}`)
      this.#finish({ kind: 'closedByServer', closeCode, errorCode: 31_921 })
    }
  }

  #fail(errorCode: number, reason: string): void {
    this.#socket?.terminate()
    this.#finish({ kind: 'failed', errorCode, reason })
  }

  #finish(end: StreamEnd): void {
    if (this.#end) return
    this.#end = end
    this.#endedAtMs = this.#options.clock.nowMs()
    this.#handshake?.cancel()
    this.#taps.dispose()
    this.#options.line.listenTo(undefined)
    if (end.kind === 'failed') this.#warn(end.errorCode, end.reason)
    this.#options.onOver(end)
    this.#settle(end)
  }

  #returnMark(name: string): void {
    this.#send('mark', { mark: { name } }, name)
    if (this.#fate.marksRepeated) this.#send('mark', { mark: { name } }, name)
  }

  #send(event: string, body: Readonly<Record<string, unknown>>, markName?: string): void {
    if (this.#openedAtMs === undefined || this.#end || this.#frozen) return
    const sequenceNumber = `${++this.#sequence}`
    this.#uplink.send(JSON.stringify({ event, sequenceNumber, streamSid: this.streamSid, ...body }))
    this.#logOut(event, undefined, markName)
  }

  #ignore(errorCode: number, reason: string): void {
    this.#ignored++
    this.#warn(errorCode, reason)
  }

  /** Each code is reported once per stream. */
  #warn(errorCode: number, message: string): void {
    if (this.#warnings.has(errorCode)) return
    this.#warnings.add(errorCode)
    this.#options.log({ kind: 'warning', callSid: this.#options.callSid, errorCode, message })
  }

  #logOut(event: string, bytes?: number, markName?: string): void {
    const { callSid, log } = this.#options
    log({ kind: 'stream', callSid, streamSid: this.streamSid, direction: 'out', event, bytes, markName })
  }
}
