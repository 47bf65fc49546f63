import { rawFrame } from '../raw-frame.ts'
import { type WireForm, wireBytes } from '../wire-forms.ts'
import { askForStream, hangUpHonestly, ringHonestly } from './honest-calls.ts'
import { eventually, type LimitCase, type LimitScene, wholeRecordOf, within } from './limit-case.ts'
import { openRawMedia, type RawEnd, type RawMediaSocket } from './raw-media-socket.ts'
import { tcpTable } from './tcp-table.ts'

/** The largest message that a media socket takes. */
const MOST_BYTES = 65_536
const TEXT = 1
const PING = 9
const PONG = 10
/** A socket that lives answers within this. */
const ANSWER_WITHIN_MS = 2_000
/** How long anything may be left of a connection whose websocket is over. */
const GONE_WITHIN_MS = 3_000

type Stream = {
  readonly scene: LimitScene
  readonly socket: RawMediaSocket
  readonly callSid: string
  readonly streamSid: string
}
type Act = (stream: Stream) => void | Promise<void>
/** How the server ends a socket: the codes that its close frame may have, undefined for none, and how soon. */
type End = { readonly codes: readonly (number | undefined)[]; readonly withinMs: number }

/** What a telephone network could do to a media socket, and what must come of it. */
export const mediaLimitCases: readonly LimitCase[] = [
  broken('oversizeFrame', 1009),
  broken('oversizeClaim', 1009),
  broken('fragmentsTooMuch', 1009),
  broken('tinyFragments', 1008),
  broken('invalidUtf8', 1007),
  tolerated('binaryFrame', sends('binaryFrame')),
  ends('binaryFrames', sends('binaryFrames'), {
    must: 'the twentieth is the last: closed with 1008, and cut 2 s later when nobody answers; the call gets another stream',
    end: { codes: [1008], withinMs: 3_000 },
    goesOn: true,
  }),
  ends('pingFlood', unread('pingFlood'), {
    must: 'cut off when 64 answers lie unread, within 2 s; the call gets another stream',
    end: { codes: [undefined], withinMs: 2_000 },
    goesOn: true,
  }),
  tolerated('politePings', politePings),
  tolerated('pongFlood', sends('pongFlood')),
  ends('bareEnd', ({ socket }) => socket.finish(), {
    must: 'the other end closes too within 1 s; the call gets another stream',
    end: { codes: [undefined, 1005, 1006], withinMs: 1_000 },
    goesOn: true,
  }),
  ends('reset', ({ socket }) => socket.reset(), {
    must: 'nothing is left within 3 s; the call gets another stream',
    end: { codes: [undefined], withinMs: 1_000 },
    goesOn: true,
  }),
  ends('closeUnanswered', (stream) => stream.socket.text(startOf(stream)), {
    must: 'closed with 1008, and cut 2 s later when nobody answers; the call gets another stream',
    end: { codes: [1008], withinMs: 3_000 },
    goesOn: true,
  }),
  ends('closeOnly', sends('closeOnly'), {
    must: 'the close is answered and the connection ended within 1 s; the call gets another stream',
    end: { codes: [1005], withinMs: 1_000 },
    goesOn: true,
  }),
  broken('wrongMasking', 1002),
  broken('reservedBits', 1002),
  broken('badOpcode', 1002),
  broken('longPing', 1002),
  broken('fragmentedPing', 1002),
  broken('startlessFragment', 1002),
  broken('nestedFragment', 1002),
  broken('badCloseCode', 1002),
]

function broken(form: WireForm, code: number): LimitCase {
  return ends(form, sends(form), {
    must: `closed with ${code} within 1 s; the call gets another stream`,
    end: { codes: [code], withinMs: 1_000 },
    goesOn: true,
  })
}

function ends(
  name: string,
  act: Act,
  { must, end, goesOn }: { readonly must: string; readonly end: End; readonly goesOn: boolean },
): LimitCase {
  return {
    name,
    side: 'media',
    must,
    run: async (scene) => {
      const call = await ringHonestly(scene.caller)
      const stream = await openStream(scene, call)
      if (!stream) return { saw: 'nothing', tookMs: undefined, troubles: ['no stream came about'] }
      const startedMs = scene.clock.nowMs()
      await act(stream)
      const seen = await within(scene.clock, end.withinMs, stream.socket.ended)
      const tookMs = scene.clock.nowMs() - startedMs
      const left = await isLeft(stream)
      stream.socket.destroy()
      const next = await nextStream(scene, call.callSid, goesOn)
      return {
        saw: seen ? `${seen.code ?? 'no close frame'}, ${seen.by}` : 'no end',
        tookMs,
        troubles: [...wrongEnd(seen, end), ...(left ? ['the connection is left'] : []), ...next],
      }
    },
  }
}

function tolerated(name: string, act: Act): LimitCase {
  return {
    name,
    side: 'media',
    must: 'the socket lives on',
    run: async (scene) => {
      const call = await ringHonestly(scene.caller)
      const stream = await openStream(scene, call)
      if (!stream) return { saw: 'nothing', tookMs: undefined, troubles: ['no stream came about'] }
      const startedMs = scene.clock.nowMs()
      await act(stream)
      const lives = await answersPing(stream)
      const tookMs = scene.clock.nowMs() - startedMs
      const stopped = await stopStream(stream)
      const next = await nextStream(scene, call.callSid, false)
      return {
        saw: lives ? 'it lives' : `ended: ${stream.socket.seen().closeCode}`,
        tookMs,
        troubles: [...(lives ? [] : ['it does not answer any more']), ...stopped, ...next],
      }
    },
  }
}

function wrongEnd(seen: RawEnd | undefined, { codes, withinMs }: End): readonly string[] {
  if (!seen) return [`not ended within ${withinMs} ms`]
  return codes.includes(seen.code) ? [] : [`ended with ${seen.code} and not ${codes.join(' or ')}`]
}

/** Opens the stream of a call and waits for the first that is said on it. */
async function openStream(
  scene: LimitScene,
  { callSid, nonce }: { readonly callSid: string; readonly nonce: string },
): Promise<Stream | undefined> {
  const { caller, clock } = scene
  const socket = await openRawMedia(caller.account, nonce)
  if (!socket) return undefined
  const stream = { scene, socket, callSid, streamSid: `MZ${caller.random.hex(32)}` }
  socket.text({ event: 'connected', protocol: 'Call', version: '1.0.0' })
  socket.text(startOf(stream))
  const speaks = await eventually(clock, ANSWER_WITHIN_MS, () => (socket.seen().frames.get(TEXT) ?? 0) > 0)
  return speaks ? stream : undefined
}

function startOf({ scene, callSid, streamSid }: Omit<Stream, 'socket'>): object {
  const { accountSid } = scene.caller.account
  const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 }
  return { event: 'start', streamSid, start: { streamSid, accountSid, callSid, mediaFormat } }
}

async function answersPing({ scene, socket }: Stream): Promise<boolean> {
  const before = socket.seen().frames.get(PONG) ?? 0
  socket.write(rawFrame({ opcode: PING, masked: true }))
  return await eventually(scene.clock, ANSWER_WITHIN_MS, () => (socket.seen().frames.get(PONG) ?? 0) > before)
}

async function stopStream({ scene, socket, streamSid }: Stream): Promise<readonly string[]> {
  socket.text({ event: 'stop', streamSid })
  const end = await within(scene.clock, GONE_WITHIN_MS, socket.ended)
  socket.destroy()
  return end?.code === 1000 ? [] : [`a stop was answered with ${end?.code ?? 'nothing'}`]
}

/** Asks for the next stream of a call, uses it if there must be one, and sees the call to its end. */
async function nextStream(scene: LimitScene, callSid: string, goesOn: boolean): Promise<readonly string[]> {
  const nonce = await askForStream(scene.caller, callSid)
  const stream = nonce === undefined ? undefined : await openStream(scene, { callSid, nonce })
  const stopped = stream ? await stopStream(stream) : []
  await hangUpHonestly(scene.caller, callSid)
  const record = await wholeRecordOf(scene, callSid)
  const wrong = goesOn ? 'the call did not go on with another stream' : 'the call went on'
  return [
    ...((stream !== undefined) === goesOn ? [] : [wrong]),
    ...stopped,
    ...(record ? [] : ['its record is not complete']),
  ]
}

/** Whether the server still has its end of a connection. */
async function isLeft({ scene, socket }: Stream): Promise<boolean> {
  const alive = ['established', 'closeWait']
  const serverPort = Number(new URL(scene.caller.account.publicUrl).port)
  return !(await eventually(scene.clock, GONE_WITHIN_MS, async () => {
    const table = (await tcpTable()) ?? []
    return !table.some(
      ({ localPort, otherPort, state }) =>
        localPort === serverPort && otherPort === socket.localPort && alive.includes(state),
    )
  }))
}

function sends(form: WireForm): Act {
  return ({ socket }) => socket.write(wireBytes(form, { masked: true, mostBytes: MOST_BYTES }))
}

function unread(form: WireForm): Act {
  return async (stream) => {
    stream.socket.pause()
    await sends(form)(stream)
    // What has come until then is read after all, so that the end is seen.
    stream.scene.clock.setTimer(1_000, () => stream.socket.resume())
  }
}

/** Many pings, but never more than a few without an answer. */
async function politePings({ scene, socket }: Stream): Promise<void> {
  const before = socket.seen().frames.get(PONG) ?? 0
  const ping = rawFrame({ opcode: PING, masked: true })
  for (let slice = 1; slice <= 50; slice++) {
    socket.write(Buffer.concat(Array.from({ length: 40 }, () => ping)))
    const wanted = before + 40 * slice
    await eventually(scene.clock, ANSWER_WITHIN_MS, () => (socket.seen().frames.get(PONG) ?? 0) >= wanted)
  }
}
