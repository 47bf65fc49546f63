import type { Clock, Timer } from '../../lib/clock.ts'
import { parseClientEvent } from './client-event-schema.ts'
import type { ClientEvent } from './client-event-schema.ts'
import { Conversation } from './conversation.ts'
import type { RawFrame } from './garbage.ts'
import type { StruckFault } from './model-fault.ts'
import type { KnownModel } from './models.ts'
import type { Refusal } from './refusal.ts'
import { refusal } from './refusal.ts'
import { ResponseDesk } from './response-desk.ts'
import { withoutAudio } from './run-log.ts'
import type { ScriptCursor } from './script-cursor.ts'
import { seededRandom } from './seeded-random.ts'
import type { SeededRandom } from './seeded-random.ts'
import { EventStamp } from './server-events.ts'
import type { ServerEvent, ServerEventBody, WireSession } from './server-events.ts'
import { defaultConfig, mergeConfig } from './session-config.ts'
import type { SessionConfig } from './session-config.ts'
import type { Cause, HangUp, Pace, SessionContext } from './session-context.ts'
import { SessionFaults } from './session-faults.ts'
import { SessionItems } from './session-items.ts'
import type { SessionRecord } from './session-record.ts'
import { refuseUpdate } from './session-rules.ts'
import { SessionTurns } from './session-turns.ts'
import { Transcriber } from './transcriber.ts'
import type { Voice } from './voice.ts'

/** What one session needs; it opens nothing by itself. */
export type SessionOptions = {
  readonly clock: Clock
  readonly seed: string
  readonly model: KnownModel & { readonly realtime: object }
  readonly type: 'realtime' | 'transcription'
  readonly cursor: ScriptCursor
  /** Which session of its caller this is, 1 for the first. */
  readonly sessionOfCaller: number
  readonly voice: Voice
  readonly pace: Pace
  /** After so long the server ends the session. */
  readonly maxMs: number
  readonly record: SessionRecord
  readonly emit: (event: ServerEvent) => void
  readonly emitRaw: (frames: readonly RawFrame[]) => void
  readonly unreadBytes: () => number
  readonly hangUp: (how: HangUp) => void
  /** From now on nothing is read from the client either, and nothing is answered, also no ping. */
  readonly goDeaf: () => void
  /** Told of everything that goes wrong on purpose, as it happens. */
  readonly onFault?: (fault: StruckFault, detail: string | undefined) => void
  /** Sees every client event, also the refused ones. */
  readonly onReceived?: (type: string, event: unknown) => void
}

/** Events that wait while a session.update is worked on; more than that ends the session. */
const MAX_INBOX = 10_000

/** The server's side of one Realtime session, without a socket: texts go in, events come out. */
export class RealtimeSession {
  readonly #options: SessionOptions
  readonly #random: SeededRandom
  readonly #stamp: EventStamp
  readonly #timers = new Set<Timer>()
  readonly #conversation = new Conversation()
  readonly #items: SessionItems
  readonly #desk: ResponseDesk
  readonly #turns: SessionTurns
  readonly #faults: SessionFaults
  readonly #identity: Pick<WireSession, 'id' | 'object' | 'model' | 'expires_at'>
  readonly #inbox: string[] = []
  #config: SessionConfig
  /** When an update came that is worked on, and behind which everything else waits. */
  #updatingSinceMs: number | undefined
  #silent = false
  #over = false

  constructor(options: SessionOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
    const padding = { always: 1, sometimes: 0.5, never: 0 }[options.cursor.script.extras ?? 'sometimes']
    this.#stamp = new EventStamp(this.#random, padding)
    this.#config = defaultConfig(options.type, options.model.realtime)
    this.#identity = {
      id: `sess_${this.#random.word(21)}`,
      object: 'realtime.session',
      model: options.model.id,
      expires_at: Math.floor((options.clock.wallMs() + options.maxMs) / 1000),
    }
    const context = this.#context()
    const transcriber = new Transcriber(context)
    this.#desk = new ResponseDesk(context, {
      onFirstAudio: () => transcriber.firstAudio(),
      onProgress: (reply, audioMs) => this.#faults.replyReached(reply, audioMs),
      onDone: (generation) => {
        if (!generation.inConversation) return
        this.#items.flush()
        transcriber.responseDone()
        this.#turns.responseDone(generation.audioMs)
      },
    })
    this.#faults = new SessionFaults(context, () => this.#desk.openAudio)
    this.#items = new SessionItems(context, () => this.#desk.busy)
    this.#turns = new SessionTurns({ context, items: this.#items, desk: this.#desk, transcriber })
  }

  /** The session as it is now. */
  get config(): SessionConfig {
    return this.#config
  }

  /** The connection is open: the server speaks first. */
  start(): void {
    this.#send({ type: 'session.created', session: this.#wire() })
    const { sessionOfCaller, maxMs } = this.#options
    this.#after(maxMs, () => {
      const reason = 'Your session hit the maximum duration of 60 minutes.'
      this.#hangUp({ kind: 'close', code: 1001, reason })
    })
    this.#faults.plant(sessionOfCaller)
  }

  /** Takes one message of the client. */
  receive(text: string): void {
    if (this.#over) return
    if (this.#updatingSinceMs === undefined) this.#handle(text)
    else if (this.#inbox.length < MAX_INBOX) this.#inbox.push(text)
    else this.#hangUp({ kind: 'close', code: 1011, reason: 'Too many events are waiting.' })
  }

  /** The connection is gone: nothing is sent and no timer runs any more. */
  stop(): void {
    this.#over = true
    this.#takeNothingIn()
  }

  /** Nothing that waits is taken in any more either. */
  #takeNothingIn(): void {
    this.#options.record.deafAtMs ??= this.#updatingSinceMs ?? this.#options.clock.nowMs()
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#inbox.length = 0
    this.#updatingSinceMs = undefined
  }

  #handle(text: string): void {
    const parsed = parseClientEvent(text)
    const type = parsed.ok ? parsed.event.type : parsed.type
    const event = parsed.ok ? parsed.event : parsed.raw
    const kept = type === 'input_audio_buffer.append' ? undefined : withoutAudio(event)
    this.#options.record.addReceived({ atMs: this.#options.clock.nowMs(), type, event: kept })
    this.#options.onReceived?.(type, event)
    // What comes to a session that has fallen silent is kept, and that is all: the script goes on in the next one.
    if (this.#silent) return
    if (!parsed.ok) this.#refuse(parsed.refusal, parsed)
    else this.#answer(parsed.event, { eventId: parsed.event.event_id ?? null, type })
  }

  #answer(event: ClientEvent, cause: Cause): void {
    if (event.type === 'session.update') {
      this.#update(event.session, cause)
      return
    }
    const refused = this.#perform(event, cause)
    if (refused) this.#refuse(refused, cause)
  }

  #perform(event: Exclude<ClientEvent, { type: 'session.update' }>, cause: Cause): Refusal | undefined {
    switch (event.type) {
      case 'input_audio_buffer.append':
        return this.#turns.input.append(event.audio)
      case 'input_audio_buffer.commit':
        return this.#turns.input.commit()
      case 'input_audio_buffer.clear':
        this.#turns.input.clear()
        this.#send({ type: 'input_audio_buffer.cleared' })
        return undefined
      case 'conversation.item.create':
        return this.#items.create(event)
      case 'conversation.item.retrieve':
        return this.#items.retrieve(event.item_id)
      case 'conversation.item.truncate':
        return this.#items.truncate(event)
      case 'conversation.item.delete':
        return this.#items.delete(event.item_id)
      case 'response.create':
        if (event.response?.conversation !== 'none') this.#turns.responseWanted()
        this.#desk.create(event.response ?? {}, cause)
        return undefined
      case 'response.cancel':
        this.#desk.cancel(event.response_id, cause)
        return undefined
      case 'output_audio_buffer.clear':
        return refusal('invalid_value', 'output_audio_buffer.clear is for WebRTC and SIP only.', 'type')
    }
  }

  #update(update: Extract<ClientEvent, { type: 'session.update' }>['session'], cause: Cause): void {
    const delayMs = this.#options.cursor.script.updateMs ?? 0
    const apply = (): void => {
      const { model } = this.#options
      const next = mergeConfig(this.#config, update, model.realtime)
      const situation = { model, current: this.#config, next }
      const { audioProduced, busy: responding } = this.#desk
      const refused = refuseUpdate(update, { ...situation, audioProduced, responding })
      if (refused) {
        this.#refuse(refused, cause)
        return
      }
      this.#config = next
      this.#turns.input.configure()
      this.#send({ type: 'session.updated', session: this.#wire() })
    }
    if (delayMs === 0) {
      apply()
      return
    }
    this.#updatingSinceMs = this.#options.clock.nowMs()
    this.#after(delayMs, () => {
      this.#updatingSinceMs = undefined
      apply()
      while (this.#updatingSinceMs === undefined && this.#inbox.length > 0)
        this.#handle(this.#inbox.shift() ?? '')
    })
  }

  #context(): SessionContext {
    const { clock, cursor, model, pace, record, voice } = this.#options
    const extras = cursor.script.extras ?? 'sometimes'
    const chances = { phase: 0.5, rateLimits: 0.9 }
    return {
      model,
      cursor,
      conversation: this.#conversation,
      conversationId: `conv_${this.#random.word(21)}`,
      voice,
      record,
      random: this.#random,
      pace,
      newId: (prefix) => `${prefix}_${this.#random.word(21)}`,
      config: () => this.#config,
      send: (body) => this.#send(body),
      refuse: (why, cause) => this.#refuse(why, cause),
      nowMs: () => clock.nowMs(),
      after: (delayMs, fire) => this.#after(delayMs, fire),
      hangUp: (how) => this.#hangUp(how),
      sendRaw: (frames) => this.#sendRaw(frames),
      unreadBytes: () => this.#options.unreadBytes(),
      fallSilent: (how) => this.#fallSilent(how),
      struck: (fault, detail) => this.#options.onFault?.(fault, detail),
      responding: () => this.#desk.producing,
      extra: (kind) => extras === 'always' || (extras === 'sometimes' && this.#random.chance(chances[kind])),
    }
  }

  #wire(): WireSession {
    return { ...this.#config, ...this.#identity }
  }

  #send(body: ServerEventBody): void {
    if (!this.#over && !this.#silent) this.#options.emit(this.#stamp.stamp(body))
  }

  #sendRaw(frames: readonly RawFrame[]): void {
    if (!this.#over && !this.#silent) this.#options.emitRaw(frames)
  }

  #fallSilent(how: 'stall' | 'halfOpen'): void {
    this.#takeNothingIn()
    this.#silent = true
    if (how === 'halfOpen') this.#options.goDeaf()
  }

  #refuse(why: Refusal, cause: Cause): void {
    const { type: errorType, code, message, param } = why
    const { eventId, type: causeType } = cause
    const atMs = this.#options.clock.nowMs()
    this.#options.record.addRefused({ atMs, code, errorType, message, param, eventId, causeType })
    this.#send({ type: 'error', error: { type: errorType, code, message, param, event_id: eventId } })
  }

  #after(delayMs: number, fire: () => void): Timer {
    const timer = this.#options.clock.setTimer(Math.max(0, delayMs), () => {
      this.#timers.delete(tracked)
      if (!this.#over) fire()
    })
    const tracked: Timer = {
      cancel: () => {
        timer.cancel()
        this.#timers.delete(tracked)
      },
    }
    this.#timers.add(tracked)
    return tracked
  }

  #hangUp(how: HangUp): void {
    if (this.#over) return
    this.stop()
    this.#options.hangUp(how)
  }
}
