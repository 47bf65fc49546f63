import type { SessionEnd, SessionRecord } from '../openai/session-record.ts'
import { type ScenarioInput, scenarioFrom } from '../scenario.ts'
import type { CallSummary } from '../twilio/call-summary.ts'
import type { WireForm } from '../wire-forms.ts'
import type { Ring } from '../world.ts'
import { eventually, type LimitCase, type LimitScene, wholeRecordOf } from './limit-case.ts'
import { tcpTable } from './tcp-table.ts'

/** The numbers from which these calls come by turns, so that none has two at a time; others call from those before. */
const FIRST_CALLER = 14_155_550_160
const CALLER_NUMBERS = 38
const STRIKE_MS = 1_500
/** A session that was lost is replaced within this. */
const REPLACED_WITHIN_MS = 3_000
/** A session that reads nothing any more is noticed by its pings. */
const NOTICED_WITHIN_MS = 11_000
const GONE_WITHIN_MS = 3_000

type Faults = NonNullable<ScenarioInput['model']['faults']>

/** What a provider could do to its socket, and what must come of it. */
export const modelLimitCases: readonly LimitCase[] = [
  broken('oversizeFrame', 1009),
  broken('oversizeClaim', 1009),
  broken('fragmentsTooMuch', 1009),
  broken('tinyFragments', 1008),
  broken('invalidUtf8', 1007),
  tolerated('binaryFrame'),
  replaced('binaryFrames', [1006], faultOf('binaryFrames')),
  replaced('pingFlood', [1006], faultOf('pingFlood')),
  replaced('pongFlood', [1006], faultOf('pongFlood')),
  replaced('bareEnd', [1005, 1006], [{ kind: 'endSession', afterMs: STRIKE_MS, session: 1 }]),
  replaced('reset', [1006], [{ kind: 'resetSession', afterMs: STRIKE_MS, session: 1 }]),
  slowReader(),
  closeUnanswered(),
  replaced('closeOnly', [1005], faultOf('closeOnly')),
  broken('wrongMasking', 1002),
  broken('reservedBits', 1002),
  broken('badOpcode', 1002),
  broken('longPing', 1002),
  broken('fragmentedPing', 1002),
  broken('startlessFragment', 1002),
  broken('nestedFragment', 1002),
  broken('badCloseCode', 1002),
]

function faultOf(form: WireForm): Faults {
  return [{ kind: 'brokenFrames', form, afterMs: STRIKE_MS, session: 1 }]
}

function broken(form: WireForm, code: number): LimitCase {
  return replaced(form, [code], faultOf(form))
}

function replaced(name: string, codes: readonly number[], faults: Faults): LimitCase {
  const code = codes.includes(1006) ? 'cut off' : `closed with ${codes[0]}`
  return {
    name,
    side: 'model',
    must: `${code}, and another session takes over within 3 s; the call goes on`,
    run: (scene, number) =>
      talk(scene, { name, number, faults }, ({ sessions, ring }) => {
        const [first, second] = sessions
        const struckMs = ring.faults()[0]?.atMs ?? Number.NaN
        const tookMs = (second?.openedAtMs ?? Number.NaN) - struckMs
        return {
          saw: endOf(first),
          tookMs,
          troubles: [
            ...(codes.includes(first?.end?.code ?? 0) ? [] : [`ended with ${endOf(first)}`]),
            ...(tookMs <= REPLACED_WITHIN_MS ? [] : [`replaced after ${tookMs} ms`]),
            ...(sessions.length === 2 ? [] : [`${sessions.length} sessions`]),
          ],
        }
      }),
  }
}

function tolerated(form: WireForm): LimitCase {
  return {
    name: form,
    side: 'model',
    must: 'the session lives on',
    run: (scene, number) =>
      talk(scene, { name: form, number, faults: faultOf(form) }, ({ sessions }) => ({
        saw: `${sessions.length} session`,
        tookMs: undefined,
        troubles: sessions.length === 1 ? [] : [`${sessions.length} sessions: ${endOf(sessions[0])}`],
      })),
  }
}

/** Whoever reads no more answers no ping either, and that is noticed before much has piled up. */
function slowReader(): LimitCase {
  const faults: Faults = [{ kind: 'halfOpen', afterMs: STRIKE_MS, session: 1 }]
  return {
    name: 'slowReader',
    side: 'model',
    must: 'noticed by its pings within 11 s, and replaced; the call goes on',
    run: (scene, number) =>
      talk(scene, { name: 'slowReader', number, faults, waitMs: 9_000 }, ({ sessions, ring }) => {
        const tookMs = (sessions[1]?.openedAtMs ?? Number.NaN) - (ring.faults()[0]?.atMs ?? Number.NaN)
        return {
          saw: `${sessions.length} sessions`,
          tookMs,
          troubles: tookMs <= NOTICED_WITHIN_MS ? [] : [`replaced after ${tookMs} ms`],
        }
      }),
  }
}

/** The call ends, and with it its session, which nobody answers any more. */
function closeUnanswered(): LimitCase {
  return {
    name: 'closeUnanswered',
    side: 'model',
    must: 'cut 2 s after the goodbye that nobody answers',
    run: async (scene, number) => {
      const ring = await scene.world.ring(
        scenarioFrom({
          ...scenario({ name: 'closeUnanswered', number, seed: scene.seed }),
          caller: { steps: [{ do: 'pause', ms: 2_500 }, { do: 'hangUp' }] },
          model: { hears: [], replies: [], faults: [{ kind: 'halfOpen', afterMs: STRIKE_MS }] },
        }),
      )
      const { summary } = await ring.ended
      const overMs = scene.clock.nowMs()
      const gone = await eventually(
        scene.clock,
        GONE_WITHIN_MS,
        async () => (await openTo(scene, ring)) === 0,
      )
      return {
        saw: gone ? 'cut' : 'left open',
        tookMs: scene.clock.nowMs() - overMs,
        troubles: [
          ...(gone ? [] : ['the connection is open still']),
          ...summary.errors,
          ...((await wholeRecordOf(scene, ring.call.sid)) ? [] : ['its record is not complete']),
        ],
      }
    },
  }
}

/** Connections that the server holds to the port from which a call's only session was reached. */
async function openTo(scene: LimitScene, ring: Ring): Promise<number> {
  const clientPort = ring.sessions()[0]?.connection.clientPort
  const modelPort = Number(new URL(scene.world.openai.httpOrigin).port)
  const table = (await tcpTable()) ?? []
  return table.filter(
    ({ localPort, otherPort, state }) =>
      localPort === clientPort && otherPort === modelPort && state === 'established',
  ).length
}

type Talk = {
  readonly ring: Ring
  readonly sessions: readonly SessionRecord[]
  readonly summary: CallSummary
}

/** A call in which the fault strikes early, and the caller and the model talk after it. */
async function talk(
  scene: LimitScene,
  call: { readonly name: string; readonly number: number; readonly faults: Faults; readonly waitMs?: number },
  look: (talk: Talk) => Awaited<ReturnType<LimitCase['run']>>,
): ReturnType<LimitCase['run']> {
  const { name, number, faults, waitMs = 0 } = call
  const ring = await scene.world.ring(
    scenarioFrom({
      ...scenario({ name, number, seed: scene.seed }),
      caller: {
        steps: [
          { do: 'waitForReply', ms: 500 },
          { do: 'waitForQuiet', ms: 700 },
          { do: 'pause', ms: waitMs },
          { do: 'noise', ms: 500, dbfs: -20 },
          { do: 'waitForReply', ms: 200 },
          { do: 'waitForQuiet', ms: 700 },
          { do: 'hangUp' },
        ],
      },
      model: { hears: [], replies: [], faults },
    }),
  )
  const { summary } = await ring.ended
  const found = look({ ring, sessions: ring.sessions(), summary })
  const struck = ring.faults().length > 0
  return {
    ...found,
    troubles: [
      ...(struck ? [] : ['nothing was done']),
      ...found.troubles,
      ...summary.errors,
      ...(summary.endedBy === 'caller' ? [] : [`the call was ended by ${summary.endedBy}`]),
      ...((await wholeRecordOf(scene, ring.call.sid)) ? [] : ['its record is not complete']),
    ],
  }
}

function scenario(call: { readonly name: string; readonly number: number; readonly seed: number }) {
  return {
    name: `drill-limit-${call.name.toLowerCase()}`,
    about: 'A call whose model breaks a rule of websockets.',
    seed: call.seed + call.number,
    call: { from: `+${FIRST_CALLER + (call.number % CALLER_NUMBERS)}` },
  }
}

function endOf(session: SessionRecord | undefined): string {
  const end: SessionEnd | undefined = session?.end
  return end ? `${end.code} by the ${end.by}` : 'no end'
}
