import { type Arrival, Arrivals } from './arrivals.ts'
import { hasVoice } from '../caller/listener.ts'
import { BYTES_PER_MS } from '../caller/sounds.ts'
import type { SessionRecord } from '../openai/session-record.ts'
import type { CallSummary } from '../twilio/call-summary.ts'
import type { TwilioLogEntry } from '../twilio/event-log.ts'
import { waitMs } from '../twilio/wait.ts'
import type { Ring, World } from '../world.ts'
import type { WorldEntry } from '../world-entry.ts'
import { type FaultCase, QUESTION_MS, scenarioOf } from './fault-cases.ts'

const FRAME_MS = 20
const FRAME_BYTES = FRAME_MS * BYTES_PER_MS
/** Audio after a pause this long was sent for another reason. */
const BURST_GAP_MS = 400
/** What a call leaves behind has so long to go. */
const AFTERMATH_MS = 4_000

/** What became of a call that met a fault; times are milliseconds after the moment from which they count. */
export type VictimOutcome = {
  readonly callSid: string
  /** Clock time of the first fault; undefined when none struck. */
  readonly faultAtMs: number | undefined
  /** Clock time at which call and sessions were over. */
  readonly overAtMs: number
  /** Until something new was heard. */
  readonly toldMs: number
  /** The longest silence until then. */
  readonly silentMs: number
  /** The longest silence until it was decided what becomes of the call. */
  readonly undecidedSilenceMs: number
  /** Until the model was heard again, or the last words began; infinite when neither came. */
  readonly decidedMs: number
  readonly decided: 'speaksAgain' | 'lastWords' | 'never'
  /** Until the last session was closed and the call was over. */
  readonly goneMs: number
  /** Who ended the call, as the network sees it. */
  readonly endedBy: string
  readonly sessions: number
  /** Events that the model refused, and that no fault had refused by itself. */
  readonly refused: readonly string[]
  /** What went wrong with the call: a wait in vain, for example. */
  readonly errors: readonly string[]
}

type StreamEntry = Extract<TwilioLogEntry, { kind: 'stream' }>

type Timeline = {
  /** Audio that came to the telephone and was heard. */
  readonly arrivals: Arrivals
  /** When the model emitted audio, and in which session. */
  readonly speech: { readonly atMs: number; readonly session: number }[]
  /** When the caller had asked something. */
  readonly asked: number[]
  readonly said: number[]
  readonly closed: number[]
}

/** Rings, lets the fault strike and the call end, and tells what the caller heard of it. */
export async function meetFault(
  world: World,
  fault: FaultCase,
  caller: { readonly from: string; readonly brief: boolean; readonly seed: number },
): Promise<VictimOutcome> {
  const { clock } = world
  const seen: WorldEntry[] = []
  using watch = world.watch((entry) => {
    if (isOfInterest(entry)) seen.push(entry)
  })
  const ring = await world.ring(scenarioOf(fault, caller))
  const { summary } = await ring.ended
  const endedAtMs = clock.nowMs()
  const isOver = (): boolean => ring.sessions().every(({ end }) => end !== undefined)
  for (let leftMs = AFTERMATH_MS; leftMs > 0 && !isOver(); leftMs -= 100) {
    await waitMs(clock, 100, AbortSignal.any([]))
  }
  watch[Symbol.dispose]()
  return judge({ ring, summary, endedAtMs, seen, fault })
}

function isOfInterest({ side, entry }: WorldEntry): boolean {
  return side === 'twilio'
    ? entry.kind === 'said' ||
        (entry.kind === 'stream' && isPlayback(entry.event) && entry.direction === 'in')
    : entry.kind === 'closed' || (entry.kind === 'server' && entry.type === 'response.output_audio.delta')
}

function isPlayback(event: string): boolean {
  return event === 'media' || event === 'clear'
}

function timelineOf(
  callSid: string,
  sessions: readonly SessionRecord[],
  seen: readonly WorldEntry[],
): Timeline {
  const numbers = new Set(sessions.map(({ connection }) => connection.sessionNumber))
  const timeline: Timeline = {
    arrivals: new Arrivals(),
    speech: [],
    asked: [],
    said: [],
    closed: [],
  }
  for (const { side, entry } of seen) {
    const { atMs } = entry
    if (side === 'openai') {
      if (!numbers.has(entry.sessionNumber)) continue
      if (entry.kind === 'closed') timeline.closed.push(atMs)
      else timeline.speech.push({ atMs, session: entry.sessionNumber })
    } else if ('callSid' in entry && entry.callSid === callSid) {
      if (entry.kind === 'stream') noteStream(timeline.arrivals, entry)
      else if (entry.kind === 'said' && entry.who === 'caller') timeline.asked.push(atMs + QUESTION_MS)
      else if (entry.kind === 'said') timeline.said.push(atMs)
    }
  }
  return timeline
}

function noteStream(arrivals: Arrivals, entry: StreamEntry): void {
  const { event, streamSid, atMs, bytes = 0 } = entry
  if (event === 'clear') arrivals.clear(streamSid, atMs)
  else arrivals.media(streamSid, atMs, bytes)
}

function judge(met: {
  readonly ring: Ring
  readonly summary: CallSummary
  readonly endedAtMs: number
  readonly seen: readonly WorldEntry[]
  readonly fault: FaultCase
}): VictimOutcome {
  const { ring, summary, endedAtMs, fault } = met
  const sessions = ring.sessions()
  const timeline = timelineOf(summary.sid, sessions, met.seen)
  const faultAtMs = ring.faults()[0]?.atMs
  const struckMs = faultAtMs ?? endedAtMs
  const askedMs = fault.expected === 'answered' ? dueMs(timeline, struckMs) : undefined
  const fromMs = Math.max(askedMs ?? struckMs, summary.answeredAtMs ?? 0)
  const arrivals = timeline.arrivals.heard()
  const heardMs = Math.min(heardFromMs(arrivals, fromMs), first(timeline.said, fromMs) ?? Infinity)
  const again = speaksAgainMs(timeline, fromMs, sessions.at(-1)?.connection.sessionNumber ?? 0)
  const last = lastWordsMs(timeline, { fromMs, summary })
  const overAtMs = Math.max(endedAtMs, ...timeline.closed)
  return {
    callSid: summary.sid,
    faultAtMs,
    overAtMs,
    toldMs: heardMs - fromMs,
    silentMs: longestSilenceMs(summary, { fromMs, toMs: Math.min(heardMs, endedAtMs) }),
    undecidedSilenceMs: longestSilenceMs(summary, { fromMs, toMs: Math.min(again, last, endedAtMs) }),
    decidedMs: Math.min(again, last) - fromMs,
    decided: again <= last ? (again < Infinity ? 'speaksAgain' : 'never') : 'lastWords',
    goneMs: sessions.every(({ end }) => end) ? overAtMs - struckMs : Infinity,
    endedBy: summary.endedBy,
    sessions: sessions.length,
    refused: sessions
      .flatMap((session) => session.refused)
      .filter(({ causeType }) => causeType !== '')
      .map(({ causeType, code }) => `${causeType}: ${code}`),
    errors: summary.errors,
  }
}

/** When an answer became due after a fault; no answer is due of a network that has taken the call over. */
function dueMs({ asked, said }: Timeline, struckMs: number): number | undefined {
  const askedMs = first(asked, struckMs)
  const takenOverMs = first(said, struckMs) ?? Infinity
  return askedMs !== undefined && askedMs < takenOverMs ? askedMs : undefined
}

/**
 * When the caller heard what the model had said after a moment. Only the last session counts: in one that was given up
 * for another it was the fault that spoke, or the end of what had been begun.
 */
function speaksAgainMs({ speech, arrivals }: Timeline, fromMs: number, lastSession: number): number {
  const emitted = speech.find(({ atMs, session }) => atMs >= fromMs && session === lastSession)
  return emitted ? heardFromMs(arrivals.heard(), emitted.atMs) : Infinity
}

/** When the words began after which the call was ended by our side; those of the network count too. */
function lastWordsMs(
  { arrivals, said }: Timeline,
  { fromMs, summary }: { readonly fromMs: number; readonly summary: CallSummary },
): number {
  const spoken = first(said, fromMs)
  if (spoken !== undefined) return spoken
  if (!['rest', 'twiml'].includes(summary.endedBy)) return Infinity
  const after = arrivals.heard().filter(({ atMs }) => atMs >= fromMs)
  const burst = ({ atMs }: Arrival, index: number): boolean =>
    atMs - (after[index - 1]?.atMs ?? -Infinity) > BURST_GAP_MS
  return after.findLast(burst)?.heardAtMs ?? Infinity
}

/** When the first audio was heard that came after a moment. */
function heardFromMs(arrivals: readonly Arrival[], fromMs: number): number {
  return arrivals.find(({ atMs }) => atMs >= fromMs)?.heardAtMs ?? Infinity
}

function first(times: readonly number[], fromMs: number): number | undefined {
  return times.find((atMs) => atMs >= fromMs)
}

/** The longest stretch without a voice in what the caller heard. */
function longestSilenceMs(
  summary: CallSummary,
  stretch: { readonly fromMs: number; readonly toMs: number },
): number {
  const answeredMs = summary.answeredAtMs ?? 0
  const frameAt = (atMs: number): number => Math.max(0, Math.floor((atMs - answeredMs) / FRAME_MS))
  let longest = 0
  let current = 0
  for (let frame = frameAt(stretch.fromMs); frame < frameAt(stretch.toMs); frame++) {
    const heard = summary.heardUlaw.subarray(frame * FRAME_BYTES, (frame + 1) * FRAME_BYTES)
    current = heard.length === 0 || hasVoice(heard) ? 0 : current + FRAME_MS
    longest = Math.max(longest, current)
  }
  return longest
}
