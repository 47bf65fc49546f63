import { z } from 'zod'
import { PromptAudioError } from './prompt-audio.ts'

const clip = z.strictObject({
  /** Key of the clip, see clipKey and toneKey. */
  key: z.string().regex(/^([a-z]{2}\/[a-zA-Z]+|tone)$/),
  /** File of raw µ-law 8 kHz beside the manifest. */
  file: z.string().regex(/^([a-z]{2}\/)?[a-z-]+\.ulaw$/),
  /** What is said; empty for the tone. */
  text: z.string().max(400),
  voice: z.string(),
  durationMs: z.int().positive().max(30_000),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

const manifest = z.strictObject({
  recipe: z.string(),
  madeWith: z.record(z.string(), z.string()),
  clips: z.array(clip).max(500),
})

/** The list of prepared clips, `personas/clips/clips.json`. */
export type ClipManifest = z.infer<typeof manifest>

/**
 * Reads the list of prepared clips. File names in it cannot leave the folder of the list.
 * @param text content of clips.json
 * @throws PromptAudioError naming the first bad field
 */
export function parseClipManifest(text: string): ClipManifest {
  try {
    return manifest.parse(JSON.parse(text))
  } catch (cause) {
    const place = cause instanceof z.ZodError ? (cause.issues[0]?.path.join('.') ?? '') : 'the whole text'
    throw new PromptAudioError('bad_manifest', `Cannot read the list of clips: ${place} is not as expected`, {
      cause,
    })
  }
}
