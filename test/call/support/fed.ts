import type { Effect } from '../../../src/call/effect.ts'
import type { CallEvent, Heard, TimerName } from '../../../src/call/event.ts'
import { step } from '../../../src/call/machine.ts'
import { type CallState, initialState } from '../../../src/call/state.ts'
import type { ToolOutcome } from '../../../src/ports/tools.ts'
import { rules } from './rules.ts'

/** One call fed with events; every effect that is not bookkeeping is kept in order. */
export class Fed {
  state: CallState
  atMs = 0
  effects: Effect[] = []

  constructor(state = initialState(rules)) {
    this.state = state
  }

  feed(...events: readonly Timeless<CallEvent>[]): this {
    this.effects = []
    for (const event of events) {
      this.atMs += 10
      const next = step(this.state, { ...event, atMs: this.atMs })
      this.state = next.state
      this.effects.push(...next.effects)
    }
    return this
  }

  /** Effects by kind, with what tells one from another. */
  did(...kinds: readonly Effect['kind'][]): readonly Effect[] {
    return this.effects.filter((effect) => kinds.includes(effect.kind))
  }
}

type Timeless<Event> = Event extends { atMs: number } ? Omit<Event, 'atMs'> : never

export const started = { kind: 'streamStarted', streamSid: 'MZ1', sessionAlive: true } as const
export const ready = { kind: 'sessionReady', sessionId: 'sess_1' } as const
export const heardClip = (
  clipId: number,
  sentence: 'disclosure' | 'greeting' | 'goodbye' | 'apology' | 'idlePrompt' | 'handOver' | 'hold',
) =>
  ({
    kind: 'utteranceHeard',
    utterance: { kind: 'clip', clipId, sentence },
    heardMs: 900,
    quiet: true,
  }) as const
export const opened = [started, ready, heardClip(0, 'disclosure'), heardClip(1, 'greeting')] as const
export const turn = (itemId: string) =>
  [
    { kind: 'speechStarted', itemId, heard: [] },
    { kind: 'speechStopped', itemId },
    { kind: 'turnCommitted', itemId },
  ] as const
export const reply = { itemId: 'item_r', responseId: 'resp_1' }
export const replying = [
  { kind: 'responseStarted', responseId: 'resp_1' },
  { kind: 'replyStarted', ...reply },
  { kind: 'replyText', ...reply, text: 'The party starts at eight.', final: false },
  { kind: 'replySounding', ...reply, deltaAtMs: 100 },
] as const
export const half: Heard = {
  utterance: { kind: 'reply', ...reply },
  sentMs: 2_000,
  heardMs: 1_000,
  complete: false,
}
export const done = (status: 'completed' | 'cancelled' | 'failed', retryable = false) =>
  ({ kind: 'responseDone', responseId: 'resp_1', status, retryable }) as const
export const endCall: ToolOutcome = { status: 'done', output: '{}', next: 'endCall' }
export const lost = {
  kind: 'sessionLost',
  code: '1006',
  retryable: true,
  heard: [half],
  chance: 0.5,
} as const
export const fires = (name: TimerName) => ({ kind: 'timer', name, heard: [] }) as const
