import type { SpeechEngine, SpeechRequest } from '../ports/speech.ts'
import { identityHeaders } from './identity-headers.ts'
import { checkRealtimeOptions, realtimeDefaults, realtimeVoice } from './realtime-options.ts'
import type { RealtimeOptions } from './realtime-options.ts'
import { bytesPerMs, sessionConfig } from './session-config.ts'
import { RealtimeSession } from './session.ts'

// Several of the provider's deltas (about 12 kB each); a larger one gets memory of its own.
const scratchBytes = 64 * 1024

/**
 * Speech sessions on the OpenAI Realtime API, GA dialect, over a websocket.
 * @throws RealtimeOptionsError when the options cannot work together
 */
export function createRealtimeEngine(options: RealtimeOptions): SpeechEngine {
  checkRealtimeOptions(options)
  const limits = { ...realtimeDefaults, ...options }
  const url = `${options.url}?model=${encodeURIComponent(options.model)}`
  const scratch = options.scratch ?? Buffer.allocUnsafe(scratchBytes)
  const turnDetection = options.turnDetection
  const turns = {
    repliesToTurns: turnDetection?.create_response ?? false,
    interrupts: turnDetection?.interrupt_response ?? false,
  }
  const { clock, metrics, loop, dial } = options
  let live = 0
  return {
    name: 'openai-realtime',
    open(request) {
      const log = options.log.forCall(request.callSid)
      if (request.voice !== undefined && !realtimeVoice(request.voice)) {
        log.event('warn', 'voiceUnknown', { name: request.voice.slice(0, 32) })
      }
      metrics.count('realtime_sessions_total')
      metrics.gauge('realtime_sessions_live', ++live)
      return new RealtimeSession({
        url,
        headers: requestHeaders(options, request),
        config: sessionConfig(options, request),
        bytesPerMs: bytesPerMs(request.audio),
        turns,
        limits,
        scratch,
        receiver: request.receiver,
        dial,
        clock,
        log,
        metrics,
        onOver: () => metrics.gauge('realtime_sessions_live', --live),
        ...(loop && { onEnter: () => loop.enter(request.callSid, clock.nowMs()) }),
      })
    },
  }
}

/** No beta header: with it the upgrade succeeds and the server then closes with 4000. */
function requestHeaders(options: RealtimeOptions, request: SpeechRequest): Record<string, string> {
  const safety = request.safetyIdentifier
  return {
    ...identityHeaders(options),
    // A keyed hash; anything that is no header value is left out rather than the call lost.
    ...(safety !== undefined &&
      /^[\x21-\x7e]{1,256}$/.test(safety) && { 'OpenAI-Safety-Identifier': safety }),
  }
}
