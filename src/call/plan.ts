import type { AudioEngine } from '../audio/engine.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { LoopEntries } from '../ports/loop-entries.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { OwnerNotice } from '../ports/owner-notice.ts'
import type { PromptAudio } from '../ports/prompt-audio.ts'
import type { SpeechAudio, SpeechEngine } from '../ports/speech.ts'
import type { CallStorage, TurnRecord } from '../ports/storage.ts'
import type { TelephonyControl } from '../ports/telephony.ts'
import type { ToolBox } from '../ports/tools.ts'
import type { LadderPlan } from './ladder.ts'
import type { ModelHealth } from './model-health.ts'
import type { Resumption } from './resumption.ts'
import type { CallRules } from './state.ts'

/** What is decided about a call before it begins. */
export type CallPlan = {
  readonly callSid: string
  readonly direction: 'inbound' | 'outbound'
  readonly from: string
  readonly to: string
  readonly persona: string
  readonly actor: 'owner' | 'external'
  readonly language: string
  readonly voice?: string
  /** Instructions of a session; `resumed` for one of a call that is already under way. */
  readonly instructions: (resumed: boolean) => string
  /** Keyed hash of the caller for the model's provider. */
  readonly safetyIdentifier?: string
  readonly rules: CallRules
  /** What the network does for the caller when the model cannot be reached. */
  readonly ladder: LadderPlan
  /** Set for a call that another process began. */
  readonly resumption?: Resumption
}

/** Everything a call needs from the world. One set serves all calls. */
export type CallPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly storage: CallStorage
  readonly speech: SpeechEngine
  readonly telephony: TelephonyControl
  readonly ownerNotice: OwnerNotice
  readonly modelHealth: ModelHealth
  readonly promptAudio: PromptAudio
  readonly tools: ToolBox
  readonly audio: AudioEngine
  readonly realtimeAudio: SpeechAudio
  /** Name of the model, for the record. */
  readonly model: string
  /** Caller audio kept while no session takes it. */
  readonly heldAudioMs: number
  /** A tool that has not answered within this has failed. */
  readonly toolTimeoutMs: number
  /** Unset where nobody watches the loop. */
  readonly loop?: LoopEntries
  /** Told of every turn as it is recorded: once when it begins, and again when its words are known. */
  onTurn?(turn: TurnRecord): void
  /** From 0 up to 1; spreads what would otherwise happen at the same moment on many calls. */
  random(): number
  /** Runs work whose outcome nobody waits for; a failure is logged and counted. */
  background(name: string, work: Promise<unknown>): void
}
