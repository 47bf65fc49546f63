import type { Metrics } from '../ports/metrics.ts'
import type { CallEnding } from '../ports/storage.ts'
import type { CallMedia } from './media.ts'

/** Counts a call that is over: its ending, the audio it lost, and how soon the model heard its caller. */
export function countCall(
  metrics: Metrics,
  media: CallMedia,
  call: { readonly ending: CallEnding; readonly offeredAtMs: number },
): void {
  const { firstAppendAtMs } = media.counts
  if (firstAppendAtMs !== undefined) {
    metrics.observe('webhook_to_first_append_ms', firstAppendAtMs - call.offeredAtMs)
  }
  metrics.count('caller_audio_dropped_ms_total', {}, media.droppedMs())
  metrics.count('calls_ended_total', { ending: call.ending })
}
