import { API_VERSION, rfc2822 } from './call-world.ts'
import type { CallRecording, Recordings } from './recordings.ts'
import { recordingSeconds, recordingWav } from './recordings.ts'
import type { RestAnswer, RestRequest } from './rest-server.ts'
import { refuse } from './rest-server.ts'

/** Answers `/Recordings/{sid}` as JSON, and as sound with `.wav` or without an ending. */
export function recordingsResource(
  accountSid: string,
  recordings: Recordings,
  request: RestRequest,
): RestAnswer {
  const [, name = '', below] = request.path
  const sid = name.replace(/\.wav$/, '')
  const recording = below === undefined ? recordings.find(sid) : undefined
  if (!recording) return refuse(20404)
  if (request.method === 'DELETE') {
    recordings.remove(sid)
    return { kind: 'empty' }
  }
  if (request.method !== 'GET') return refuse(20004)
  if (!request.isJson) return { kind: 'wav', body: recordingWav(recording) }
  return { kind: 'json', status: 200, body: recordingResource(accountSid, recording) }
}

function recordingResource(accountSid: string, recording: CallRecording): Readonly<Record<string, unknown>> {
  const uri = `/${API_VERSION}/Accounts/${accountSid}/Recordings/${recording.sid}`
  const date = rfc2822(recording.startWallMs)
  return {
    account_sid: accountSid,
    api_version: API_VERSION,
    call_sid: recording.callSid,
    conference_sid: null,
    date_created: date,
    date_updated: date,
    start_time: date,
    duration: `${recordingSeconds(recording)}`,
    sid: recording.sid,
    price: null,
    price_unit: 'USD',
    status: 'completed',
    channels: 1,
    source: 'RecordVerb',
    error_code: null,
    uri: `${uri}.json`,
    encryption_details: null,
    subresource_uris: { transcriptions: `${uri}/Transcriptions.json` },
    media_url: `https://api.twilio.com${uri}`,
  }
}
