import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '../config/config-error.ts'
import type { PromptAudio } from '../ports/prompt-audio.ts'
import { parseClipManifest } from '../prompts/clip-manifest.ts'
import { parsePersona, type Persona } from '../prompts/persona.ts'
import { createPromptAudio } from '../prompts/prompt-audio.ts'

const clipsFolder = join(import.meta.dirname, '../../personas/clips')

/** Reads the prepared sentences that come with the project. */
export async function loadPromptAudio(): Promise<PromptAudio> {
  const { clips } = parseClipManifest(await readFile(join(clipsFolder, 'clips.json'), 'utf8'))
  const read = clips.map(
    async ({ key, file }) => [key, new Uint8Array(await readFile(join(clipsFolder, file)))] as const,
  )
  return createPromptAudio(new Map(await Promise.all(read)))
}

/**
 * Reads a persona.
 * @throws ConfigError that names the file and everything that is wrong in it
 */
export async function loadPersona(folder: string, id: string): Promise<Persona> {
  const file = join(folder, `${id}.md`)
  const parsed = parsePersona(file, await readFile(file, 'utf8'))
  if (parsed.ok) return parsed.persona
  throw new ConfigError(parsed.problems.map((problem) => ({ name: 'PERSONA_DIR', problem })))
}
