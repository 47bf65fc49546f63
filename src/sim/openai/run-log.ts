import type { StruckFault } from './model-fault.ts'
import type { ServerEvent } from './server-events.ts'
import type { Connection, SessionEnd } from './session-record.ts'

/** One thing that happened at the fake, for a log of the whole run. Audio is replaced by its size. */
export type FakeOpenAiLogEntry = { readonly atMs: number; readonly sessionNumber: number } & (
  | { readonly kind: 'opened'; readonly connection: Connection }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string | null }
  | { readonly kind: 'client'; readonly type: string; readonly event: unknown }
  | { readonly kind: 'server'; readonly type: ServerEvent['type']; readonly event: unknown }
  | { readonly kind: 'closed'; readonly end: SessionEnd }
  /** Something went wrong on purpose; `detail` says of what sort. */
  | { readonly kind: 'fault'; readonly fault: StruckFault; readonly detail: string | undefined }
)

/**
 * An event without its audio: base64 becomes `{ bytes }`, wherever it stands.
 * @param event of either side
 */
export function withoutAudio(event: unknown): unknown {
  if (Array.isArray(event)) return event.map(withoutAudio)
  if (typeof event !== 'object' || event === null) return event
  // Caller audio comes fifty times a second.
  if ('type' in event && event.type === 'input_audio_buffer.append' && 'audio' in event) {
    const { audio, ...rest } = event
    return {
      ...rest,
      audio: typeof audio === 'string' ? { bytes: Buffer.byteLength(audio, 'base64') } : audio,
    }
  }
  const audioDelta = Reflect.get(event, 'type') === 'response.output_audio.delta'
  return Object.fromEntries(
    Object.entries(event).map(([key, value]: [string, unknown]) => {
      const audio = typeof value === 'string' && (key === 'audio' || (audioDelta && key === 'delta'))
      return [key, audio ? { bytes: Buffer.byteLength(value, 'base64') } : withoutAudio(value)]
    }),
  )
}
