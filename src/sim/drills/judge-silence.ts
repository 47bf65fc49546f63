import { hasVoice } from '../caller/listener.ts'
import { BYTES_PER_MS } from '../caller/sounds.ts'
import type { SimulatedCall } from './simulated-call.ts'

const FRAME_MS = 20
const FRAME_BYTES = FRAME_MS * BYTES_PER_MS
/** So much voice is something that wants an answer; a pause this long ends it. */
const LEAST_VOICE_FRAMES = 10
const TURN_GAP_FRAMES = 35
/** The pause after which the model takes a turn for over, and what frames and jitter add to any length. */
const TURN_END_MS = 500
const SLACK_MS = 300
/** Where a reply is due: something is heard within the first, decided within the second. */
const TOLD_MS = 3_000
const DECIDED_MS = 12_000
/** Where none is: the caller is asked after the server's twelve seconds, and hears it at once. */
const ASKED_MS = 12_000 + 2_000

/** Fixed sentences that are no decision: those at the beginning, the one that asks for patience, and for a sign of life. */
const UNDECIDED = /^(Hello|How can I|One moment|Are you still|Our time)/

/** What both sides of a call sounded like, frame by frame from the answer on. */
type Sounds = { readonly heard: readonly boolean[]; readonly said: readonly boolean[] }

/** Where the caller was left in silence for longer than anybody should be. */
export function judgeSilence(call: SimulatedCall): readonly string[] {
  const { summary, faults } = call
  const { answeredAtMs } = summary
  if (answeredAtMs === undefined || faults.some(({ fault }) => fault === 'freeze')) return []
  const sounds = { heard: voices(summary.heardUlaw), said: saidVoices(call) }
  return summary.streams.flatMap(({ openedAtMs, endedAtMs }) => {
    if (openedAtMs === undefined) return []
    const fromFrame = Math.ceil((openedAtMs - answeredAtMs) / FRAME_MS)
    const toFrame = Math.floor(((endedAtMs ?? Infinity) - answeredAtMs) / FRAME_MS)
    const window = { from: fromFrame, to: Math.min(toFrame, sounds.heard.length) }
    return [...judgeTurns(call, sounds, window), ...judgeLulls(sounds, window)]
  })
}

type Window = { readonly from: number; readonly to: number }

/** Every turn of the caller is followed by something heard, and by a reply or the end. */
function judgeTurns(call: SimulatedCall, sounds: Sounds, window: Window): readonly string[] {
  const wayFrames = Math.ceil((call.uplinkMs + call.downlinkMs + TURN_END_MS + SLACK_MS) / FRAME_MS)
  const decisions = decisionFrames(call)
  return turnEnds(sounds.said, window).flatMap(({ at, next }) => {
    // Nobody is owed an answer who has been told that the call is over.
    if (decisions.closing !== undefined && decisions.closing <= at) return []
    const problems: string[] = []
    const toldBy = at + TOLD_MS / FRAME_MS + wayFrames
    if (toldBy < next && !sounds.heard.slice(at, toldBy).some(Boolean)) {
      const silent = sounds.heard.slice(at).findIndex(Boolean)
      const ms = (silent < 0 ? next - at : silent) * FRAME_MS
      problems.push(`nothing was heard for ${ms} ms after a turn that ended at ${at * FRAME_MS} ms`)
    }
    const decidedBy = at + DECIDED_MS / FRAME_MS + wayFrames
    const decided = [...decisions.replies, decisions.closing ?? Infinity].some(
      (frame) => frame >= at - TURN_GAP_FRAMES && frame <= decidedBy,
    )
    if (decidedBy < next && !decided) {
      problems.push(`nothing was decided for ${DECIDED_MS} ms after a turn that ended at ${at * FRAME_MS} ms`)
    }
    return problems
  })
}

/** Nowhere do both sides keep silent for longer than it takes to ask whether anybody is there. */
function judgeLulls(sounds: Sounds, window: Window): readonly string[] {
  const problems: string[] = []
  let since = window.from
  for (let frame = window.from; frame <= window.to; frame++) {
    const sounding = frame === window.to || sounds.heard[frame] || sounds.said[frame]
    if (!sounding) continue
    const ms = (frame - since) * FRAME_MS
    if (ms > ASKED_MS) problems.push(`nobody spoke for ${ms} ms from ${since * FRAME_MS} ms on`)
    since = frame + 1
  }
  return problems
}

/** When replies of the model began, and when the caller was told that the call ends. */
function decisionFrames({ record, summary, wallAheadMs }: SimulatedCall): {
  readonly replies: readonly number[]
  readonly closing: number | undefined
} {
  const agent = (record?.turns ?? []).filter(({ speaker }) => speaker === 'agent')
  const frame = (startedAtMs: number): number =>
    Math.floor((startedAtMs - wallAheadMs - (summary.answeredAtMs ?? 0)) / FRAME_MS)
  const closing = agent.find(({ source, text }) => source === 'fixed' && text !== '' && !UNDECIDED.test(text))
  return {
    replies: agent
      .filter(({ source, heardMs }) => source === 'transcript' && (heardMs ?? 0) > 0)
      .map(({ startedAtMs }) => frame(startedAtMs)),
    closing: closing && frame(closing.startedAtMs),
  }
}

/** Where turns of the caller ended, and where they next made a sound or the stream was over. */
function turnEnds(
  said: readonly boolean[],
  { from, to }: Window,
): readonly { readonly at: number; readonly next: number }[] {
  const ends: { at: number; next: number }[] = []
  let voiced = 0
  let last = -1
  for (let frame = from; frame <= to; frame++) {
    if (frame < to && !said[frame]) continue
    if (last >= 0 && frame - last > TURN_GAP_FRAMES) {
      if (voiced >= LEAST_VOICE_FRAMES) ends.push({ at: last + 1, next: frame })
      voiced = 0
    }
    voiced++
    last = frame
  }
  return ends
}

function voices(ulaw: Uint8Array): readonly boolean[] {
  return Array.from({ length: Math.floor(ulaw.length / FRAME_BYTES) }, (_, frame) =>
    hasVoice(ulaw.subarray(frame * FRAME_BYTES, (frame + 1) * FRAME_BYTES)),
  )
}

/** The caller's voice as far as it left the carrier. */
function saidVoices({ summary, fates }: SimulatedCall): readonly boolean[] {
  return voices(summary.saidUlaw).map((voice, frame) => voice && fates[frame]?.lost !== true)
}
