import { isDeepStrictEqual } from 'node:util'
import type { Effect } from '../../../src/call/effect.ts'
import type { CallEvent, Heard, TimerName, Utterance } from '../../../src/call/event.ts'
import { aheadOfStep, step } from '../../../src/call/machine.ts'
import { type CallState, initialEffects, initialState, isSounding } from '../../../src/call/state.ts'
import { rules } from './rules.ts'

/** An event without its time: what is missing of it comes from the world's own state. */
export type Timeless<Event = CallEvent> = Event extends { atMs: number } ? Omit<Event, 'atMs'> : never

/** Longest time in which a caller who waits for the model may hear nothing. */
const LONGEST_SILENCE_MS = 12_000
const CLIP_MS = 1_500

type Sent = { readonly utterance: Utterance; readonly sentMs: number; heardMs: number; complete: boolean }

/**
 * The shell round the machine in miniature: timers that really run, a line that plays what it is sent, sessions that
 * are opened and closed, tools that answer. It checks after every step what must hold of a call at any time.
 */
export class World {
  state: CallState
  atMs = 0
  readonly timers = new Map<TimerName, number>()
  readonly counts = new Map<Effect['kind'], number>()
  readonly turns = new Map<number, { readonly source: string; heardMs?: number }>()
  readonly replies = new Set<string>()
  /** Words of ours that the session was asked to speak, and has not begun to. */
  sayings: string[] = []
  queue: Sent[] = []
  attached = false
  sessionOpen = true
  ready = false
  /** The session in use was asked for an answer and has given none. */
  probed = false
  next: 'none' | 'opening' | 'ready' = 'none'
  quietSinceMs = 0
  #next = 0

  constructor(modelGreets: boolean) {
    const mine = { ...rules, modelGreets, maxLengthMs: 200_000 }
    this.state = initialState(mine)
    for (const effect of initialEffects(this.state)) this.#perform(effect)
  }

  id(kind: string): string {
    return `${kind}_${this.#next++}`
  }

  count(kind: Effect['kind']): number {
    return this.counts.get(kind) ?? 0
  }

  heard(): readonly Heard[] {
    return this.queue.map((one) => ({ ...one }))
  }

  feed(event: Timeless): void {
    const before = this.state.phase
    const timed = { ...event, atMs: this.atMs }
    const ahead = aheadOfStep(this.state, timed)
    const next = step(this.state, timed)
    const silencing = next.effects.filter(({ kind }) => kind === 'clearPlayback' || kind === 'dropReply')
    const isClear = silencing.some(({ kind }) => kind === 'clearPlayback')
    must(
      event.kind !== 'speechStarted' || isDeepStrictEqual(ahead, isClear ? silencing : []),
      'what is done ahead is what the step says',
    )
    must(event.kind === 'speechStarted' || ahead.length === 0, 'nothing else is done ahead')
    this.state = next.state
    must(before !== 'over' || next.effects.length === 0, 'nothing is done after the end')
    for (const effect of next.effects) this.#perform(effect)
    this.#check()
  }

  /** Lets time pass in pieces, so that timers and the line keep their order. */
  pass(durationMs: number): void {
    for (const untilMs = this.atMs + durationMs; this.atMs < untilMs;) {
      const stepMs = Math.min(100, untilMs - this.atMs)
      this.atMs += stepMs
      this.#play(stepMs)
      for (const [name, dueMs] of this.timers) {
        if (dueMs > this.atMs || !this.timers.delete(name)) continue
        this.feed({ kind: 'timer', name, heard: this.heard() })
      }
      this.#check()
    }
  }

  end(reason: 'stop' | 'closed' | 'mediaSilence'): void {
    if (!this.attached) return
    const heard = this.heard()
    this.#detach()
    this.feed({ kind: 'streamEnded', reason, heard })
  }

  send(utterance: Utterance, sentMs: number): void {
    if (!this.attached) return
    this.queue.push({ utterance, sentMs, heardMs: 0, complete: utterance.kind === 'clip' })
    if (utterance.kind === 'reply') this.feed({ ...utterance, kind: 'replySounding', deltaAtMs: this.atMs })
  }

  complete(responseId: string): void {
    for (const one of this.queue) {
      if (one.utterance.kind === 'reply' && one.utterance.responseId === responseId) one.complete = true
    }
    this.#announce()
  }

  #detach(): void {
    this.attached = false
    this.queue = []
  }

  #play(ms: number): void {
    let restMs = ms
    for (const one of this.queue) {
      const playedMs = Math.min(restMs, one.sentMs - one.heardMs)
      one.heardMs += playedMs
      restMs -= playedMs
      if (playedMs > 0) this.quietSinceMs = this.atMs
      if (playedMs > 0 && one.heardMs >= one.sentMs && !one.complete && one.utterance.kind === 'reply') {
        this.feed({ ...one.utterance, kind: 'replyStalled' })
      }
    }
    this.#announce()
  }

  #announce(): void {
    for (const { utterance, heardMs } of this.queue.filter(
      (one) => one.complete && one.heardMs >= one.sentMs,
    )) {
      this.queue = this.queue.filter((one) => one.utterance !== utterance)
      this.feed({ kind: 'utteranceHeard', utterance, heardMs, quiet: this.queue.length === 0 })
    }
  }

  #perform(effect: Effect): void {
    this.counts.set(effect.kind, this.count(effect.kind) + 1)
    switch (effect.kind) {
      case 'setTimer':
        this.timers.set(effect.name, this.atMs + effect.delayMs)
        return
      case 'cancelTimer':
        this.timers.delete(effect.name)
        return
      case 'playClip':
        this.send({ kind: 'clip', clipId: effect.clipId, sentence: effect.sentence }, CLIP_MS)
        return
      case 'clearPlayback':
        this.queue = []
        return
      case 'recordTurn':
        this.turns.set(effect.turn.seq, effect.turn)
        return
      case 'probeSession':
        must(this.sessionOpen && this.state.session === 'ready', 'only a session that is ready is asked')
        this.probed = true
        return
      case 'openSession':
        this.probed = false
        must(!this.sessionOpen, 'one session at a time')
        this.sessionOpen = true
        return
      case 'closeSession':
        this.next = 'none'
        this.loseSession()
        this.#announce()
        return
      case 'closeStream':
        this.#detach()
        return
      case 'finish':
        this.timers.clear()
        return
      case 'say':
        must(this.state.phase === 'live', 'nothing is said where nobody listens')
        must(this.queue.length === 0, 'what we say is not queued behind anything')
        this.sayings.push(effect.id)
        return
      case 'openNext':
        must(this.sessionOpen && this.next === 'none', 'one session in reserve at a time')
        this.next = 'opening'
        return
      case 'switchSession':
        must(this.next === 'ready', 'only a session that is ready takes over')
        must(this.queue.length === 0 && this.replies.size === 0, 'sessions change in a quiet moment')
        this.next = 'none'
        return
      case 'answerTool':
      case 'endGate':
      case 'tellModel':
      case 'cancelReply':
      case 'dropReply':
      case 'forgetCaller':
      case 'hangUp':
      case 'log':
      case 'observe':
      case 'padSilence':
      case 'requestReply':
      case 'runTool':
      case 'truncateReply':
    }
  }

  loseSession(): void {
    this.sessionOpen = false
    this.probed = false
    this.ready = false
    this.replies.clear()
    this.sayings = []
    for (const one of this.queue) one.complete = true
  }

  #check(): void {
    const { state } = this
    const { turns, sounding, transcript, phase } = state
    const over = phase === 'over'
    must(this.count('finish') === (over ? 1 : 0), 'a call finishes once, when it is over')
    must(this.count('hangUp') <= 1, 'a call is hung up once')
    must(!over || this.timers.size === 0, 'no timer outlives the call')
    must(this.turns.size === transcript.nextSeq, 'the turns are numbered without gaps')
    must(
      turns.replies.length <= 8 && turns.toolCalls.length <= 8 && sounding.owed.length <= 3,
      'turns are bounded',
    )
    must(state.floor.due.length <= 9, 'what waits to be said is bounded')
    must(transcript.entries.length <= 32 && transcript.drafts.length <= 8, 'the transcript is bounded')
    const silent =
      phase === 'live' && state.session === 'ready' && !turns.callerSpeaking && !isSounding(state)
    const watched = this.timers.has('idle') || this.timers.has('silentModel') || state.floor.standing.isAsking
    must(!silent || watched, 'every silence has a timer')
    const waits = phase === 'closing' || (phase === 'live' && (turns.replyDue || turns.replies.length > 0))
    if (!waits || turns.callerSpeaking) this.quietSinceMs = this.atMs
    must(this.atMs - this.quietSinceMs <= LONGEST_SILENCE_MS, 'nobody waits in silence')
  }
}

/** Cheaper than an expectation: it is asked some hundred thousand times. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Broken: ${what}`)
}
