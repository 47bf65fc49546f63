/** Counters of the process; each name says what is counted. Labels are from small closed sets. */
export type CounterName =
  | 'calls_total'
  | 'calls_ended_total'
  | 'media_frames_in_total'
  | 'media_frames_out_total'
  | 'media_bytes_filled_total'
  | 'caller_audio_dropped_ms_total'
  | 'refusals_total'
  | 'protocol_faults_total'
  | 'realtime_events_ignored_total'
  | 'realtime_events_refused_total'
  | 'realtime_sessions_total'
  | 'realtime_sessions_lost_total'
  | 'tokens_total'
  | 'tool_calls_total'
  | 'owner_notices_total'
  | 'interruptions_total'
  | 'background_failures_total'
  | 'storage_writes_total'
  | 'loop_blocked_total'

/** Histograms in milliseconds. */
export type HistogramName =
  | 'webhook_answer_ms'
  | 'webhook_to_first_append_ms'
  | 'turn_first_delta_ms'
  | 'turn_first_media_ms'
  | 'turn_first_mark_ms'
  | 'barge_in_clear_ms'
  | 'session_ready_ms'
  | 'storage_commit_ms'

/** Gauges. */
export type GaugeName =
  | 'calls_live'
  | 'media_sockets_live'
  | 'media_sockets_pending'
  | 'realtime_sessions_live'
  | 'event_loop_recent_p99_ms'
  | 'effects_unresolved'

/** Labels of a metric: reasons, kinds, directions. Never a number, a name or an id of a call. */
export type Labels = Readonly<Record<string, string>>

/** Numbers for operators. All methods are cheap enough for the audio path. */
export interface Metrics {
  count(name: CounterName, labels?: Labels, by?: number): void
  observe(name: HistogramName, valueMs: number, labels?: Labels): void
  gauge(name: GaugeName, value: number): void
}
