import type { CallerAct } from '../caller/runner.ts'
import { CallerRunner } from '../caller/runner.ts'
import { callerScript } from '../caller/script.ts'
import { SILENCE } from '../caller/sounds.ts'
import { newSid } from './call-world.ts'
import type { OutboundAnswer, OutboundLeg } from './outbound-answer.ts'
import { USUAL_RING_MS } from './outbound-answer.ts'
import { isPhoneNumber } from './phone-number.ts'
import type { DialVerb } from './twiml.ts'
import type { VerbOutcome, VerbRun } from './verb-host.ts'
import { goTo } from './verb-host.ts'
import { waitMs } from './wait.ts'

type Ring = { readonly leg: OutboundLeg; readonly answer: OutboundAnswer; readonly afterMs: number }
type Dialled = { readonly status: string; readonly sid: string; readonly durationS: number | undefined }

/** Runs `<Dial>`: its numbers ring at once, the first that answers is bridged with the caller. */
export async function runDial(run: VerbRun, verb: DialVerb): Promise<VerbOutcome> {
  const { host, signal } = run
  host.answer()
  const dialled = await dial(run, verb)
  if (signal.aborted || !verb.action) return { kind: 'next' }
  return goTo(run, verb.action, [
    ['DialCallStatus', dialled.status],
    ['DialCallSid', dialled.sid],
    ['DialBridged', `${dialled.durationS !== undefined}`],
    ...(dialled.durationS === undefined ? [] : [['DialCallDuration', `${dialled.durationS}`] as const]),
  ])
}

async function dial(run: VerbRun, verb: DialVerb): Promise<Dialled> {
  const { host } = run
  const { world, to } = host
  const valid = verb.numbers.filter(isPhoneNumber)
  if (valid.length === 0) {
    host.trouble(13_224, `Cannot dial ${verb.numbers.join(', ') || 'nothing'}: not a phone number`)
    return { status: 'failed', sid: newSid(host.random, 'CA'), durationS: undefined }
  }
  const rings = valid.map((number): Ring => {
    const callSid = newSid(host.random, 'CA')
    const leg: OutboundLeg = { callSid, from: verb.callerId ?? to, to: number, direction: 'outbound-dial' }
    const answer = world.answerOutbound(leg)
    return { leg, answer, afterMs: answer.kind === 'noAnswer' ? Infinity : (answer.afterMs ?? USUAL_RING_MS) }
  })
  const timeoutMs = verb.timeoutS * 1_000
  const answered = rings
    .filter((ring) => ring.answer.kind === 'answer')
    .toSorted((a, b) => a.afterMs - b.afterMs)[0]
  const last = rings.toSorted((a, b) => b.afterMs - a.afterMs)[0]
  const decisive = answered ?? last
  if (!decisive) return { status: 'failed', sid: newSid(host.random, 'CA'), durationS: undefined }
  world.log({ kind: 'call', callSid: decisive.leg.callSid, status: 'ringing', endedBy: undefined })
  await waitMs(world.clock, Math.min(decisive.afterMs, timeoutMs), run.signal)
  const status = ringStatus(decisive, timeoutMs)
  let durationS: number | undefined
  if (decisive.answer.kind === 'answer' && status === 'completed' && !run.signal.aborted) {
    durationS = await bridge(run, verb, { leg: decisive.leg, answer: decisive.answer })
  }
  world.log({ kind: 'call', callSid: decisive.leg.callSid, status, endedBy: undefined })
  return { status, sid: decisive.leg.callSid, durationS }
}

function ringStatus(ring: Ring, timeoutMs: number): string {
  if (ring.afterMs > timeoutMs) return 'no-answer'
  switch (ring.answer.kind) {
    case 'answer':
      return 'completed'
    case 'busy':
      return 'busy'
    case 'failed':
      return 'failed'
    case 'noAnswer':
      return 'no-answer'
  }
}

/** Lets both people hear each other until one hangs up; the seconds that they were connected. */
async function bridge(
  run: VerbRun,
  verb: DialVerb,
  callee: { readonly leg: OutboundLeg; readonly answer: Extract<OutboundAnswer, { kind: 'answer' }> },
): Promise<number> {
  const { host, signal } = run
  const { clock, log, speech } = host.world
  const startMs = clock.nowMs()
  const over = new AbortController()
  const runner = new CallerRunner({
    script: callerScript.parse(callee.answer.script),
    speech,
    seed: host.random.whole(2 ** 32),
  })
  const calleeFrame = new Uint8Array(160).fill(SILENCE)
  const act = (done: CallerAct): void => {
    if (done.kind === 'failed') host.trouble(0, `Callee: ${done.reason}`)
    if (done.kind === 'speaking')
      log({ kind: 'said', callSid: callee.leg.callSid, who: 'callee', text: done.text })
    // Where there is no media socket, every way to be gone is a hang-up, and the rest has nothing to spoil.
    if (['hangUp', 'hangUpWithoutStop', 'vanish', 'failed'].includes(done.kind)) over.abort()
  }
  log({ kind: 'call', callSid: callee.leg.callSid, status: 'in-progress', endedBy: undefined })
  using taps = new DisposableStack()
  taps.use(host.line.tapSaid((said) => runner.frame(said, calleeFrame).forEach(act)))
  host.line.listenTo({ take: (frame) => frame.set(calleeFrame) })
  await waitMs(clock, verb.timeLimitS * 1_000, AbortSignal.any([signal, over.signal]))
  host.line.listenTo(undefined)
  return Math.ceil((clock.nowMs() - startMs) / 1_000)
}
