import type { RawData, WebSocket } from 'ws'
import type { Clock, Timer } from '../lib/clock.ts'
import { FrameShortcut, type TextReceiver } from '../lib/frame-shortcut.ts'
import { maxFrameMessageBytes } from '../lib/text-frame.ts'
import type { IncomingCalls } from '../ports/incoming-calls.ts'
import type { Log } from '../ports/log.ts'
import type { LoopEntries } from '../ports/loop-entries.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { StreamEndReason, StreamEvent, StreamReceiver } from '../ports/telephony.ts'
import { FaultBudget } from './fault-budget.ts'
import type { Fault } from './fault-budget.ts'
import type { TwilioLimits } from './limits.ts'
import { MediaClock } from './media-clock.ts'
import { MediaCodec } from './media-codec.ts'
import type { DecodedMedia, Inbound } from './media-codec.ts'
import type { StreamStart } from './media-messages.ts'
import { closeReason, SocketSink } from './media-sink.ts'
import { SilenceWatch } from './silence-watch.ts'
import type { SocketSlot } from './socket-slots.ts'

/** What every media socket works with. */
export type MediaContext = {
  readonly accountSid: string
  readonly calls: IncomingCalls
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly limits: TwilioLimits
  readonly scratch: Buffer
  /** Unset where nobody watches the loop. */
  readonly loop?: LoopEntries
}

const ULAW_SILENCE = 0xff
const BYTES_PER_MS = 8

/** Silence is handed over in pieces of 100 ms. */
const FILL_PIECE_BYTES = 800

/**
 * One media stream of Twilio on one socket whose upgrade was granted for one call:
 * opened → connected → streaming → over. Whatever ends it, and in whatever order, the call hears of the end once.
 */
export class MediaSocket implements TextReceiver {
  readonly #socket: WebSocket
  readonly #callSid: string
  readonly #slot: SocketSlot
  readonly #context: MediaContext
  readonly #log: Log
  readonly #codec: MediaCodec
  readonly #line = new MediaClock()
  readonly #budget = new FaultBudget()
  readonly #watch: SilenceWatch
  readonly #startTimer: Timer
  readonly #shortcut: FrameShortcut | undefined
  #phase: 'opened' | 'connected' | 'streaming' | 'closing' | 'over' = 'opened'
  #streamSid = ''
  #sink: SocketSink | undefined
  #receiver: StreamReceiver | undefined

  /**
   * @param granted the socket and the network socket below it, the call that its nonce was issued for, and its place
   *   among the sockets
   */
  constructor(
    granted: {
      readonly socket: WebSocket
      readonly network: unknown
      readonly callSid: string
      readonly slot: SocketSlot
    },
    context: MediaContext,
  ) {
    this.#socket = granted.socket
    this.#callSid = granted.callSid
    this.#slot = granted.slot
    this.#context = context
    this.#log = context.log.forCall(granted.callSid)
    this.#codec = new MediaCodec(context.scratch)
    const { clock, limits } = context
    this.#watch = new SilenceWatch({
      clock,
      endMs: limits.mediaSilenceMs,
      onPause: (silentMs) => this.#tell({ kind: 'mediaPaused', silentMs, atMs: this.#arrived() }),
      onEnd: () => this.#finish('mediaSilence', 1008, 'no media'),
    })
    this.#startTimer = clock.setTimer(limits.streamStartDeadlineMs, () => this.#refuse('noStart'))
    this.#socket.on('message', (data, isBinary) => this.#onFrame(data, isBinary))
    this.#socket.on('close', () => this.#finish('closed', 1000, ''))
    // A frame that breaks the protocol: nothing is read any more, and the call need not wait for the other side.
    this.#socket.on('error', () => this.#finish('closed', 1002, ''))
    this.#shortcut = FrameShortcut.into({
      websocket: this.#socket,
      socket: granted.network,
      peerMasks: true,
      maxBytes: maxFrameMessageBytes,
      receiver: this,
    })
  }

  /** Ends the stream because the process goes down. */
  shutDown(): void {
    this.#finish('shutdown', 1001, 'shutting down')
  }

  /** Audio and marks, which are nearly all that comes, are known by their bytes. */
  onKnown(bytes: Buffer, from: number, end: number): boolean {
    if (this.#phase !== 'streaming') return false
    const message = this.#codec.decodeKnown(bytes, from, end)
    if (!message) return false
    try {
      this.#afterStart(message)
    } catch (error) {
      this.#fail(error)
    }
    return true
  }

  onText(message: Buffer): void {
    this.#onFrame(message, false)
  }

  /** The edge of the socket: what is thrown further in ends this call and no other. */
  #onFrame(data: RawData, isBinary: boolean): void {
    try {
      // ws delivers one Buffer; Twilio sends text only.
      if (isBinary || !Buffer.isBuffer(data)) this.#fault('malformed')
      else this.#onMessage(data)
    } catch (error) {
      this.#fail(error)
    }
  }

  #onMessage(bytes: Buffer): void {
    switch (this.#phase) {
      case 'opened':
      case 'connected':
        return this.#beforeStart(this.#phase, this.#codec.decode(bytes))
      case 'streaming':
        return this.#afterStart(this.#codec.decode(bytes))
      case 'closing':
      case 'over':
        return
    }
  }

  #beforeStart(phase: 'opened' | 'connected', message: Inbound): void {
    switch (message.kind) {
      case 'connected':
        if (phase === 'connected') return this.#fault('malformed')
        this.#phase = 'connected'
        return
      case 'start':
        return phase === 'connected' ? this.#onStart(message.start) : this.#refuse('startBeforeConnected')
      case 'media':
        return this.#fault('mediaBeforeStart')
      case 'stop':
        return this.#finish('stop', 1000, 'stopped')
      case 'other':
        return this.#count('unknownEvent')
      case 'dtmf':
      case 'mark':
      case 'malformed':
        return this.#fault('malformed')
    }
  }

  #afterStart(message: Inbound): void {
    if ('streamSid' in message) {
      if (message.streamSid !== this.#streamSid) return this.#fault('foreignStream')
      this.#budget.ownStream()
    }
    switch (message.kind) {
      case 'media':
        return this.#onMedia(message)
      case 'dtmf':
        return this.#tell({ kind: 'dtmf', digit: message.digit, atMs: this.#arrived() })
      case 'mark':
        return this.#tell({ kind: 'mark', name: message.name, atMs: this.#arrived() })
      case 'stop':
        return this.#finish('stop', 1000, 'stopped')
      case 'start':
        return this.#refuse('secondStart')
      case 'other':
        return this.#count('unknownEvent')
      case 'connected':
      case 'malformed':
        return this.#fault('malformed')
    }
  }

  #onStart(start: StreamStart): void {
    const { accountSid, calls, metrics } = this.#context
    if (start.accountSid !== accountSid || start.callSid !== this.#callSid) return this.#refuse('wrongCall')
    if (!start.isUlaw8k) return this.#refuse('wrongFormat')

    this.#arrived()
    this.#streamSid = start.streamSid
    this.#codec.expectStream(start.streamSid)
    this.#startTimer.cancel()
    // INVARIANT: the phase comes before attach, because the call may speak or close before attach returns.
    this.#phase = 'streaming'
    this.#sink = new SocketSink({
      socket: this.#socket,
      shortcut: this.#shortcut,
      streamSid: start.streamSid,
      metrics,
      onSend: () => this.#hasRoom(),
      onClose: () => this.#onClosedByCall(),
    })
    const attached = calls.attach({ callSid: this.#callSid, sink: this.#sink })
    if (!attached.ok) return this.#refuse(attached.reason)
    this.#receiver = attached.receiver
    this.#slot.started()
    this.#log.event('info', 'streamStarted', { streamSid: this.#streamSid })
    if (this.#isStreaming()) this.#watch.start()
  }

  #onMedia({ payloadBytes, timestampMs }: DecodedMedia): void {
    const { metrics } = this.#context
    metrics.count('media_frames_in_total')
    if (payloadBytes === 0) return
    const nowMs = this.#arrived()
    const durationMs = payloadBytes / BYTES_PER_MS
    const placement = this.#line.place({ timestampMs, durationMs, nowMs })
    switch (placement.kind) {
      case 'drop':
        metrics.count('caller_audio_dropped_ms_total', { reason: placement.reason }, durationMs)
        return
      case 'playAfterSilence': {
        // The silence goes through the same scratch.
        const audio = Buffer.from(this.#codec.audio(payloadBytes))
        this.#playSilence(placement.silentMs * BYTES_PER_MS)
        return this.#hear(audio, nowMs)
      }
      case 'play':
        return this.#hear(this.#codec.audio(payloadBytes), nowMs)
    }
  }

  #hear(audio: Buffer, atMs: number): void {
    this.#watch.heard(atMs)
    if (this.#isStreaming()) this.#receiver?.onMedia(audio)
  }

  #playSilence(silentBytes: number): void {
    this.#context.metrics.count('media_bytes_filled_total', {}, silentBytes)
    for (let left = silentBytes; left > 0 && this.#isStreaming(); left -= FILL_PIECE_BYTES) {
      const piece = this.#codec.audio(Math.min(left, FILL_PIECE_BYTES)).fill(ULAW_SILENCE)
      this.#receiver?.onMedia(piece)
    }
  }

  /** Marks that work of this call enters the loop, and answers when. */
  #arrived(): number {
    const atMs = this.#context.clock.nowMs()
    this.#context.loop?.enter(this.#callSid, atMs)
    return atMs
  }

  #isStreaming(): boolean {
    return this.#phase === 'streaming'
  }

  #fault(fault: Fault): void {
    if (this.#phase === 'over' || this.#phase === 'closing') return
    this.#count(fault)
    if (this.#budget.add(fault)) this.#refuse('tooManyFaults')
  }

  #count(kind: string): void {
    this.#context.metrics.count('protocol_faults_total', { leg: 'twilio', kind })
  }

  #refuse(reason: string): void {
    if (this.#phase === 'over') return
    this.#count(reason)
    this.#log.event('warn', 'mediaSocketRefused', { reason })
    this.#finish('protocolError', 1008, reason)
  }

  #fail(error: unknown): void {
    this.#context.metrics.count('background_failures_total', { name: 'mediaSocket' })
    const name = error instanceof Error ? error.name : typeof error
    this.#log.event('error', 'mediaSocketFailed', { name })
    this.#finish('closed', 1011, 'internal error')
  }

  /** Whether the other side reads; if it does not, the stream is over. A close frame would only queue up, too. */
  #hasRoom(): boolean {
    const bufferedBytes = this.#sink?.bufferedBytes() ?? 0
    if (bufferedBytes <= this.#context.limits.maxBufferedBytes) return true
    this.#finish('backpressure', 1008, '')
    this.#socket.terminate()
    return false
  }

  #onClosedByCall(): void {
    if (this.#phase === 'over') return
    this.#phase = 'closing'
    this.#startTimer.cancel()
    this.#watch.stop()
  }

  #tell(event: StreamEvent): void {
    try {
      this.#receiver?.onEvent(event)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** INVARIANT: the only way to `over`, so that the call hears of the end once, whatever else still happens. */
  #finish(reason: StreamEndReason, code: number, text: string): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#startTimer.cancel()
    this.#watch.stop()
    this.#sink?.end()
    this.#socket.close(code, closeReason(text))
    if (!this.#receiver) return
    this.#log.event('info', 'streamEnded', { streamSid: this.#streamSid, reason })
    this.#tell({ kind: 'streamEnded', reason, atMs: this.#arrived() })
  }
}
