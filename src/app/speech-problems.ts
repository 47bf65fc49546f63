import type { Config } from '../config/config.ts'
import type { ConfigProblem } from '../config/config-error.ts'
import { knownModel } from '../openai/models.ts'
import { realtimeVoice } from '../openai/realtime-options.ts'

/** What is wrong with settings that only the provider's room can judge: its voices, and what its models are for. */
export function speechProblems({ openai }: Config): readonly ConfigProblem[] {
  const { realtimeVoice: voice, realtimeModel, transcriptionModel } = openai
  const problems: ConfigProblem[] = []
  if (!realtimeVoice(voice)) {
    problems.push({ name: 'OPENAI_REALTIME_VOICE', problem: 'names no voice of Realtime' })
  }
  if (isForOther(realtimeModel, 'realtime')) {
    problems.push({ name: 'OPENAI_REALTIME_MODEL', problem: 'names a model that is not for Realtime' })
  }
  if (isForOther(transcriptionModel, 'transcription')) {
    problems.push({ name: 'OPENAI_TRANSCRIPTION_MODEL', problem: 'names a model that does not transcribe' })
  }
  return problems
}

/** A model that the list does not know may be for anything. */
function isForOther(id: string | undefined, use: 'realtime' | 'transcription'): boolean {
  const known = id === undefined ? undefined : knownModel(id)
  return known !== undefined && known.use !== use
}
