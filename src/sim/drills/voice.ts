import { resample } from '../audio/resample.ts'
import { decodeMulaw, encodeMulaw } from '../audio/g711.ts'
import { writeWav } from '../audio/wav.ts'
import { BYTES_PER_MS } from '../caller/sounds.ts'
import { type ScenarioInput, scenarioFrom } from '../scenario.ts'
import type { CallSummary } from '../twilio/call-summary.ts'
import type { World } from '../world.ts'
import { uplinkLag, wrongSamples } from './alignment.ts'
import {
  DrillError,
  type DrillGround,
  type DrillNumber,
  type DrillOptions,
  type DrillResult,
  inLanes,
  missedBars,
  rounded,
  settingOf,
} from './drill.ts'
import { bestLag, type Comparison, compare, shareOfSame, signalToNoiseDb } from './likeness.ts'
import { type VoiceSource, voiceSources } from './voice-sources.ts'

/** Settings of the server under the two drills of this file. */
export const voiceEnv = { REALTIME_DOWNLINK: 'third-band' }
/** The filter that the server has unless told otherwise. */
export const strictVoiceEnv = { REALTIME_DOWNLINK: 'strict' }

/** What is said and played again, beside which filter: how late it comes back, and how good it must be. */
type Filter = {
  /** Delay of uplink and downlink together, in samples at 48 kHz. */
  readonly lag48k: number
  /** How far below the limit of G.711 the loop may lie. */
  readonly mostLossDb: number
  /** Share of µ-law codes that come back as they were sent. */
  readonly leastSame: number
}

/** Both filters of the pair are whole samples late together, so a code comes back as it was or one step off. */
const thirdBand: Filter = { lag48k: 234, mostLossDb: 0.15, leastSame: 0.85 }
/** Half a sample in between is coded anew: twice the noise of the code, 3 dB, and what the filter takes at its edge. */
const strict: Filter = { lag48k: 281, mostLossDb: 3.6, leastSame: 0 }

/** With so much the loop is at the limit of G.711 for speech at a usual level. */
const USUAL_SNR_DB = 36.9
/** A lost or repeated sample costs a second of speech far more than this. */
const MOST_LOSS_IN_A_SECOND_DB = 6
const LANES = 2
const FIRST_CALLER = 14_155_550_180
/** Silence behind what is played again, so that the end of it comes out of the filters: 10 ms at 24 kHz. */
const TAIL_SAMPLES = 240

/**
 * Sends a voice through the whole server: what the model is given is compared with what was said, then it is played
 * as the model's reply, and what the caller hears is compared with what was said. Third-band downlink; count: voices.
 */
export function drillVoice(ground: DrillGround, options: DrillOptions): Promise<DrillResult> {
  return drill(ground, options, thirdBand)
}

/** The same through the strict downlink, whose delay is no whole number of samples and is made up for. */
export function drillStrictVoice(ground: DrillGround, options: DrillOptions): Promise<DrillResult> {
  return drill(ground, options, strict)
}

async function drill(
  { world }: DrillGround,
  { seed, count }: DrillOptions,
  filter: Filter,
): Promise<DrillResult> {
  const { recorded, sources } = await voiceSources(count, seed)
  const voices = await inLanes(LANES, sources, async (source, index) => {
    const from = `+${FIRST_CALLER + index}`
    const up = await speak(world, { source, from, seed })
    const down = await playAgain(world, { source, model: up.model, seed })
    return { source, up, down: judge(source, down, filter) }
  })
  const numbers = {
    recorded,
    lostOrWrongUp: voices.reduce((sum, { up }) => sum + up.wrong, 0),
    gapsDown: voices.reduce((sum, { down }) => sum + down.gaps, 0),
    voices: voices.map(({ source, up, down }) => describe(source, up, down)),
  }
  const missed = voices.flatMap(({ source, up, down }) =>
    missedBars([
      [up.wrong === 0, `${source.name}: ${up.wrong} samples did not reach the model as they were said`],
      [down.lag48k === filter.lag48k, `${source.name}: late by ${down.lag48k} samples at 48 kHz`],
      [
        down.loop.snrDb >= USUAL_SNR_DB || down.limit.snrDb - down.loop.snrDb <= filter.mostLossDb,
        `${source.name}: ${rounded(down.loop.snrDb, 2)} dB where G.711 alone has ${rounded(down.limit.snrDb, 2)}`,
      ],
      [down.same >= filter.leastSame, `${source.name}: ${rounded(down.same, 3)} of the codes came back`],
      [
        down.worstSecondLossDb <= MOST_LOSS_IN_A_SECOND_DB,
        `${source.name}: a second that lost ${rounded(down.worstSecondLossDb, 1)} dB`,
      ],
    ]),
  )
  return { numbers, missed }
}

type Up = { readonly model: Int16Array; readonly wrong: number; readonly snrDb: number }
type Down = { readonly codes: Uint8Array; readonly gaps: number }
type Judged = {
  readonly gaps: number
  readonly lag48k: number
  readonly loop: Comparison
  readonly limit: Comparison
  readonly same: number
  readonly worstSecondLossDb: number
}

function describe({ name, samples }: VoiceSource, up: Up, down: Judged): DrillNumber {
  return {
    name,
    seconds: rounded(samples.length / 8_000, 1),
    g711SnrDb: rounded(down.limit.snrDb, 2),
    uplinkSnrDb: rounded(up.snrDb, 2),
    loopSnrDb: rounded(down.loop.snrDb, 2),
    worstSecondLossDb: rounded(down.worstSecondLossDb, 2),
    sameCodes: rounded(down.same, 4),
    lagMs: rounded(down.lag48k / 48, 3),
  }
}

/** Lets a caller say it. @returns the stretch of the model's audio that holds it, at 24 kHz and as late as it came */
async function speak(
  world: World,
  call: { readonly source: VoiceSource; readonly from: string; readonly seed: number },
): Promise<Up> {
  const { name, samples } = call.source
  world.addRecording(name, writeWav({ rateHz: 8_000, samples }))
  const { summary, sessions } = await ring(world, {
    seed: call.seed,
    from: call.from,
    steps: [
      { do: 'waitForReply', ms: 100 },
      { do: 'speak', clip: name, text: '' },
      { do: 'pause', ms: 200 },
      { do: 'hangUp' },
    ],
    replies: [],
  })
  const codes = encodeMulaw(samples)
  const frames = summary.streams.reduce((sum, { sentFrames }) => sum + sentFrames, 0)
  const start = Buffer.from(summary.saidUlaw.slice(-frames * 160)).indexOf(codes)
  if (start < 0) throw new DrillError(`Cannot judge ${name}: the caller did not say it`)
  const model = (sessions[0]?.appendedPcm24k() ?? new Int16Array()).subarray(3 * start)
  const sent = decodeMulaw(codes)
  const lag = uplinkLag(sent, model)
  const heard = sent.map((_, index) => model[3 * index + (lag ?? 0)] ?? 0)
  return {
    model: model.slice(0, 3 * samples.length + TAIL_SAMPLES),
    wrong: lag === undefined ? sent.length : wrongSamples(sent, { heard: model, lag }),
    snrDb: signalToNoiseDb(samples, heard),
  }
}

/** Plays what the model was given as a reply to the owner, whose greeting may be interrupted. */
async function playAgain(
  world: World,
  call: { readonly source: VoiceSource; readonly model: Int16Array; readonly seed: number },
): Promise<Down> {
  const clip = `${call.source.name}-again`
  world.addRecording(clip, writeWav({ rateHz: 24_000, samples: call.model }))
  const { summary } = await ring(world, {
    seed: call.seed,
    from: settingOf(world, 'GODFATHER_PHONE_NUMBERS'),
    steps: [
      { do: 'waitForReply', ms: 100 },
      { do: 'noise', ms: 400, dbfs: -20 },
      { do: 'pause', ms: 2_000 + Math.ceil(call.model.length / 24) },
      { do: 'hangUp' },
    ],
    replies: [{ say: clip, clip }],
  })
  return heardAfterClear(summary)
}

/** The audio of the one reply that was played after the caller had interrupted, without the pauses in it. */
function heardAfterClear(summary: CallSummary): Down {
  const stream = summary.streams[0]
  const clear = stream?.clears[0]
  const answeredAtMs = summary.answeredAtMs
  if (!stream || !clear || answeredAtMs === undefined) {
    throw new DrillError(`Cannot judge call ${summary.sid}: its greeting was not interrupted`)
  }
  const runs = stream.runs.filter((run) => run.fromByte >= clear.playedBytes)
  const pieces = runs.map(({ atMs, bytes }) => {
    const at = Math.round((atMs - answeredAtMs) * BYTES_PER_MS)
    return summary.heardUlaw.subarray(at, at + bytes)
  })
  return { codes: Buffer.concat(pieces), gaps: runs.length - 1 }
}

function judge({ samples }: VoiceSource, { codes, gaps }: Down, filter: Filter): Judged {
  const sent = encodeMulaw(samples)
  const heard = decodeMulaw(codes)
  // At 48 kHz every delay of the filters is a whole number of samples.
  const fine = resample({ samples, fromHz: 8_000, toHz: 48_000 })
  const lag48k = bestLag(fine, { heard, around: filter.lag48k })
  const shift = Math.ceil(lag48k / 6)
  const late = samples.map((_, index) => fine[6 * (index + shift) - lag48k] ?? 0)
  const loop = compare(late, heard.subarray(shift, shift + samples.length))
  const limit = compare(samples, decodeMulaw(sent))
  const losses = limit.seconds.map((limitDb, second) => limitDb - (loop.seconds[second] ?? -Infinity))
  return {
    gaps,
    lag48k,
    loop,
    limit,
    same: shareOfSame(sent, codes.subarray(shift)),
    worstSecondLossDb: Math.max(...losses.filter((loss) => !Number.isNaN(loss))),
  }
}

async function ring(
  world: World,
  call: {
    readonly seed: number
    readonly from: string
    readonly steps: ScenarioInput['caller']['steps']
    readonly replies: ScenarioInput['model']['replies']
  },
) {
  const { seed, from, steps, replies } = call
  const rung = await world.ring(
    scenarioFrom({
      name: 'drill-voice',
      about: 'A voice goes through the server and comes back.',
      seed,
      call: { from },
      caller: { steps },
      model: { hears: [], replies },
    }),
  )
  const { summary } = await rung.ended
  if (summary.errors.length > 0)
    throw new DrillError(`Cannot judge a call that went wrong: ${summary.errors[0]}`)
  return { summary, sessions: rung.sessions() }
}
