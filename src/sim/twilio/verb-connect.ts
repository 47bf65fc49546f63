import { isoTime } from '../../lib/clock.ts'
import { newSid } from './call-world.ts'
import type { StreamEnd } from './media-stream-options.ts'
import { MediaStream } from './media-stream.ts'
import type { StreamNoun, Verb } from './twiml.ts'
import type { VerbOutcome, VerbRun } from './verb-host.ts'
import { goTo } from './verb-host.ts'

/**
 * Runs `<Connect><Stream>`: dials the websocket and waits until the stream is over. However it ends, a call that
 * lives on continues with the action, or with the next verb.
 */
export async function runConnect(
  run: VerbRun,
  verb: Extract<Verb, { kind: 'connect' }>,
): Promise<VerbOutcome> {
  const { host, signal } = run
  const { world } = host
  host.answer()
  const streamSid = newSid(host.random, 'MZ')
  const stream = new MediaStream({
    noun: verb.stream,
    streamSid,
    callSid: host.sid,
    accountSid: world.accountSid,
    authToken: world.authToken,
    clock: world.clock,
    transport: {
      ...world.transport,
      connect: (socket) => world.transport.connect({ ...socket, delays: host.delays }),
    },
    line: host.line,
    log: world.log,
    firstTimestampMs: 80 + host.random.whole(80),
    handshakeMs: world.limits.handshakeMs,
    playoutBytes: world.limits.playoutBytes,
    waitingMarks: world.limits.waitingMarks,
    rewriteWsOrigin: world.rewriteWsOrigin,
    onOpen: () => tellStream(run, verb.stream, { streamSid, event: 'stream-started' }),
    onOver(end) {
      const error = streamError(end)
      if (error === undefined) tellStream(run, verb.stream, { streamSid, event: 'stream-stopped' })
      else tellStream(run, verb.stream, { streamSid, event: 'stream-error', error })
    },
  })
  host.addStream(stream)
  signal.addEventListener('abort', () => stream.stop(), { once: true })
  if (signal.aborted) stream.stop()
  else stream.open()
  await stream.over
  return verb.action ? goTo(run, verb.action, []) : { kind: 'next' }
}

/** An orderly close by the server is a stop; the debugger shows 31921 all the same. */
function streamError(end: StreamEnd): string | undefined {
  switch (end.kind) {
    case 'stopped':
      return undefined
    case 'vanished':
      return '31903 The connection broke'
    case 'closedByServer':
      return [1000, 1001, 1005].includes(end.closeCode)
        ? undefined
        : `${end.errorCode} The server closed the stream with ${end.closeCode}`
    case 'failed':
      return `${end.errorCode} ${end.reason}`
  }
}

function tellStream(
  run: VerbRun,
  noun: StreamNoun,
  about: { readonly streamSid: string; readonly event: string; readonly error?: string },
): void {
  const { host } = run
  const { statusCallback } = noun
  if (!statusCallback) return
  if (!/^https?:\/\//i.test(statusCallback.url)) {
    host.trouble(11_100, 'The status callback of a stream is no absolute URL')
    return
  }
  host.notify({
    purpose: 'streamStatus',
    url: statusCallback.url,
    method: statusCallback.method,
    fields: [
      ['AccountSid', host.world.accountSid],
      ['CallSid', host.sid],
      ['StreamSid', about.streamSid],
      ['StreamName', noun.name ?? about.streamSid],
      ['StreamEvent', about.event],
      ...(about.error === undefined ? [] : [['StreamError', about.error] as const]),
      ['Timestamp', isoTime(host.world.clock.wallMs())],
    ],
  })
}
