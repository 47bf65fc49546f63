import type { AudioEngine } from '../audio/engine.ts'
import { Calls } from '../call/calls.ts'
import { withErrands } from '../call/errand-plan.ts'
import { ModelHealth } from '../call/model-health.ts'
import type { CallPorts } from '../call/plan.ts'
import { ConfigError } from '../config/config-error.ts'
import { realtimeSettings } from '../config/realtime-settings.ts'
import { createRealtimeEngine } from '../openai/engine.ts'
import { type RealtimeOptions, realtimeVoice } from '../openai/realtime-options.ts'
import { createBackground } from '../ops/background.ts'
import type { TurnRecord } from '../ports/storage.ts'
import type { OfferedTool } from '../ports/tools.ts'
import { sentenceText } from '../prompts/sentences.ts'
import type { Records } from '../storage/open-storage.ts'
import { callGate } from './call-gate.ts'
import { loadPersona, loadPromptAudio } from './files.ts'
import type { Outside } from './build-outside.ts'
import type { Parts } from './parts.ts'
import { speechProblems } from './speech-problems.ts'

/** The calls of a server that has a telephone number and a model; undefined in desk mode. */
export async function buildCalls(
  parts: Parts,
  from: {
    readonly audio: AudioEngine
    readonly records: Records
    /** In place of those that the server has. */
    readonly tools: readonly OfferedTool[] | undefined
    readonly outside: Outside | undefined
    readonly onTurn: ((turn: TurnRecord) => void) | undefined
  },
): Promise<Calls | undefined> {
  const { config, secrets, clock, log, metrics, loop, random } = parts
  const { twilioAuthToken: authToken, openaiApiKey } = secrets
  const { audio, outside } = from
  if (!outside || authToken === undefined || openaiApiKey === undefined) return undefined
  const { telephony, ownerNotice, errands } = outside
  const promptAudio = await loadPromptAudio()
  const persona = await loadPersona(config.server.personaDir, 'assistant')
  const ports: CallPorts = {
    clock,
    log,
    metrics,
    loop,
    promptAudio,
    audio,
    storage: from.records.calls,
    gate: callGate(parts, from.records, () => calls.liveNumbers()),
    speech: createRealtimeEngine(realtimeOptions(parts, { apiKey: openaiApiKey, scratch: audio.pcmIn })),
    telephony,
    ownerNotice,
    errands,
    modelHealth: new ModelHealth(clock, config.limits.maxModelFailures),
    ...callSettings(config),
    random,
    background: createBackground({ log, metrics }),
    ...(from.onTurn && { onTurn: from.onTurn }),
  }
  const { owner, limits, effects, twilio } = config
  const planning = {
    persona,
    promptAudio,
    tools: from.tools ?? outside.tools,
    hasPin: secrets.godfatherPinHash !== undefined,
    owner,
    limits,
    fallbackPhoneNumber: effects.fallbackPhoneNumber,
    safetyKey: authToken,
  }
  const say = (sentence: 'busy' | 'apology') => sentenceText(sentence, persona.language)
  const calls: Calls = new Calls({
    ports,
    ...withErrands(planning, errands),
    limits,
    ownNumbers: twilio.phoneNumbers,
    inquiry: telephony,
    meter: { loopP99Ms: () => loop.recentP99Ms(), maxLoopDelayMs: limits.maxLoopDelayMs },
    say: { language: persona.language, busy: say('busy'), apology: say('apology') },
  })
  return calls
}

function callSettings({
  realtime,
  openai,
  limits,
}: Parts['config']): Pick<CallPorts, 'realtimeAudio' | 'model' | 'heldAudioMs' | 'toolTimeoutMs'> {
  const { heldAudioMs, toolTimeoutMs } = limits
  return { realtimeAudio: realtime.audio, model: openai.realtimeModel, heldAudioMs, toolTimeoutMs }
}

function realtimeOptions(
  { config, clock, log, metrics, loop, network }: Parts,
  own: { readonly apiKey: string; readonly scratch: Buffer },
): RealtimeOptions {
  const voice = realtimeVoice(config.openai.realtimeVoice)
  const problems = speechProblems(config)
  if (voice && problems.length === 0) {
    return { ...realtimeSettings(config), ...own, dial: network?.dial, clock, log, metrics, loop, voice }
  }
  throw new ConfigError(problems)
}
