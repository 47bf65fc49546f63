import type { AudioEngine } from '../audio/engine.ts'
import type { GatePorts, GateSession } from '../gate/gate-options.ts'
import type { Clock } from '../lib/clock.ts'
import type { Strength } from '../policy/strength.ts'
import type { ErrandFeed } from '../ports/errand-report.ts'
import type { GateFacts } from '../ports/gate-facts.ts'
import type { Log } from '../ports/log.ts'
import type { LoopEntries } from '../ports/loop-entries.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Notices } from '../ports/notices.ts'
import type { OwnerNotice } from '../ports/owner-notice.ts'
import type { People } from '../ports/people.ts'
import type { PromptAudio } from '../ports/prompt-audio.ts'
import type { SpeechAudio, SpeechEngine, ToolDefinition } from '../ports/speech.ts'
import type { CallStorage, TurnRecord } from '../ports/storage.ts'
import type { TelephonyControl } from '../ports/telephony.ts'
import type { OfferedTool } from '../ports/tools.ts'
import type { LadderPlan } from './ladder.ts'
import type { ModelHealth } from './model-health.ts'
import type { Resumption } from './resumption.ts'
import type { CallRules } from './state.ts'

/** When a session is opened, in Unix milliseconds: `resumed` where the call is already under way. */
export type SessionMoment = { readonly resumed: boolean; readonly strength: Strength; readonly atMs: number }

/** What a session is told. */
export type SessionBrief = {
  readonly instructions: string
  readonly tools: readonly ToolDefinition[]
}

/** That somebody wants no more calls, as they said on a call. */
export type OptOutWish = {
  /** E.164. */
  readonly number: string
  /** See `isNumberProven` of a plan. */
  readonly isProven: boolean
  readonly callSid: string
}

/** What the gates of calls work with; the same for all calls. */
export type CallGatePorts = Pick<GatePorts, 'audit' | 'effects' | 'newHex'> &
  Pick<GateSession, 'verification' | 'firstDestinations' | 'desk'> & {
    readonly notices: Pick<Notices, 'untold' | 'markTold'>
    readonly people: Pick<People, 'idOf' | 'pinTries' | 'countPinTry'>
    /** What is known of destinations and events, for whoever asks. */
    factsFor(actorId: string): Pick<GateFacts, 'reach' | 'event'>
    /** IANA name of the zone in which the owner is told times. */
    readonly ownerTimeZone: string
    /**
     * Keeps that whoever is spoken with wants no more calls, and records it.
     * @returns false where it is not kept: for the owner's own numbers, and for one that may be forged
     */
    optOut(wish: OptOutWish): Promise<boolean>
    /** Whether digits are the owner's PIN; undefined where none is configured. */
    readonly isPin: ((digits: string) => Promise<boolean>) | undefined
  }

/** What is decided about a call before it begins. */
export type CallPlan = {
  readonly callSid: string
  readonly direction: 'inbound' | 'outbound'
  readonly from: string
  readonly to: string
  /** Whether the number of the other party is certain: we have called it, or the network vouches for the caller's. */
  readonly isNumberProven: boolean
  readonly persona: string
  readonly actor: 'owner' | 'external'
  readonly language: string
  readonly voice?: string
  /** How well the caller is known: it falls on a transfer, and rises by nothing but a PIN. */
  readonly strength: (now: { readonly pinRight: boolean; readonly transferred: boolean }) => Strength
  /** What a session is opened with, by how well the caller is known then. */
  readonly session: (now: SessionMoment) => SessionBrief
  /** Everything that the model may propose on this call: the gate decides, whatever a session was told. */
  readonly tools: readonly OfferedTool[]
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
  readonly gate: CallGatePorts
  /** What comes of calls that were placed; unset where none are. */
  readonly errands?: ErrandFeed
  readonly audio: AudioEngine
  readonly realtimeAudio: SpeechAudio
  /** Name of the model, for the record. */
  readonly model: string
  /** Caller audio kept while no session takes it. */
  readonly heldAudioMs: number
  /** How long a tool may take that does not say it itself. */
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
