import type { Random } from '../caller/random.ts'
import type { RawFrame } from '../openai/garbage.ts'
import { mutatedJson, reshapedJson } from './mutated-json.ts'
import { pick } from './odd-values.ts'
import { type EventMaking, realtimeEvent, realtimeEventTypes } from './realtime-events.ts'
import { disordered, realtimeStory, type StoryName } from './realtime-stories.ts'

/** Of what a session's messages are made, and how fast they come. */
type Course = {
  /** Stories, each as often as it stands here. */
  readonly stories: readonly StoryName[]
  /** Types of single events; so many of a hundred are such. */
  readonly events: readonly string[]
  readonly singlePercent: number
  /** How many of a hundred stories are told in disorder, and how many messages are mutated. */
  readonly disorderedPercent: number
  readonly mutatedPercent: number
  /** Messages in 20 ms. A session may send 80 of them. */
  readonly pace: readonly number[]
}

const all: readonly StoryName[] = ['reply', 'reply', 'tools', 'turn']
const transcription = 'conversation.item.input_audio_transcription'
const usual = { stories: all, events: realtimeEventTypes, pace: [1, 4, 20, 60] } as const
const single = { ...usual, singlePercent: 100, disorderedPercent: 0, mutatedPercent: 0 } as const

/** Ways in which a model can go wrong, by name. */
const courses: Readonly<Record<string, Course>> = {
  'in order': { ...usual, singlePercent: 0, disorderedPercent: 0, mutatedPercent: 0 },
  'out of order': { ...usual, singlePercent: 5, disorderedPercent: 100, mutatedPercent: 3 },
  'a little wrong': { ...usual, singlePercent: 20, disorderedPercent: 30, mutatedPercent: 6 },
  'often wrong': { ...usual, singlePercent: 40, disorderedPercent: 30, mutatedPercent: 25 },
  'always wrong': { ...usual, singlePercent: 60, disorderedPercent: 0, mutatedPercent: 100 },
  'any event': single,
  tools: { ...usual, stories: ['tools'], singlePercent: 0, disorderedPercent: 50, mutatedPercent: 4 },
  turns: { ...usual, stories: ['turn'], singlePercent: 0, disorderedPercent: 50, mutatedPercent: 4 },
  errors: { ...single, events: ['error'], pace: [1, 4] },
  sessions: {
    ...single,
    events: ['session.created', 'session.updated', 'session.updated', 'rate_limits.updated'],
    pace: [1],
  },
  'items without end': {
    ...single,
    events: ['response.created', ...Array.from({ length: 60 }, () => 'response.output_item.added')],
  },
  'audio without end': {
    ...single,
    events: ['response.created', ...Array.from({ length: 60 }, () => 'response.output_audio.delta')],
  },
  'words without end': {
    ...single,
    events: [
      ...Array.from({ length: 30 }, () => 'response.output_audio_transcript.delta'),
      'response.created',
      'response.output_audio.delta',
      'input_audio_buffer.committed',
      `${transcription}.delta`,
      `${transcription}.completed`,
    ],
  },
  'more than it may': { ...usual, singlePercent: 50, disorderedPercent: 0, mutatedPercent: 0, pace: [400] },
}

/** Names of all ways in which a model can go wrong; those that end a session soon stand here more than once. */
export const realtimeCourses = [
  ...Object.keys(courses),
  ...Array.from({ length: 5 }, () => ['often wrong', 'always wrong']).flat(),
]

/** A message as it is sent, and what was done to it. */
export type FuzzedFrame = {
  readonly frame: RawFrame & { readonly data: Uint8Array }
  readonly how: 'plain' | 'reshaped' | 'mutated' | 'binary' | 'huge'
}

/** What comes in so many milliseconds. */
export const TICK_MS = 20

/** One of so many mutated messages is sent as a binary one. */
const BINARY_EVERY = 25
/** One of so many messages is longer than any that a client of ours takes; one of as many is just short enough. */
const HUGE_EVERY = 6_000
const MOST_BYTES = 1_048_576
const RESHAPED_PERCENT = 10

/** What one session is sent, tick by tick and without an end. The same random numbers give the same messages. */
export function* fuzzedRealtime(
  name: string,
  making: EventMaking,
): Generator<readonly FuzzedFrame[], undefined> {
  const course = courses[name]
  if (!course) throw new RangeError(`Cannot fuzz a session: no course is called ${name}`)
  const { random } = making
  const pace = pick(random, course.pace)
  let waiting: FuzzedFrame[] = []
  for (;;) {
    while (waiting.length < pace) {
      waiting.push(
        ...nextEvents(course, making).map((event) => encoded(event, course.mutatedPercent, random)),
      )
    }
    yield waiting.slice(0, pace)
    waiting = waiting.slice(pace)
  }
}

function nextEvents(course: Course, making: EventMaking): readonly object[] {
  const { random } = making
  if (random.whole(100) < course.singlePercent) return [realtimeEvent(pick(random, course.events), making)]
  const story = realtimeStory(pick(random, course.stories), making)
  return random.whole(100) < course.disorderedPercent ? disordered(story, making) : story
}

function encoded(event: object, mutatedPercent: number, random: Random): FuzzedFrame {
  if (random.whole(HUGE_EVERY) === 0) return huge(event, random)
  if (random.whole(100) < mutatedPercent) {
    const data = mutatedJson(event, random).bytes
    return random.whole(BINARY_EVERY) === 0
      ? { frame: { kind: 'binary', data }, how: 'binary' }
      : { frame: { kind: 'text', data }, how: 'mutated' }
  }
  if (random.whole(100) < RESHAPED_PERCENT) {
    return { frame: { kind: 'text', data: reshapedJson(event, random) }, how: 'reshaped' }
  }
  return { frame: { kind: 'text', data: Buffer.from(JSON.stringify(event)) }, how: 'plain' }
}

/** The same event with one long member more: just short enough, or just too long. */
function huge(event: object, random: Random): FuzzedFrame {
  const bare = Buffer.byteLength(JSON.stringify({ ...event, padding: '' }))
  const padding = 'x'.repeat(Math.max(0, MOST_BYTES - bare + random.whole(2)))
  return { frame: { kind: 'text', data: Buffer.from(JSON.stringify({ ...event, padding })) }, how: 'huge' }
}
