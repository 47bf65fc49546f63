import type { Config } from './config.ts'

/** The settings of a Realtime session in the provider's own names, every one set: defaults differ between models. */
export function realtimeSettings({ openai, realtime, limits }: Config) {
  return {
    url: openai.realtimeUrl,
    model: openai.realtimeModel,
    ...(openai.organizationId !== undefined && { organization: openai.organizationId }),
    ...(openai.projectId !== undefined && { project: openai.projectId }),
    transcription: openai.transcriptionModel === undefined ? null : { model: openai.transcriptionModel },
    turnDetection: turnDetectionOf(realtime.turnDetection),
    noiseReduction: realtime.noiseReduction ?? null,
    speed: realtime.speed,
    maxOutputTokens: realtime.maxOutputTokens,
    sessionReadyDeadlineMs: limits.sessionReadyDeadlineMs,
  }
}

/** The provider answers each turn and stops when the caller speaks; silence is the call's own business. */
function turnDetectionOf(turns: Config['realtime']['turnDetection']) {
  const behaviour = { create_response: true, interrupt_response: true }
  if (turns.kind === 'semantic_vad') {
    return { type: 'semantic_vad', eagerness: turns.eagerness, ...behaviour } as const
  }
  return {
    type: 'server_vad',
    threshold: turns.threshold,
    prefix_padding_ms: turns.prefixPaddingMs,
    silence_duration_ms: turns.silenceMs,
    idle_timeout_ms: null,
    ...behaviour,
  } as const
}
