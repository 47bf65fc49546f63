import { hasVoice } from '../caller/listener.ts'
import { BYTES_PER_MS } from '../caller/sounds.ts'
import { newSid, rfc2822 } from './call-world.ts'
import { FRAME_MS } from './line.ts'
import { Recorder } from './recorder.ts'
import type { CallRecording } from './recordings.ts'
import { recordingSeconds } from './recordings.ts'
import type { Fields } from './signature.ts'
import type { RecordVerb } from './twiml.ts'
import type { VerbOutcome, VerbRun } from './verb-host.ts'
import { goTo, resolveUrl } from './verb-host.ts'
import { beep } from './verb-say.ts'

/**
 * Runs `<Record>`: until silence, a finishing key, the maximum length or the end of the call. When nothing was
 * said it leads to the next verb; when the caller hung up, the action is still told, and its answer ignored.
 */
export async function runRecord(run: VerbRun, verb: RecordVerb): Promise<VerbOutcome> {
  const { host, signal } = run
  const { world } = host
  host.answer()
  if (verb.playBeep) await host.line.play(beep(), signal)
  const startWallMs = world.clock.wallMs()
  const { ulaw, voiced, key } = await capture(run, verb)
  if (!voiced && !key && !signal.aborted) return { kind: 'next' }
  const recording: CallRecording = { sid: newSid(host.random, 'RE'), callSid: host.sid, ulaw, startWallMs }
  world.recordings.add(recording)
  const url = `${world.origin()}/2010-04-01/Accounts/${world.accountSid}/Recordings/${recording.sid}`
  tellRecording(run, verb, { recording, url })
  const result: Fields = [
    ['RecordingUrl', url],
    ['RecordingSid', recording.sid],
    ['RecordingDuration', `${recordingSeconds(recording)}`],
    ['Digits', host.isLive() ? (key ?? '') : 'hangup'],
  ]
  const action =
    verb.action ??
    (run.documentUrl === undefined ? undefined : { url: run.documentUrl, method: 'POST' as const })
  if (!action) return { kind: 'next' }
  const next = goTo(run, action, result)
  if (!host.isLive() && next.kind === 'document' && next.source.kind === 'url') {
    const { source } = next
    host.notify({ purpose: 'voice', url: source.url, method: source.method, fields: host.fields(result) })
  }
  return next
}

async function capture(
  run: VerbRun,
  verb: RecordVerb,
): Promise<{ readonly ulaw: Uint8Array; readonly voiced: boolean; readonly key: string | undefined }> {
  const { host, signal } = run
  const maxMs = Math.min(verb.maxLengthS * 1_000, host.world.limits.recordingMs)
  const recorder = new Recorder(maxMs * BYTES_PER_MS)
  const { promise, resolve } = Promise.withResolvers<void>()
  let key: string | undefined
  let voiced = false
  let lengthMs = 0
  let quietMs = 0
  using taps = new DisposableStack()
  taps.use(
    host.line.tapSaid((said) => {
      recorder.write(said)
      lengthMs += FRAME_MS
      quietMs = hasVoice(said) ? 0 : quietMs + FRAME_MS
      voiced ||= quietMs === 0
      if (lengthMs >= maxMs || quietMs >= verb.timeoutS * 1_000) resolve()
    }),
  )
  taps.use(
    host.line.tapKeys((digit) => {
      if (!verb.finishOnKey.includes(digit)) return
      key ??= digit
      resolve()
    }),
  )
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (!signal.aborted) await promise
  return { ulaw: recorder.bytes(), voiced, key }
}

function tellRecording(
  run: VerbRun,
  verb: RecordVerb,
  made: { readonly recording: CallRecording; readonly url: string },
): void {
  const { host } = run
  const callback = verb.recordingStatusCallback
  const url = callback && resolveUrl(callback.url, run.documentUrl)
  if (!url) return
  host.notify({
    purpose: 'recordingStatus',
    url,
    method: callback.method,
    fields: [
      ['AccountSid', host.world.accountSid],
      ['CallSid', host.sid],
      ['RecordingSid', made.recording.sid],
      ['RecordingUrl', made.url],
      ['RecordingStatus', 'completed'],
      ['RecordingDuration', `${recordingSeconds(made.recording)}`],
      ['RecordingChannels', '1'],
      ['RecordingStartTime', rfc2822(made.recording.startWallMs)],
      ['RecordingSource', 'RecordVerb'],
      ['RecordingTrack', 'inbound'],
    ],
  })
}
