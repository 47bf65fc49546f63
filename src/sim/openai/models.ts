/** What the fake knows about a model. */
export type KnownModel = {
  readonly id: string
  /** `YYYY-MM-DD` of its announced end, null when none is announced; from that day on the model is gone. */
  readonly shutdownDate: string | null
  /** Present for models that a Realtime session can be opened with. */
  readonly realtime?: {
    /** Takes `reasoning` and `parallel_tool_calls`, and speaks a preamble while it writes a call. */
    readonly reasoning: boolean
    readonly defaultVoice: string
    readonly defaultSilenceMs: number
  }
}

const reasoning = { reasoning: true, defaultVoice: 'marin', defaultSilenceMs: 500 }
const plain = { reasoning: false, defaultVoice: 'alloy', defaultSilenceMs: 200 }

/** The models of November 2026 and what is announced about their end. Source: the deprecations page, 2026-11-20 */
export const knownModels: readonly KnownModel[] = [
  { id: 'gpt-realtime-2.1', shutdownDate: null, realtime: reasoning },
  { id: 'gpt-realtime-2.1-mini', shutdownDate: null, realtime: reasoning },
  { id: 'gpt-realtime-2', shutdownDate: null, realtime: reasoning },
  { id: 'gpt-realtime-1.5', shutdownDate: null, realtime: plain },
  { id: 'gpt-realtime', shutdownDate: '2027-01-20', realtime: plain },
  { id: 'gpt-realtime-2025-08-28', shutdownDate: '2027-01-20', realtime: plain },
  { id: 'gpt-realtime-mini', shutdownDate: '2027-01-20', realtime: plain },
  { id: 'gpt-realtime-mini-2025-12-15', shutdownDate: '2027-01-20', realtime: plain },
  { id: 'gpt-4o-realtime-preview', shutdownDate: '2026-05-07', realtime: plain },
  { id: 'gpt-4o-mini-realtime-preview', shutdownDate: '2026-05-07', realtime: plain },
  { id: 'gpt-realtime-whisper', shutdownDate: null },
  { id: 'gpt-transcribe', shutdownDate: null },
  { id: 'gpt-live-transcribe', shutdownDate: null },
  { id: 'gpt-4o-transcribe', shutdownDate: '2027-02-26' },
  { id: 'gpt-4o-mini-transcribe', shutdownDate: '2027-02-26' },
  { id: 'gpt-4o-transcribe-diarize', shutdownDate: '2027-02-26' },
  { id: 'whisper-1', shutdownDate: '2027-02-26' },
  { id: 'gpt-4o-mini-tts', shutdownDate: '2027-01-06' },
  { id: 'gpt-6.1-sol', shutdownDate: null },
  { id: 'gpt-6.1-terra', shutdownDate: null },
  { id: 'gpt-6-sol', shutdownDate: null },
  { id: 'gpt-6-luna', shutdownDate: null },
  { id: 'gpt-5.6-terra', shutdownDate: null },
  { id: 'gpt-4o', shutdownDate: '2027-01-14' },
  { id: 'gpt-4o-mini', shutdownDate: '2027-01-14' },
  { id: 'gpt-4.1', shutdownDate: '2027-01-14' },
  { id: 'gpt-4-1106-preview', shutdownDate: '2026-10-23' },
]
