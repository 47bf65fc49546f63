import { withoutCardNumbers } from '../lib/card-numbers.ts'
import type { Turn } from './effect.ts'
import type { Heard, Utterance } from './event.ts'

/** Turns that may still change, at most; the oldest is given up as it stands. */
const MAX_OPEN_ENTRIES = 32

/** Longest text of one turn: a quarter of an hour of speech. What comes after it is not kept. */
const MAX_TURN_CHARACTERS = 16_000
/** Turns of one call that are recorded: many times more than an hour has. */
const MAX_TURNS = 5_000

type Entry = Turn & {
  readonly key: string
  /** Text the model produced, before it is cut to what was heard. */
  readonly producedText: string
  readonly settled: boolean
  /** The session that spoke this was lost in the middle of it. */
  readonly brokenOff?: true
}

/** The turns of a call in the order they were spoken, of what was heard; no text of a turn has a card's number. */
export type Transcript = {
  readonly nextSeq: number
  readonly entries: readonly Entry[]
  /** Text of replies that have not been heard yet: it runs ahead of the audio. */
  readonly drafts: readonly { readonly itemId: string; readonly text: string }[]
}

/** Drafts kept at once; the oldest goes. */
const MAX_DRAFTS = 8

/** The transcript of a call in which nothing has been said. */
export const emptyTranscript: Transcript = { nextSeq: 0, entries: [], drafts: [] }

/** A changed transcript and the turns that have to be recorded anew. */
export type TranscriptStep = { readonly transcript: Transcript; readonly turns: readonly Turn[] }

/** Marks a caller's turn whose session was lost before its words came: the next session knows it by another id. */
const LOST = 'lost:'
/** Text runs ahead of audio: of a reply that was broken off no more words are kept than fit into what was heard. */
const SPOKEN_CHARACTERS_PER_MS = 0.016

/** Adds the caller's turn: its place is fixed now, its words come later or never. */
export function callerTurn(
  transcript: Transcript,
  turn: { itemId: string; startedAtMs: number },
): TranscriptStep {
  if (find(transcript, turn.itemId)) return { transcript, turns: [] }
  const lost = transcript.entries.find(isLost)
  if (lost) return change(transcript, lost.key, (entry) => ({ ...entry, key: turn.itemId }))
  return add(transcript, {
    key: turn.itemId,
    producedText: '',
    settled: false,
    speaker: 'caller',
    text: '',
    source: 'none',
    startedAtMs: turn.startedAtMs,
    interrupted: false,
  })
}

/** Puts the words of a caller's turn in their place, also when they come late, or before the turn was committed. */
export function callerText(
  transcript: Transcript,
  said: { itemId: string; text: string; startedAtMs: number },
): TranscriptStep {
  const known = find(transcript, said.itemId) ? transcript : callerTurn(transcript, said).transcript
  return change(known, said.itemId, (entry) => ({
    ...entry,
    text: withoutCardNumbers(said.text).slice(0, MAX_TURN_CHARACTERS),
    source: 'transcript',
    settled: true,
  }))
}

/** Gives up waiting for the words of a caller's turn. */
export function callerTextFailed(transcript: Transcript, itemId: string): TranscriptStep {
  return change(transcript, itemId, (entry) => ({ ...entry, settled: true }))
}

/**
 * The session is lost. Turns of the caller without words wait for the id under which the next session hears them
 * again; what is being played is told with the words that were sent, and settled when it has been heard.
 */
export function breakOff(
  transcript: Transcript,
  { midReply, heard }: { readonly midReply: boolean; readonly heard: readonly Heard[] },
): TranscriptStep {
  const entries = transcript.entries.map((entry): Entry => {
    if (entry.settled) return entry
    if (entry.speaker === 'caller') return isLost(entry) ? entry : { ...entry, key: LOST + entry.key }
    return midReply && entry.source === 'transcript' ? { ...entry, brokenOff: true } : entry
  })
  const sounding = entries.filter((entry) => !entry.settled && entry.speaker === 'agent')
  return {
    transcript: { ...transcript, entries, drafts: [] },
    // Said to be cut at once: the next session is often there before the last of it has been heard.
    turns: sounding.map((entry) =>
      turnOf({
        ...entry,
        text: wordsWithin(entry, sentMsOf(entry, heard)),
        interrupted: entry.brokenOff === true,
      }),
    ),
  }
}

/** Whether a turn was lost with its session, and the next one has not told of it. */
export function hasLost({ entries }: Transcript): boolean {
  return entries.some(isLost)
}

/** The next session heard nothing of the turns that the lost one had not understood. */
export function giveUpLost(transcript: Transcript): TranscriptStep {
  const entries = transcript.entries.map((entry) => (isLost(entry) ? { ...entry, settled: true } : entry))
  return { transcript: { ...transcript, entries }, turns: [] }
}

function sentMsOf(entry: Entry, heard: readonly Heard[]): number {
  return heard.find(({ utterance }) => keyOf(utterance) === entry.key)?.sentMs ?? 0
}

function isLost(entry: Entry): boolean {
  return entry.speaker === 'caller' && !entry.settled && entry.key.startsWith(LOST)
}

/** Adds a reply when its first audio went out. */
export function replySounding(
  transcript: Transcript,
  reply: { itemId: string; startedAtMs: number; firstDeltaMs?: number; firstMediaMs?: number },
): TranscriptStep {
  if (find(transcript, reply.itemId)) return { transcript, turns: [] }
  const draft = transcript.drafts.find((one) => one.itemId === reply.itemId)
  const drafts = transcript.drafts.filter((one) => one !== draft)
  return add(
    { ...transcript, drafts },
    {
      key: reply.itemId,
      producedText: draft?.text ?? '',
      settled: false,
      speaker: 'agent',
      text: '',
      source: 'transcript',
      startedAtMs: reply.startedAtMs,
      interrupted: false,
      heardMs: 0,
      ...(reply.firstDeltaMs !== undefined && { firstDeltaMs: reply.firstDeltaMs }),
      ...(reply.firstMediaMs !== undefined && { firstMediaMs: reply.firstMediaMs }),
    },
  )
}

/** Adds a fixed sentence when it was queued. */
export function clipSounding(
  transcript: Transcript,
  clip: { clipId: number; text: string; startedAtMs: number },
): TranscriptStep {
  return add(transcript, {
    key: `clip:${clip.clipId}`,
    producedText: clip.text,
    settled: false,
    speaker: 'agent',
    text: '',
    source: 'fixed',
    startedAtMs: clip.startedAtMs,
    interrupted: false,
    heardMs: 0,
  })
}

/** Takes text of a reply: a piece, or the whole of it when final. */
export function replyText(
  transcript: Transcript,
  said: { itemId: string; text: string; final: boolean },
): TranscriptStep {
  const extend = (before: string) =>
    (said.final ? said.text : before + said.text).slice(0, MAX_TURN_CHARACTERS)
  if (find(transcript, said.itemId)) {
    const step = change(transcript, said.itemId, (entry) => ({
      ...entry,
      producedText: extend(entry.producedText),
    }))
    return { ...step, turns: [] }
  }
  const before = transcript.drafts.find((one) => one.itemId === said.itemId)
  const others = transcript.drafts.filter((one) => one !== before).slice(-(MAX_DRAFTS - 1))
  return {
    transcript: {
      ...transcript,
      drafts: [...others, { itemId: said.itemId, text: extend(before?.text ?? '') }],
    },
    turns: [],
  }
}

/** Notes that the caller began to hear a reply; it is recorded with what they will have heard of it. */
export function firstHeard(
  transcript: Transcript,
  heard: { utterance: Utterance; firstMarkMs?: number },
): TranscriptStep {
  const step = change(transcript, keyOf(heard.utterance), (entry) => ({
    ...entry,
    ...(heard.firstMarkMs !== undefined && entry.source !== 'fixed' && { firstMarkMs: heard.firstMarkMs }),
  }))
  return { transcript: step.transcript, turns: [] }
}

/** Settles an utterance of which nothing more will be played: it was heard to its end, or not at all. */
export function heardToEnd(transcript: Transcript, utterance: Utterance, heardMs: number): TranscriptStep {
  return change(transcript, keyOf(utterance), (entry) => ({
    ...entry,
    text: heardMs > 0 ? wordsWithin(entry, heardMs) : '',
    heardMs,
    interrupted: heardMs === 0 || entry.brokenOff === true,
    settled: true,
  }))
}

/** Settles an utterance of which no more will be heard: only the words that fit into what was heard are kept. */
export function cutOff(transcript: Transcript, heard: Heard): TranscriptStep {
  return change(transcript, keyOf(heard.utterance), (entry) => ({
    ...entry,
    text: heardPart(recordable(entry), heard),
    heardMs: heard.heardMs,
    interrupted: !heard.complete || heard.heardMs < heard.sentMs || entry.brokenOff === true,
    settled: true,
  }))
}

/** True while words of the caller are still to come. */
export function awaitsCallerText(transcript: Transcript): boolean {
  return transcript.entries.some((entry) => entry.speaker === 'caller' && !entry.settled)
}

/** The words that were heard, judged by the share of the audio that was played, cut at a word's end. */
function heardPart(text: string, heard: Heard): string {
  if (heard.sentMs === 0) return ''
  return cutAt(text, Math.floor((text.length * heard.heardMs) / heard.sentMs))
}

/** The words of a reply that was heard to its end, which may have come before its last word. */
function wordsWithin(entry: Entry, heardMs: number): string {
  const words = recordable(entry)
  return entry.brokenOff ? cutAt(words, Math.floor(heardMs * SPOKEN_CHARACTERS_PER_MS)) : words
}

/** What was said, as it may be kept. Before it is cut: half a card number is not recognised any more. */
function recordable({ producedText }: Entry): string {
  return withoutCardNumbers(producedText)
}

function cutAt(text: string, characters: number): string {
  if (characters >= text.length) return text
  const cut = text.slice(0, characters)
  return /\s/.test(text.charAt(characters)) ? cut.trimEnd() : cut.replace(/\S*$/, '').trimEnd()
}

function keyOf(utterance: Utterance): string {
  return utterance.kind === 'reply' ? utterance.itemId : `clip:${utterance.clipId}`
}

function find(transcript: Transcript, key: string): Entry | undefined {
  return transcript.entries.find((entry) => entry.key === key)
}

function add(transcript: Transcript, entry: Omit<Entry, 'seq'>): TranscriptStep {
  if (transcript.nextSeq >= MAX_TURNS) return { transcript, turns: [] }
  const added = { ...entry, seq: transcript.nextSeq }
  const open = transcript.entries.filter((one) => !one.settled)
  const entries = [...open.slice(-(MAX_OPEN_ENTRIES - 1)), added]
  return { transcript: { ...transcript, nextSeq: transcript.nextSeq + 1, entries }, turns: [turnOf(added)] }
}

function change(transcript: Transcript, key: string, make: (entry: Entry) => Entry): TranscriptStep {
  const known = find(transcript, key)
  if (!known || known.settled) return { transcript, turns: [] }
  const changed = make(known)
  const entries = transcript.entries.map((entry) => (entry.key === key ? changed : entry))
  return { transcript: { ...transcript, entries }, turns: [turnOf(changed)] }
}

function turnOf(entry: Entry): Turn {
  const { key: _key, producedText: _producedText, settled: _settled, brokenOff: _brokenOff, ...turn } = entry
  return turn
}
