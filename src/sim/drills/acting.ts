import { z } from 'zod'
import { type Scenario, scenarioFrom } from '../scenario.ts'
import type { WorldEntry } from '../world-entry.ts'
import { barsBeside, CallsBeside } from './calls-beside.ts'
import {
  type DrillGround,
  type DrillOptions,
  type DrillResult,
  missedBars,
  percentile,
  rounded,
} from './drill.ts'

/** From the final transcript of a yes to the effect, 99 of a hundred times. */
const BAR_MS = 100
const OWNER = '+14155550101'
/** Others who talk meanwhile; a small drill is no measure of time, and has two of them. */
const beside = { turns: 3, firstCaller: 14_155_550_110 } as const
const lanesOf = { whole: 10, small: 2 } as const
const WHOLE_FROM = 20
const YES = 'Yes, please do.'

/** No cap ends a drill, and it may run at night. */
export const actingEnv = { EFFECT_CAPS: 'off', QUIET_HOURS: 'off' }

const transcript = z.object({ transcript: z.string() })

/**
 * Has the owner ask for text messages to themselves and say yes to each, beside ten calls of others, and takes the time
 * from the yes's final transcript, as it leaves the model, to the order at Twilio. Count: text messages.
 */
export async function drillActing(
  { world }: DrillGround,
  { seed, count }: DrillOptions,
): Promise<DrillResult> {
  const isWhole = count >= WHOLE_FROM
  const tookMs: number[] = []
  using watching = new DisposableStack()
  watching.use(world.watch(effectWatch(tookMs)))
  const others = await CallsBeside.start(world, {
    ...beside,
    lanes: isWhole ? lanesOf.whole : lanesOf.small,
    seed,
  })
  const errors: string[] = []
  for (let text = 0; text < count; text++) {
    const { ended } = await world.ring(scenarioOf(seed + text))
    errors.push(...(await ended).summary.errors)
  }
  const healthy = await others.finish()
  const sent = [...world.twilio.messages.values()].filter(({ to }) => to === OWNER).length
  const ms = {
    p50: rounded(percentile(tookMs, 0.5), 1),
    p99: rounded(percentile(tookMs, 0.99), 1),
    max: rounded(Math.max(...tookMs), 1),
  }
  return {
    numbers: { sent, yesToEffectMs: ms, callsBeside: healthy.calls },
    missed: missedBars([
      [sent === count, `${sent} of ${count} text messages were sent`],
      [tookMs.length === count, `${tookMs.length} of ${count} effects followed a yes`],
      [!isWhole || ms.p99 <= BAR_MS, `an effect came ${ms.p99} ms after its yes in the slowest hundredth`],
      [errors.length === 0, `calls went wrong: ${errors.join(', ')}`],
      ...barsBeside(healthy),
    ]),
  }
}

/** Takes the time between a yes and the order that follows. */
function effectWatch(tookMs: number[]): (entry: WorldEntry) => void {
  let yesAtMs: number | undefined
  return ({ side, entry }) => {
    if (side === 'openai') {
      if (entry.kind !== 'server' || !entry.type.endsWith('input_audio_transcription.completed')) return
      if (transcript.safeParse(entry.event).data?.transcript === YES) yesAtMs = entry.atMs
    } else if (entry.kind === 'rest' && entry.method === 'POST' && entry.path.endsWith('/Messages.json')) {
      if (yesAtMs !== undefined) tookMs.push(entry.atMs - yesAtMs)
      yesAtMs = undefined
    }
  }
}

function scenarioOf(seed: number): Scenario {
  const speak = { do: 'noise', ms: 700, dbfs: -20 } as const
  const listen = [
    { do: 'waitForReply', ms: 300, withinMs: 15_000 },
    { do: 'waitForQuiet', ms: 900, withinMs: 15_000 },
  ] as const
  return scenarioFrom({
    name: 'drill-acting',
    about: 'The owner has a text message sent.',
    seed,
    call: { from: OWNER, stirVerstat: 'TN-Validation-Passed-A' },
    caller: { steps: [...listen, speak, ...listen, speak, ...listen, { do: 'hangUp' }] },
    model: {
      transcription: { when: 'before' },
      hears: ['Text me that it is raining.', YES],
      replies: [
        { calls: [{ name: 'send_sms', arguments: { to_number: OWNER, body: 'It is raining.' } }] },
        { say: 'It is sent.' },
      ],
    },
  })
}
