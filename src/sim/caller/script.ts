import { z } from 'zod'

const ms = z.number().int().min(0).max(3_600_000)
/** How long a wait may take before the script fails. */
const withinMs = ms.default(20_000)

const callerStep = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('speak'), clip: z.string().min(1), text: z.string() }),
  z.strictObject({ do: z.literal('noise'), ms, dbfs: z.number().min(-90).max(0) }),
  z.strictObject({ do: z.literal('pause'), ms }),
  z.strictObject({ do: z.literal('waitForReply'), ms, withinMs }),
  z.strictObject({ do: z.literal('waitForQuiet'), ms, withinMs }),
  z.strictObject({ do: z.literal('press'), digits: z.string().regex(/^[0-9*#A-Dw]{1,64}$/) }),
  z.strictObject({ do: z.literal('lose'), ms }),
  z.strictObject({ do: z.literal('hangUp') }),
  z.strictObject({ do: z.literal('hangUpWithoutStop') }),
  z.strictObject({ do: z.literal('vanish') }),
  z.strictObject({ do: z.literal('dropStream') }),
  z.strictObject({ do: z.literal('freeze') }),
  z.strictObject({ do: z.literal('stopReading') }),
  z.strictObject({ do: z.literal('sendHuge'), bytes: z.int().min(1_000).max(16_777_216) }),
  z.strictObject({ do: z.literal('secondStart') }),
  z.strictObject({ do: z.literal('jitter'), ms, upToMs: z.int().min(20).max(5_000) }),
  z.strictObject({ do: z.literal('randomLoss'), ms, share: z.number().min(0).max(1) }),
  z.strictObject({ do: z.literal('swapMedia'), ms }),
  z.strictObject({ do: z.literal('repeatMedia'), ms }),
  z.strictObject({ do: z.literal('repeatMarks'), ms }),
  z.strictObject({ do: z.literal('jumpClock'), byMs: z.int().min(-3_600_000).max(3_600_000) }),
  z.strictObject({ do: z.literal('waitForEnd'), withinMs }),
])

/**
 * What a person on the phone does, as data: at most 1000 steps, run one after another from the moment the call is
 * answered. After the last step the caller stays silent as with `waitForEnd`.
 *
 * - `speak` plays a clip; `text` is what it says, for the record. `noise` is white noise at an RMS level.
 * - `pause` is silence on the caller's side for a time, `lose` audio that the carrier loses (a gap in timestamps).
 * - `waitForReply` until the other side is speaking and has been heard for `ms` in this utterance (gaps under half
 *   a second belong to it); `waitForQuiet` until it has been silent for `ms`, counted back from now.
 * - `press` sends keys, each with its sound in the audio; `w` waits half a second.
 * - `hangUp` ends the call, `hangUpWithoutStop` too, but the media socket only closes, `vanish` breaks it without a
 *   word and then the call, `dropStream` while the call lives. After `freeze` the media socket stays open and nothing is
 *   sent or read on it any more, after `stopReading` nothing is read.
 * - `sendHuge` sends a media message of about so many bytes, `secondStart` the first message once more.
 * - The rest takes no time and spoils what goes over the media socket for `ms` while the next steps run: `jitter`
 *   lets frames bunch up and come up to `upToMs` late, `randomLoss` loses a share of them, `swapMedia` exchanges
 *   neighbours, `repeatMedia` and `repeatMarks` send twice; `jumpClock` moves all timestamps from now on.
 * - `waitForEnd` until the other side ends the call. Every wait fails the script after `withinMs` (20 s).
 */
export const callerScript = z.strictObject({
  name: z.string().optional(),
  steps: z.array(callerStep).max(1_000),
})

/** What a caller does in a scenario; `pressPin` keys in the owner's PIN and `#`, whatever it is in this world. */
export const scenarioCaller = callerScript.extend({
  steps: z
    .array(z.discriminatedUnion('do', [callerStep, z.strictObject({ do: z.literal('pressPin') })]))
    .max(1_000),
})

/** A parsed script: defaults are filled in. */
export type CallerScript = z.output<typeof callerScript>

/** A script as people write it: defaults may be left out. */
export type CallerScriptInput = z.input<typeof callerScript>

/** One step of a parsed script. */
export type CallerStep = CallerScript['steps'][number]
