import { z } from 'zod'

/** The voices of a Realtime session. The speech endpoint knows others (fable, onyx, nova): they are refused here. */
export const voices = [
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'sage',
  'shimmer',
  'verse',
  'marin',
  'cedar',
] as const

const transcriptionModels = [
  'gpt-realtime-whisper',
  'gpt-transcribe',
  'gpt-live-transcribe',
  'gpt-4o-transcribe',
  'gpt-4o-mini-transcribe',
  'gpt-4o-mini-transcribe-2025-12-15',
  'gpt-4o-transcribe-diarize',
  'whisper-1',
] as const

const rateHz = z
  .int()
  .min(24_000)
  .max(24_000)
  .transform(() => 24_000 as const)

/** An audio format: PCM names its only rate, the G.711 formats name none. */
export const formatSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('audio/pcm'), rate: rateHz }),
  z.strictObject({ type: z.literal('audio/pcmu') }),
  z.strictObject({ type: z.literal('audio/pcma') }),
])

/** A voice by name, or a custom one by id. */
export const voiceSchema = z.union([z.enum(voices), z.strictObject({ id: z.string().min(1) })])

const noiseReductionSchema = z.strictObject({
  type: z.enum(['near_field', 'far_field']),
  strength: z.number().min(0).optional(),
})

const transcriptionSchema = z.strictObject({
  model: z.enum(transcriptionModels).optional(),
  language: z.string().max(64).optional(),
  languages: z.array(z.string().max(64)).max(64).optional(),
  keywords: z.array(z.string().max(256)).max(1000).optional(),
  prompt: z.string().max(1024).optional(),
  delay: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh']).optional(),
})

const turnDetectionSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('server_vad'),
    threshold: z.number().min(0).max(1).optional(),
    prefix_padding_ms: z.int().min(0).max(10_000).optional(),
    silence_duration_ms: z.int().min(0).max(10_000).optional(),
    idle_timeout_ms: z.int().min(5000).max(30_000).nullable().optional(),
    create_response: z.boolean().optional(),
    interrupt_response: z.boolean().optional(),
  }),
  z.strictObject({
    type: z.literal('semantic_vad'),
    eagerness: z.enum(['low', 'medium', 'high', 'auto']).optional(),
    create_response: z.boolean().optional(),
    interrupt_response: z.boolean().optional(),
  }),
])

/** A tool in the flat form of Realtime: no nested `function`, no `strict`. */
export const functionToolSchema = z.strictObject({
  type: z.literal('function'),
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-zA-Z0-9_-]+$/),
  description: z.string().max(1024).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
})

/** Which tool the model may or must call. */
export const toolChoiceSchema = z.union([
  z.enum(['auto', 'none', 'required']),
  z.strictObject({ type: z.literal('function'), name: z.string() }),
])

/** A bound on the tokens of one response, audio included. */
export const maxOutputTokensSchema = z.union([z.int().min(1).max(4096), z.literal('inf')])

/** How much a reasoning model thinks. */
export const reasoningSchema = z.strictObject({
  effort: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh']).optional(),
})

/** Audio or text, never both: a transcript comes with audio anyway. */
export const modalitiesSchema = z.tuple([z.enum(['audio', 'text'])])

const truncationSchema = z.union([
  z.enum(['auto', 'disabled']),
  z.strictObject({
    type: z.literal('retention_ratio'),
    retention_ratio: z.number().min(0).max(1),
    token_limits: z.strictObject({ post_instructions: z.int().min(0).optional() }).optional(),
  }),
])

const tracingSchema = z.union([
  z.enum(['auto']),
  z.strictObject({
    workflow_name: z.string().optional(),
    group_id: z.string().optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
  }),
])

const inputSchema = z.strictObject({
  format: formatSchema.optional(),
  noise_reduction: noiseReductionSchema.nullable().optional(),
  transcription: transcriptionSchema.nullable().optional(),
  turn_detection: turnDetectionSchema.nullable().optional(),
})

const outputSchema = z.strictObject({
  format: formatSchema.optional(),
  voice: voiceSchema.optional(),
  speed: z.number().min(0.25).max(1.5).optional(),
})

const includeSchema = z.array(z.enum(['item.input_audio_transcription.logprobs'])).max(1)

/** The `session` of a `session.update`; what is not listed does not exist, the fields of the beta among it. */
export const sessionUpdateSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('realtime'),
    model: z.string().optional(),
    output_modalities: modalitiesSchema.optional(),
    instructions: z.string().max(200_000).optional(),
    audio: z.strictObject({ input: inputSchema.optional(), output: outputSchema.optional() }).optional(),
    tools: z.array(functionToolSchema).max(128).optional(),
    tool_choice: toolChoiceSchema.optional(),
    parallel_tool_calls: z.boolean().optional(),
    reasoning: reasoningSchema.optional(),
    max_output_tokens: maxOutputTokensSchema.optional(),
    truncation: truncationSchema.optional(),
    tracing: tracingSchema.nullable().optional(),
    include: includeSchema.nullable().optional(),
  }),
  z.strictObject({
    type: z.literal('transcription'),
    audio: z.strictObject({ input: inputSchema.optional() }).optional(),
    include: includeSchema.nullable().optional(),
  }),
])

/** What a client asks for in `session.update`. */
export type SessionUpdate = z.infer<typeof sessionUpdateSchema>
/** How turns are found; null means that the client commits them. */
export type TurnDetection = z.infer<typeof turnDetectionSchema>
/** How caller audio is transcribed. */
export type TranscriptionSettings = z.infer<typeof transcriptionSchema>
/** A tool as the session knows it. */
export type FunctionTool = z.infer<typeof functionToolSchema>
/** Audio coming in, as a client may set it. */
export type InputUpdate = z.infer<typeof inputSchema>
/** Audio going out, as a client may set it. */
export type OutputUpdate = z.infer<typeof outputSchema>
