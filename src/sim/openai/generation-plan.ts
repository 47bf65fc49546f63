import type { ModelReply } from './model-script.ts'
import type { SeededRandom } from './seeded-random.ts'

/** One output of a response: a message, spoken or written, or a call. */
export type PlannedOutput =
  | { readonly kind: 'audio' | 'text' }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: string }

/** One thing that a response does, so many milliseconds after it began to put out. */
export type Step = { readonly atMs: number; readonly output: number } & (
  | { readonly kind: 'open' | 'close' }
  | { readonly kind: 'text' | 'arguments'; readonly delta: string }
  | { readonly kind: 'audio'; readonly bytes: Uint8Array }
)

/** How a response ends. */
export type Ending =
  | { readonly kind: 'completed' }
  | { readonly kind: 'cancelled'; readonly reason: 'turn_detected' | 'client_cancelled' }
  | { readonly kind: 'incomplete'; readonly reason: 'max_output_tokens' | 'content_filter' }
  | { readonly kind: 'failed'; readonly error: { type: string; code: string; message: string } }
  /** Nothing more comes, not even an end. */
  | { readonly kind: 'stalled' }
  /** The connection breaks. */
  | { readonly kind: 'dropped'; readonly closeCode?: number; readonly closeReason: string }

/** Everything that a response will do unless it is cancelled. */
export type Plan = {
  readonly outputs: readonly PlannedOutput[]
  readonly steps: readonly Step[]
  readonly ending: Ending
}

/** What a plan is made from. */
export type PlanOptions = {
  readonly reply: ModelReply
  /** The words spoken, already as bytes; undefined when the response is written. */
  readonly speech: { readonly bytes: Uint8Array; readonly bytesPerMs: number } | undefined
  /** How many times faster than real time audio is generated. */
  readonly paceFactor: number
  readonly maxOutputTokens: number | 'inf'
  /** Outputs overlap: a call begins before the message before it is finished. */
  readonly overlap: boolean
  readonly random: SeededRandom
}

/** Words that come before the first audio. */
const LEAD_WORDS = 3
/** How far text runs ahead of audio: it is complete when audio has come to this share. */
const TEXT_DONE_AT = 0.6
const ARGUMENT_CHARACTERS = 12
const ARGUMENT_STEP_MS = 8
const WORD_STEP_MS = 10

/** The words of a reply, whether they stand before calls or alone. */
export function spokenText(reply: ModelReply): string {
  return reply.preamble ?? reply.say ?? ''
}

/** True when the reply has a message at all; one with calls only has none. */
export function hasMessage(reply: ModelReply): boolean {
  return [reply.say, reply.preamble, reply.clip, reply.audioMs].some((one) => one !== undefined)
}

/** Output tokens of a text, at four characters each. */
export function textTokens(text: string): number {
  return text.length / 4
}

/** Output tokens of generated audio: 20 per second. Source: OpenAI's guide to Realtime costs */
export function audioTokens(durationMs: number): number {
  return durationMs / 50
}

/** Lays out a reply in time: what is sent when, and how it ends. */
export function planReply(options: PlanOptions): Plan {
  const { reply } = options
  if (reply.never) return { outputs: [], steps: [], ending: { kind: 'stalled' } }
  const message = hasMessage(reply) ? messageSteps(options) : []
  const calls = (reply.calls ?? []).map((call) => ({
    kind: 'call' as const,
    name: call.name,
    arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
  }))
  const first = message.length > 0 ? 1 : 0
  const outputs = [
    ...(first ? [{ kind: options.speech ? ('audio' as const) : ('text' as const) }] : []),
    ...calls,
  ]
  const startMs = message.at(-1)?.atMs ?? 0
  const callSteps = options.overlap
    ? overlapping(
        calls.map((call, index) => argumentSteps(call.arguments, first + index)),
        startMs,
      )
    : following(
        calls.map((call, index) => argumentSteps(call.arguments, first + index)),
        startMs,
      )
  const steps = options.overlap ? interleave(message, callSteps) : [...message, ...callSteps]
  return withinTokens(withEnding({ outputs, steps, ending: endingOf(reply) }, options), options)
}

function messageSteps(options: PlanOptions): Step[] {
  const words = spokenText(options.reply).match(/\s*\S+/g) ?? []
  const open: Step = { kind: 'open', atMs: 0, output: 0 }
  if (!options.speech) {
    const steps = words.map((word, index) => wordStep(word, index * WORD_STEP_MS))
    return [open, ...steps, { kind: 'close', atMs: words.length * WORD_STEP_MS, output: 0 }]
  }
  const { bytes, bytesPerMs } = options.speech
  const steps: Step[] = [open, ...words.slice(0, LEAD_WORDS).map((word) => wordStep(word, 0))]
  let sentWords = Math.min(LEAD_WORDS, words.length)
  for (let offset = 0; offset < bytes.length;) {
    const end = Math.min(bytes.length, offset + options.random.between(19, 27) * 10 * bytesPerMs)
    const atMs = end / bytesPerMs / options.paceFactor
    const due = Math.ceil((words.length * end) / (bytes.length * TEXT_DONE_AT))
    for (; sentWords < Math.min(due, words.length); sentWords++)
      steps.push(wordStep(words[sentWords] ?? '', atMs))
    steps.push({ kind: 'audio', bytes: bytes.subarray(offset, end), atMs, output: 0 })
    offset = end
  }
  return [...steps, { kind: 'close', atMs: steps.at(-1)?.atMs ?? 0, output: 0 }]
}

function wordStep(delta: string, atMs: number): Step {
  return { kind: 'text', delta, atMs, output: 0 }
}

/** The steps of one call, its times counted from its own start. */
function argumentSteps(text: string, output: number): Step[] {
  const deltas = text.match(new RegExp(`[^]{1,${ARGUMENT_CHARACTERS}}`, 'g')) ?? []
  const steps = deltas.map((delta, index): Step => ({
    kind: 'arguments',
    delta,
    atMs: (index + 1) * ARGUMENT_STEP_MS,
    output,
  }))
  const endMs = steps.at(-1)?.atMs ?? ARGUMENT_STEP_MS
  return [{ kind: 'open', atMs: 0, output }, ...steps, { kind: 'close', atMs: endMs, output }]
}

/** One call after the other. */
function following(calls: readonly Step[][], startMs: number): Step[] {
  let atMs = startMs
  return calls.flatMap((steps) => {
    const moved = steps.map((step) => ({ ...step, atMs: step.atMs + atMs }))
    atMs = moved.at(-1)?.atMs ?? atMs
    return moved
  })
}

/** All calls at once: opened together, arguments in turn, closed in order. */
function overlapping(calls: readonly Step[][], startMs: number): Step[] {
  const rank = { open: 0, text: 1, audio: 1, arguments: 1, close: 2 }
  const endMs = Math.max(0, ...calls.map((steps) => steps.at(-1)?.atMs ?? 0))
  return calls
    .flat()
    .map((step) => ({ ...step, atMs: startMs + (step.kind === 'close' ? endMs : step.atMs) }))
    .toSorted((a, b) => a.atMs - b.atMs || rank[a.kind] - rank[b.kind] || a.output - b.output)
}

/** Puts the openings of the calls and the first half of their arguments before the end of the message. */
function interleave(message: readonly Step[], calls: readonly Step[]): Step[] {
  const close = message.at(-1)
  if (!close || calls.length === 0) return [...message, ...calls]
  const lastArguments = calls.filter((step) => step.kind !== 'close').length
  const early = calls.slice(0, Math.ceil(lastArguments / 2))
  const late = calls.slice(early.length)
  return [...message.slice(0, -1), ...early, { ...close, atMs: early.at(-1)?.atMs ?? close.atMs }, ...late]
}

function endingOf(reply: ModelReply): Ending {
  if (reply.dropAfterMs !== undefined || reply.closeCode !== undefined) {
    const closeReason = reply.closeReason ?? ''
    return reply.closeCode === undefined
      ? { kind: 'dropped', closeReason }
      : { kind: 'dropped', closeCode: reply.closeCode, closeReason }
  }
  switch (reply.ends) {
    case 'failed': {
      const { type, code, message } = reply.error ?? { type: 'server_error' }
      const fallback = 'The server had an error while processing your request.'
      return { kind: 'failed', error: { type, code: code ?? type, message: message ?? fallback } }
    }
    case 'incomplete':
      return { kind: 'incomplete', reason: 'max_output_tokens' }
    case 'filtered':
      return { kind: 'incomplete', reason: 'content_filter' }
    case 'cancelled':
      return { kind: 'cancelled', reason: 'turn_detected' }
    case 'completed':
    case undefined:
      return { kind: 'completed' }
  }
}

/** Cuts the steps where a reply ends early. */
function withEnding(plan: Plan, options: PlanOptions): Plan {
  const { reply, speech } = options
  if (plan.ending.kind === 'completed') return plan
  const speechMs = speech ? speech.bytes.length / speech.bytesPerMs : 0
  if (!speech || speechMs === 0 || !hasMessage(reply)) {
    const kept = plan.ending.kind === 'dropped' ? 0 : Math.ceil(plan.steps.length / 2)
    return { ...plan, steps: plan.steps.slice(0, kept) }
  }
  const limitMs =
    plan.ending.kind === 'dropped' ? (reply.dropAfterMs ?? 0) : (reply.endsAfterMs ?? speechMs / 2)
  let leftBytes = Math.round(limitMs) * speech.bytesPerMs
  const steps: Step[] = []
  for (const step of plan.steps) {
    if (step.kind === 'audio' && step.bytes.length > leftBytes) {
      if (leftBytes > 0) steps.push({ ...step, bytes: step.bytes.subarray(0, leftBytes) })
      break
    }
    if (step.kind === 'close') break
    if (step.kind === 'audio') leftBytes -= step.bytes.length
    steps.push(step)
  }
  return { ...plan, steps }
}

/** Cuts the steps where the response has used up its tokens. */
function withinTokens(plan: Plan, options: PlanOptions): Plan {
  if (options.maxOutputTokens === 'inf') return plan
  let left = options.maxOutputTokens
  const end = plan.steps.findIndex((step) => {
    left -= tokensOf(step, options.speech?.bytesPerMs ?? 1)
    return left < 0
  })
  if (end < 0) return plan
  return {
    ...plan,
    steps: plan.steps.slice(0, end),
    ending: { kind: 'incomplete', reason: 'max_output_tokens' },
  }
}

function tokensOf(step: Step, bytesPerMs: number): number {
  if (step.kind === 'audio') return audioTokens(step.bytes.length / bytesPerMs)
  return step.kind === 'text' || step.kind === 'arguments' ? textTokens(step.delta) : 0
}
