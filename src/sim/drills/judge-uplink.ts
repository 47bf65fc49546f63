import { decodeMulaw } from '../audio/g711.ts'
import { SILENCE } from '../caller/sounds.ts'
import { decodeAudio } from '../openai/audio-format.ts'
import type { AppendedPiece, SessionRecord } from '../openai/session-record.ts'
import { sameFrame, type Frames, isSilent } from './frames.ts'
import type { CallSummary } from '../twilio/call-summary.ts'
import type { StreamSummary } from '../twilio/media-stream-options.ts'
import type { SimulatedCall } from './simulated-call.ts'

const FRAME_SAMPLES = 160
const FRAME_MS = 20
/** What ends a stream may be so long on its way before the stream ends. */
const LAST_MS = 100
/** Samples at 24 kHz by which the server's resampler is late; every third from there on is one of the caller's. */
const LAG_24K = 59
/** Spells after which frames come late, twice, in another order, or not at their time: some are dropped, and counted. */
const DISORDER: ReadonlySet<string> = new Set([
  'jitter',
  'swapMedia',
  'repeatMedia',
  'jumpClock',
  'sendHuge',
  'secondStart',
])
/** A line goes by whole milliseconds, and says a frame so much later than it is due at most. */
const TICK_MS = 1

type StreamOfCall = Pick<StreamSummary, 'firstFrameAtMs' | 'saidFrames' | 'endedAtMs'>

/** What is looked at of a call. */
export type UplinkCall = Pick<
  SimulatedCall,
  'sessions' | 'faults' | 'fates' | 'openai' | 'uplinkMs' | 'modelRoundMs'
> & {
  readonly summary: Pick<CallSummary, 'saidUlaw' | 'answeredAtMs'> & {
    readonly streams: readonly StreamOfCall[]
  }
}

/** Close code of a connection that ends without a goodbye. Source: RFC 6455 §7.4.1 */
const CUT = 1_006

/** What became of the caller's audio, and how much of it the server must have counted as dropped. */
export type UplinkVerdict = { readonly problems: readonly string[]; readonly droppedMs: number }

/** What the caller said on streams, frame after frame; silence where the network lost one. */
type Sent = Frames & {
  /** When each can be with the model at the earliest. */
  readonly dueMs: readonly number[]
  /** Frames that were under way when their stream ended, of which the server may hear first. */
  readonly mayBeLost: ReadonlySet<number>
}

/** What a session was given, frame after frame, and when each was there whole. */
type Given = Frames & { readonly atMs: readonly number[] }

/**
 * Follows every frame with a sound in it that the caller said on a stream into the sessions of the model. In each they
 * are in order and none is missing between two of them; the next session begins no later than the one before was
 * lost. In PCM a quiet line is silence and looks alike everywhere; in µ-law it is noise, and every frame is followed.
 * A sound that was made twice, as a key's is, is the one that had been made by then.
 */
export function judgeUplink(call: UplinkCall): UplinkVerdict {
  const sessions = call.sessions.toSorted((a, b) => a.openedAtMs - b.openedAtMs)
  const isUlaw = sessions.some(({ appended }) => appended[0]?.format.type === 'audio/pcmu')
  const sent = sentFrames(call, isUlaw)
  const isDisordered = call.faults.some(({ fault }) => DISORDER.has(fault))
  const problems: string[] = []
  let droppedMs = 0
  let reached = 0
  for (const [index, session] of sessions.entries()) {
    const heard = givenFrames(session)
    // In silence the one place is like the other: it went on where the one before broke off.
    const firsts = index === 0 ? [0] : firstFrames(sent, heard, reached)
    const walks = firsts.map((first) => ({ first, ...follow(sent, heard, first) }))
    // The same sound may have been made twice, as a key's is.
    const walk = walks.find(({ problems: wrong, skipped }) => wrong.length + skipped === 0) ?? walks[0]
    if (!walk) continue
    const between = missing(sent, reached, walk.first)
    if (isDisordered) droppedMs += (between + walk.skipped) * FRAME_MS
    else {
      if (between > 0) problems.push(`${between} frames between two sessions were lost`)
      if (walk.skipped > 0) problems.push(`session ${index + 1} misses ${walk.skipped} frames`)
    }
    problems.push(...walk.problems.map((problem) => `session ${index + 1}: ${problem}`))
    reached = Math.max(reached, walk.next)
  }
  if (!isDisordered) problems.push(...judgeRest({ ...call, sessions }, sent, reached))
  return { problems, droppedMs }
}

function sentFrames({ summary, faults, fates, uplinkMs }: UplinkCall, isUlaw: boolean): Sent {
  const frozenAtMs = faults.find(({ fault }) => fault === 'freeze')?.atMs ?? Infinity
  const said = isUlaw ? summary.saidUlaw : decodeMulaw(summary.saidUlaw)
  const silence = isUlaw ? SILENCE : 0
  const mayBeLost = new Set<number>()
  const parts: (Uint8Array | Int16Array)[] = []
  const dueMs: number[] = []
  for (const { firstFrameAtMs, saidFrames, endedAtMs } of summary.streams) {
    if (firstFrameAtMs === undefined || summary.answeredAtMs === undefined) continue
    const start = Math.round((firstFrameAtMs - summary.answeredAtMs) / FRAME_MS)
    const part = said.slice(start * FRAME_SAMPLES, (start + saidFrames) * FRAME_SAMPLES)
    for (let frame = 0; frame < saidFrames; frame++) {
      const saidAtMs = firstFrameAtMs + frame * FRAME_MS
      const isLast = saidAtMs >= (endedAtMs ?? Infinity) - uplinkMs - LAST_MS
      if (saidAtMs >= frozenAtMs || isLast) mayBeLost.add(dueMs.length)
      dueMs.push(saidAtMs + uplinkMs)
      if (fates[start + frame]?.lost) {
        part.fill(silence, frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES)
      }
    }
    parts.push(part)
  }
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    samples.set(part, offset)
    offset += part.length
  }
  return { samples, silence, count: dueMs.length, dueMs, mayBeLost }
}

/** What a session was given, at 8 kHz: the caller's own samples. The last frame may lack what the resampler holds. */
function givenFrames({ appended: [run] }: SessionRecord): Given {
  if (!run) return { samples: new Int16Array(), silence: 0, count: 0, atMs: [] }
  if (run.format.type === 'audio/pcmu') {
    const atMs = arrivals(run.pieces, (frames) => frames * FRAME_SAMPLES)
    return { samples: Int16Array.from(run.bytes), silence: SILENCE, count: atMs.length, atMs }
  }
  const fine = decodeAudio(run.bytes, run.format)
  const samples = new Int16Array(Math.max(0, Math.floor((fine.length - LAG_24K) / 3)))
  for (let index = 0; index < samples.length; index++) samples[index] = fine[3 * index + LAG_24K] ?? 0
  const atMs = arrivals(run.pieces, (frames) => 2 * (3 * frames * FRAME_SAMPLES + LAG_24K))
  return { samples, silence: 0, count: atMs.length, atMs }
}

/** When each frame was there, of as many as there are whole ones. */
function arrivals(pieces: readonly AppendedPiece[], bytesOf: (frames: number) => number): readonly number[] {
  const atMs: number[] = []
  let bytes = 0
  for (const piece of pieces) {
    bytes += piece.bytes.length
    while (bytesOf(atMs.length + 1) <= bytes) atMs.push(piece.atMs)
  }
  return atMs
}

/** Whether a frame is one that had been said by then, to the sample. */
function isFrame(sent: Sent, frame: number, { heard, at }: { heard: Given; at: number }): boolean {
  const dueMs = sent.dueMs[frame] ?? Infinity
  return (
    dueMs <= (heard.atMs[at] ?? 0) + TICK_MS && sameFrame({ frames: sent, at: frame }, { frames: heard, at })
  )
}

/**
 * The frames with which a later session may have begun, the latest first: found by its first sound, and by what was
 * said just before it.
 */
function firstFrames(sent: Sent, heard: Given, reached: number): readonly number[] {
  const isSame = (frame: number, at: number): boolean => isFrame(sent, frame, { heard, at })
  for (let sound = 0; sound < heard.count; sound++) {
    if (isSilent(heard, sound)) continue
    const firsts: number[] = []
    for (let frame = sent.count - 1; frame >= 0; frame--) {
      if (!isSame(frame, sound)) continue
      let first = frame
      // Silence that was put in is passed over.
      for (let at = sound - 1; at >= 0 && first > 0; at--) if (isSame(first - 1, at)) first--
      firsts.push(first)
    }
    if (firsts.length > 0) return firsts
  }
  return [reached]
}

function follow(
  sent: Sent,
  heard: Given,
  first: number,
): { readonly problems: readonly string[]; readonly skipped: number; readonly next: number } {
  let next = first
  let skipped = 0
  for (let at = 0; at < heard.count; at++) {
    const isThis = (frame: number): boolean => isFrame(sent, frame, { heard, at })
    // Silence that nobody said fills gaps, and tells the model that a turn is over: no sound is passed over for it.
    if (isSilent(heard, at)) {
      if (next < sent.count && isThis(next)) next++
      continue
    }
    const kept = firstOf(sent, next, isThis)
    if (kept !== undefined) {
      next = kept + 1
      continue
    }
    let found = next + 1
    while (found < sent.count && !isThis(found)) found++
    if (found >= sent.count) {
      return { problems: [`frame ${at} was never said, or before those that came before it`], skipped, next }
    }
    skipped += missing(sent, next, found)
    next = found + 1
  }
  return { problems: [], skipped, next }
}

/** The next frame for which something holds, if it is the very next one, apart from those that may be lost. */
function firstOf(
  { count, mayBeLost }: Sent,
  from: number,
  holds: (frame: number) => boolean,
): number | undefined {
  for (let frame = from; frame < count; frame++) {
    if (holds(frame)) return frame
    if (!mayBeLost.has(frame)) return undefined
  }
  return undefined
}

/** How many frames with a sound in them are missing in a stretch for no good reason. */
function missing(sent: Sent, from: number, to: number): number {
  let count = 0
  for (let frame = from; frame < to; frame++) {
    if (!sent.mayBeLost.has(frame) && !isSilent(sent, frame)) count++
  }
  return count
}

/**
 * What no session was given must have been said when there was none that could take it, or so shortly before the last
 * one took nothing in any more that it was still under way.
 */
function judgeRest(call: UplinkCall, sent: Sent, reached: number): readonly string[] {
  // The resampler still holds the end of the last frame.
  if (missing(sent, reached, sent.count) <= 1) return []
  const last = call.sessions.at(-1)
  const agreed = call.openai.find(
    (entry) =>
      entry.sessionNumber === last?.connection.sessionNumber &&
      entry.kind === 'server' &&
      entry.type === 'session.updated',
  )
  const deafAtMs = last ? deafFromMs(last, call.modelRoundMs) : Infinity
  // A session is sent audio once it has agreed to everything, and the server has heard that.
  if (agreed === undefined || deafAtMs <= agreed.atMs + call.modelRoundMs) return []
  const tooLate = sent.dueMs.findIndex((dueMs) => dueMs + TICK_MS >= deafAtMs)
  const lost = missing(sent, reached, tooLate < 0 ? sent.count : tooLate)
  return lost <= 1 ? [] : [`${lost} frames did not reach the model before its session ended`]
}

/** When the last of what a session was sent had come. A client's goodbye is told once its answer has gone and come. */
function deafFromMs({ deafAtMs = Infinity, end }: SessionRecord, modelRoundMs: number): number {
  const saidGoodbye = end?.by === 'client' && end.code !== CUT
  return saidGoodbye ? deafAtMs - modelRoundMs : deafAtMs
}
