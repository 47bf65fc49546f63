import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { createRealtimeEngine } from '../../../src/openai/engine.ts'
import type { RealtimeOptions } from '../../../src/openai/realtime-options.ts'
import type { Log, LogFields, LogLevel } from '../../../src/ports/log.ts'
import type { Metrics } from '../../../src/ports/metrics.ts'
import type { SpeechEvent, SpeechReceiver, SpeechRequest, SpeechSession } from '../../../src/ports/speech.ts'
import type { ScriptedPeer, ScriptedServer } from './scripted-server.ts'

/** A key that must never be seen again. */
export const plantedKey = 'sk-proj-PLANTED0123456789abcdefPLANTED'

type OfKind<K extends SpeechEvent['kind']> = Extract<SpeechEvent, { kind: K }>

/** Keeps everything a session tells; audio is copied, as the contract demands. */
export class RecordingReceiver implements SpeechReceiver {
  readonly events: SpeechEvent[] = []
  readonly audio: { responseId: string; itemId: string; bytes: Buffer }[] = []
  readonly #waiting: { kind: string; resolve: (event: SpeechEvent) => void }[] = []
  #taken = 0
  /** Called before an event is kept: a test may act from inside the callback. */
  onTold: (event: SpeechEvent) => void = () => {}

  onAudio(audio: { responseId: string; itemId: string; bytes: Uint8Array }): void {
    this.audio.push({ responseId: audio.responseId, itemId: audio.itemId, bytes: Buffer.from(audio.bytes) })
  }

  onEvent(event: SpeechEvent): void {
    this.onTold(event)
    this.events.push(event)
    const index = this.#waiting.findIndex(({ kind }) => kind === event.kind)
    if (index !== -1) {
      this.#taken = this.events.length
      this.#waiting.splice(index, 1)[0]?.resolve(event)
    }
  }

  /** The next event of this kind after the last one taken. */
  next<K extends SpeechEvent['kind']>(kind: K): Promise<OfKind<K>> {
    for (let at = this.#taken; at < this.events.length; at++) {
      const event = this.events[at]
      if (event?.kind !== kind) continue
      this.#taken = at + 1
      return Promise.resolve(event as OfKind<K>)
    }
    return new Promise((resolve) =>
      this.#waiting.push({ kind, resolve: resolve as (event: SpeechEvent) => void }),
    )
  }

  kinds(): string[] {
    return this.events.map((event) => event.kind)
  }

  /** Events without their times. */
  told(): unknown[] {
    return this.events.map((event) => ({ ...event, atMs: undefined }))
  }
}

/** Keeps log lines and counts. */
export class RecordingOps implements Log, Metrics {
  readonly lines: { level: LogLevel; kind: string; fields?: LogFields }[] = []
  readonly counts = new Map<string, number>()
  readonly gauges = new Map<string, number>()
  readonly observed: string[] = []

  event(level: LogLevel, kind: string, fields?: LogFields): void {
    this.lines.push({ level, kind, ...(fields && { fields }) })
  }
  forCall(): Log {
    return this
  }
  count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    const key = [name, ...Object.values(labels)].join(' ')
    this.counts.set(key, (this.counts.get(key) ?? 0) + by)
  }
  observe(name: string): void {
    this.observed.push(name)
  }
  gauge(name: string, value: number): void {
    this.gauges.set(name, value)
  }
}

/** Options of an engine for tests; time stands still until the clock is moved. */
export function testOptions(over: Partial<RealtimeOptions> = {}): RealtimeOptions {
  const ops = new RecordingOps()
  return {
    apiKey: plantedKey,
    url: 'ws://127.0.0.1:9/v1/realtime',
    model: 'gpt-realtime-2.1',
    voice: 'marin',
    transcription: { model: 'gpt-realtime-whisper' },
    turnDetection: {
      type: 'server_vad',
      threshold: 0.5,
      prefix_padding_ms: 300,
      silence_duration_ms: 500,
      idle_timeout_ms: null,
      create_response: true,
      interrupt_response: true,
    },
    noiseReduction: 'near_field',
    clock: new VirtualClock(),
    log: ops,
    metrics: ops,
    ...over,
  }
}

/** What a call asks for in tests. */
export function testRequest(over: Partial<SpeechRequest> = {}): SpeechRequest {
  return {
    callSid: `CA${'0'.repeat(32)}`,
    instructions: 'You answer the phone for the bakery.',
    language: 'en',
    tools: [
      { name: 'get_hours', description: 'Opening hours of one day', parameters: { type: 'object' } },
      { name: 'end_call', description: 'Ends the call', parameters: { type: 'object' } },
    ],
    audio: 'pcm24k',
    receiver: new RecordingReceiver(),
    ...over,
  }
}

/** A session against a scripted server, with everything a test looks at. */
export type Stage = {
  readonly session: SpeechSession
  readonly peer: ScriptedPeer
  readonly receiver: RecordingReceiver
  readonly clock: VirtualClock
  readonly ops: RecordingOps
}

/** Opens a session and waits until the server has its update; the server has said nothing yet. */
export async function connect(
  server: ScriptedServer,
  options: Partial<RealtimeOptions> = {},
  request: Partial<SpeechRequest> = {},
): Promise<Stage & { readonly update: Record<string, unknown> }> {
  const receiver = new RecordingReceiver()
  const clock = new VirtualClock()
  const ops = new RecordingOps()
  const engine = createRealtimeEngine(
    testOptions({ url: server.url, clock, log: ops, metrics: ops, ...options }),
  )
  const session = engine.open(testRequest({ receiver, ...request }))
  const peer = await server.accept()
  const update = await peer.next('session.update')
  return { session, peer, receiver, clock, ops, update }
}

/** A session that is ready. */
export async function ready(
  server: ScriptedServer,
  options: Partial<RealtimeOptions> = {},
  request: Partial<SpeechRequest> = {},
): Promise<Stage> {
  const stage = await connect(server, options, request)
  stage.peer.send(
    { type: 'session.created', event_id: 'event_1', session: { id: 'sess_1', expires_at: 1_800_000_000 } },
    echo(stage.update),
  )
  await stage.receiver.next('sessionReady')
  return stage
}

/** `session.updated` that agrees with the update, but for the changed fields. */
export function echo(update: Record<string, unknown>, changed: object = {}): object {
  return {
    type: 'session.updated',
    event_id: 'event_2',
    session: {
      ...(update['session'] as object),
      id: 'sess_1',
      object: 'realtime.session',
      expires_at: 1_800_000_000,
      ...changed,
    },
  }
}
