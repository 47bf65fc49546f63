import type { AudioEngine } from '../audio/engine.ts'
import { Calls } from '../call/calls.ts'
import { ModelHealth } from '../call/model-health.ts'
import { planCall } from '../call/plan-call.ts'
import type { CallPorts } from '../call/plan.ts'
import { ConfigError } from '../config/config-error.ts'
import { realtimeSettings } from '../config/realtime-settings.ts'
import { createRealtimeEngine } from '../openai/engine.ts'
import { type RealtimeOptions, realtimeVoice } from '../openai/realtime-options.ts'
import { createBackground } from '../ops/background.ts'
import { toolRule } from '../policy/tool-rules.ts'
import type { TurnRecord } from '../ports/storage.ts'
import type { OfferedTool } from '../ports/tools.ts'
import { sentenceText } from '../prompts/sentences.ts'
import { catalogue } from '../tools/catalogue.ts'
import { endCallHandler } from '../tools/end-call.ts'
import { offeredTools } from '../tools/offered-tools.ts'
import type { Records } from '../storage/open-storage.ts'
import { TwilioRest } from '../twilio/rest-client.ts'
import { callGate } from './call-gate.ts'
import { loadPersona, loadPromptAudio } from './files.ts'
import { ownerNotice } from './owner-notice.ts'
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
    readonly onTurn: ((turn: TurnRecord) => void) | undefined
  },
): Promise<Calls | undefined> {
  const { config, secrets, clock, log, metrics, loop, network, random } = parts
  const { accountSid, apiBaseUrl } = config.twilio
  const { twilioAuthToken: authToken, openaiApiKey } = secrets
  if (accountSid === undefined || authToken === undefined || openaiApiKey === undefined) return undefined
  const { audio, tools = ownTools() } = from
  const promptAudio = await loadPromptAudio()
  const persona = await loadPersona(config.server.personaDir, 'assistant')
  const apiBase = apiBaseUrl === undefined ? {} : { apiBaseUrl }
  const telephony = new TwilioRest({ accountSid, authToken, clock, send: network?.sendRest, ...apiBase })
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
    ownerNotice: ownerNotice(config, telephony),
    modelHealth: new ModelHealth(clock, config.limits.maxModelFailures),
    ...callSettings(config),
    random,
    background: createBackground({ log, metrics }),
    ...(from.onTurn && { onTurn: from.onTurn }),
  }
  const { owner, limits } = config
  const { fallbackPhoneNumber } = config.effects
  const planning = {
    persona,
    promptAudio,
    tools,
    hasPin: secrets.godfatherPinHash !== undefined,
    owner,
    limits,
    fallbackPhoneNumber,
    safetyKey: authToken,
  }
  const say = (sentence: 'busy' | 'apology') => sentenceText(sentence, persona.language)
  const calls: Calls = new Calls({
    ports,
    plan: (offer, actor) => planCall(offer, planning, actor),
    limits,
    inquiry: telephony,
    meter: { loopP99Ms: () => loop.recentP99Ms(), maxLoopDelayMs: limits.maxLoopDelayMs },
    say: { language: persona.language, busy: say('busy'), apology: say('apology') },
  })
  return calls
}

function ownTools(): readonly OfferedTool[] {
  const handlers = new Map([['end_call', endCallHandler]])
  return offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers })
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
