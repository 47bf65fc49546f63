import type { Random } from '../caller/random.ts'
import { mutatedJson, reshapedJson } from './mutated-json.ts'
import { pick } from './odd-values.ts'

/** Whose media socket it is. */
export type MediaSubject = {
  readonly accountSid: string
  readonly callSid: string
  readonly streamSid: string
}

/** What a socket sends first, and of what its messages are made after that. */
type Course = {
  readonly opening: readonly MessageName[]
  /** What follows, each as often as it stands here. */
  readonly body: readonly MessageName[]
  /** How many of a hundred messages are mutated; also those of the opening where `spoilsOpening`. */
  readonly mutatedPercent: number
  readonly spoilsOpening?: true
}

/** How many of a hundred other messages a socket writes otherwise than Twilio does. */
const RESHAPED_PERCENT = [0, 20, 60, 100]

const busy: readonly MessageName[] = [
  ...Array.from({ length: 24 }, () => 'media' as const),
  ...(['mark', 'mark', 'guessedMark', 'dtmf', 'dtmf', 'unknown', 'otherTrack', 'strangeTime'] as const),
]

/** Ways in which a socket can go, by name; what is likelier stands first. */
const courses = {
  'a little wrong': { opening: ['connected', 'start'], body: busy, mutatedPercent: 15 },
  'often wrong': { opening: ['connected', 'start'], body: busy, mutatedPercent: 30 },
  'always wrong': { opening: ['connected', 'start'], body: busy, mutatedPercent: 100 },
  'wrong from the start': {
    opening: ['connected', 'start'],
    body: busy,
    mutatedPercent: 60,
    spoilsOpening: true,
  },
  'sound but endless': {
    opening: ['connected', 'start'],
    body: ['media', 'mark', 'dtmf', 'unknown'],
    mutatedPercent: 0,
  },
  'odd times': { opening: ['connected', 'start'], body: ['strangeTime'], mutatedPercent: 0 },
  'odd audio': { opening: ['connected', 'start'], body: ['oddLength'], mutatedPercent: 15 },
  'another stream at times': {
    opening: ['connected', 'start'],
    body: ['foreign', 'foreign', 'foreign', 'foreign', 'foreign', 'foreign', 'foreign', 'media'],
    mutatedPercent: 10,
  },
  'only another stream': { opening: ['connected', 'start'], body: ['foreign'], mutatedPercent: 0 },
  'unknown events': { opening: ['connected', 'start'], body: ['unknown'], mutatedPercent: 15 },
  'marks and keys': {
    opening: ['connected', 'start'],
    body: ['guessedMark', 'mark', 'dtmf'],
    mutatedPercent: 15,
  },
  'media first': { opening: ['connected'], body: ['media'], mutatedPercent: 10 },
  'no start': { opening: ['connected'], body: ['unknown', 'mark', 'dtmf', 'connected'], mutatedPercent: 10 },
  'no opening': { opening: [], body: busy, mutatedPercent: 20 },
  'start first': { opening: ['start'], body: busy, mutatedPercent: 0 },
  'a second start': { opening: ['connected', 'start'], body: [...busy, 'start'], mutatedPercent: 10 },
  'a stop in between': {
    opening: ['connected', 'start'],
    body: [...busy, ...busy, 'stop'],
    mutatedPercent: 2,
  },
  'the start of another call': { opening: ['connected', 'foreignStart'], body: busy, mutatedPercent: 0 },
  'any order': {
    opening: [],
    body: ['connected', 'start', 'media', 'mark', 'dtmf', 'unknown', 'stop', 'foreign'],
    mutatedPercent: 10,
  },
} as const satisfies Readonly<Record<string, Course>>

/** Names of all ways in which a socket can go. */
export const courseNames = Object.keys(courses)

/** A message as it is sent, and what was done to it: changed, or only written otherwise. */
export type FuzzedMessage = { readonly bytes: Buffer; readonly how: 'mutated' | 'reshaped' | 'plain' }

/** What one media socket sends, without an end. The same random numbers give the same messages. */
export function* fuzzedMedia(subject: MediaSubject, name: string, random: Random): Generator<FuzzedMessage> {
  const found = Object.entries<Course>(courses).find(([each]) => each === name)
  if (!found) throw new RangeError(`Cannot fuzz a media socket: no course is called ${name}`)
  const [, { opening, body, mutatedPercent, spoilsOpening }] = found
  const reshapedPercent = pick(random, RESHAPED_PERCENT)
  const clock: StreamClock = { sequence: 0, chunk: 0, timestampMs: 100 }
  const messageOf = (which: MessageName): object => messages[which]({ subject, random, clock })
  const encode = (which: MessageName, percent: number): FuzzedMessage => {
    const message = messageOf(which)
    if (random.whole(100) < percent) return { bytes: mutatedJson(message, random).bytes, how: 'mutated' }
    return random.whole(100) < reshapedPercent
      ? { bytes: reshapedJson(message, random), how: 'reshaped' }
      : { bytes: Buffer.from(JSON.stringify(message)), how: 'plain' }
  }
  for (const which of opening) yield encode(which, spoilsOpening ? mutatedPercent : 0)
  for (;;) yield encode(pick(random, body), mutatedPercent)
}

type StreamClock = { sequence: number; chunk: number; timestampMs: number }
type Making = { readonly subject: MediaSubject; readonly random: Random; readonly clock: StreamClock }

const messages = {
  connected: () => ({ event: 'connected', protocol: 'Call', version: '1.0.0' }),
  start: ({ subject, clock }) => startMessage(subject, clock),
  foreignStart: ({ subject, random, clock }) =>
    startMessage(
      pick(random, [
        { ...subject, callSid: `CA${random.hex(32)}` },
        { ...subject, accountSid: `AC${random.hex(32)}` },
        { ...subject, callSid: '', accountSid: '' },
      ]),
      clock,
    ),
  media: (making) => mediaMessage(making, { lengthBytes: 160, stepMs: 20 }),
  oddLength: (making) => {
    const lengthBytes = pick(making.random, [0, 1, 3, 159, 160, 320, 1_600, 8_000, 8_001, 16_000])
    return mediaMessage(making, { lengthBytes, stepMs: Math.round(lengthBytes / 8) })
  },
  strangeTime: (making) => {
    const stepMs = pick(making.random, [-40, -20, 0, 1, 19, 20, 20, 20, 21, 40, 500, 15_000, -90_000, 1e12])
    return mediaMessage(making, { lengthBytes: 160, stepMs })
  },
  otherTrack: (making) => ({ ...mediaMessage(making, { lengthBytes: 160, stepMs: 20 }, 'outbound') }),
  foreign: (making) => {
    const streamSid = `MZ${making.random.hex(32)}`
    const other = { ...making, subject: { ...making.subject, streamSid } }
    return pick(making.random, [
      mediaMessage(other, { lengthBytes: 160, stepMs: 20 }),
      { event: 'mark', streamSid, mark: { name: 'g1:1' } },
      { event: 'stop', streamSid, stop: {} },
    ])
  },
  mark: ({ subject, clock, random }) => markMessage(subject, clock, `mark ${random.whole(1e9)}`),
  // As marks of ours are called: one that was never sent, or is still waiting, proves nothing it should not.
  guessedMark: ({ subject, clock, random }) =>
    markMessage(subject, clock, `g${random.whole(4)}:${random.whole(64)}`),
  dtmf: ({ subject, clock, random }) => ({
    event: 'dtmf',
    streamSid: subject.streamSid,
    sequenceNumber: next(clock),
    dtmf: { track: 'inbound_track', digit: '0123456789*#ABCD'.charAt(random.whole(16)) },
  }),
  unknown: ({ subject, clock, random }) => ({
    event: pick(random, [
      'clear',
      'pause',
      'transcript',
      'Media',
      'media ',
      'x'.repeat(random.whole(300)),
      '',
    ]),
    streamSid: subject.streamSid,
    sequenceNumber: next(clock),
  }),
  stop: ({ subject, clock }) => ({
    event: 'stop',
    sequenceNumber: next(clock),
    streamSid: subject.streamSid,
    stop: { accountSid: subject.accountSid, callSid: subject.callSid },
  }),
} as const satisfies Readonly<Record<string, (making: Making) => object>>

type MessageName = keyof typeof messages

function startMessage(subject: MediaSubject, clock: StreamClock): object {
  const { accountSid, callSid, streamSid } = subject
  return {
    event: 'start',
    sequenceNumber: next(clock),
    start: {
      accountSid,
      streamSid,
      callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 },
      customParameters: {},
    },
    streamSid,
  }
}

function mediaMessage(
  { subject, random, clock }: Making,
  { lengthBytes, stepMs }: { readonly lengthBytes: number; readonly stepMs: number },
  track = 'inbound',
): object {
  clock.timestampMs = Math.max(0, clock.timestampMs + stepMs)
  const payload = Buffer.alloc(lengthBytes, random.whole(256)).toString('base64')
  return {
    event: 'media',
    sequenceNumber: next(clock),
    streamSid: subject.streamSid,
    media: { track, chunk: `${++clock.chunk}`, timestamp: `${clock.timestampMs}`, payload },
  }
}

function markMessage(subject: MediaSubject, clock: StreamClock, name: string): object {
  return {
    event: 'mark',
    sequenceNumber: next(clock),
    streamSid: subject.streamSid,
    mark: { name },
  }
}

function next(clock: StreamClock): string {
  return `${++clock.sequence}`
}
