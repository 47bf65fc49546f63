import { z } from 'zod'
import { countryOf } from '../lib/phone-number.ts'
import type { Config, Secrets, TurnDetection } from './config.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import type { Environment } from './field.ts'
import { limitFields, limitsFrom } from './limits.ts'
import { readOwnerFile, type OwnerFile, type SecretFileReader } from './owner-file.ts'
import { problemsBetween } from './rules.ts'
import { secretFields } from './secret-fields.ts'
import { settingFields } from './setting-fields.ts'

const settingsSchema = z.object(settingFields)
const limitsSchema = z.object(limitFields)
const secretsSchema = z.object(secretFields)
type Settings = z.output<typeof settingsSchema>

/** Every variable that is read, in no particular order. */
export const variableNames: readonly string[] = [settingFields, limitFields, secretFields].flatMap((fields) =>
  Object.keys(fields),
)

/** Where the owner may be named instead of in variables, below the working directory. */
export const ownerFilePath = 'secrets/godfather.json'

/**
 * Reads all settings. An empty variable counts as unset, except one that holds a secret: that is refused.
 * @param options.readFile reads the owner file; the file system by default
 * @throws ConfigError that names everything that is wrong, and no value
 */
export function readConfig(
  env: Environment,
  options: { readonly readFile?: SecretFileReader } = {},
): { readonly config: Config; readonly secrets: Secrets } {
  const given = withoutEmpty(env)
  const settings = settingsSchema.safeParse(given)
  const limits = limitsSchema.safeParse(given)
  const secrets = secretsSchema.safeParse(env)
  const owner = readOwnerFile(ownerFilePath, options.readFile)
  const problems = onePerName([
    ...[settings, limits, secrets].flatMap(problemsOf),
    ...problemsBetween(env),
    ...owner.problems,
  ])
  if (problems.length > 0 || !settings.success || !limits.success || !secrets.success) {
    throw new ConfigError(problems)
  }
  return {
    config: { ...groupsOf(settings.data, owner), limits: limitsFrom(limits.data) },
    secrets: {
      openaiApiKey: secrets.data.OPENAI_API_KEY,
      twilioAuthToken: secrets.data.TWILIO_AUTH_TOKEN,
      godfatherPinHash: secrets.data.GODFATHER_PIN_HASH,
      apiKeys: secrets.data.API_KEYS,
      databaseUrl: secrets.data.DATABASE_URL,
    },
  }
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
}

function problemsOf(result: z.ZodSafeParseResult<unknown>): readonly ConfigProblem[] {
  if (result.success) return []
  return result.error.issues.map((issue) => ({ name: String(issue.path[0]), problem: issue.message }))
}

function onePerName(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return [
    ...new Map([...problems].toReversed().map((problem) => [problem.name, problem])).values(),
  ].toReversed()
}

function groupsOf(settings: Settings, owner: OwnerFile): Omit<Config, 'limits'> {
  return {
    server: {
      host: settings.HOST,
      port: settings.PORT,
      publicUrl: settings.PUBLIC_URL,
      dataDir: settings.DATA_DIR ?? './data',
      dataDirIsDefault: settings.DATA_DIR === undefined,
      logLevel: settings.LOG_LEVEL,
      personaDir: settings.PERSONA_DIR,
    },
    openai: openaiOf(settings),
    realtime: realtimeOf(settings),
    twilio: {
      accountSid: settings.TWILIO_ACCOUNT_SID,
      phoneNumbers: settings.TWILIO_PHONE_NUMBER,
      apiBaseUrl: settings.TWILIO_API_BASE_URL,
    },
    owner: {
      phoneNumbers: [...new Set([...settings.GODFATHER_PHONE_NUMBERS, ...owner.phoneNumbers])],
      email: settings.GODFATHER_EMAIL ?? owner.email,
      verification: settings.OWNER_VERIFICATION,
      timeZone: settings.OWNER_TIME_ZONE,
      notify: settings.OWNER_NOTIFY,
    },
    effects: effectsOf(settings),
  }
}

function openaiOf(settings: Settings): Config['openai'] {
  return {
    organizationId: settings.OPENAI_ORG_ID,
    projectId: settings.OPENAI_PROJECT_ID,
    baseUrl: settings.OPENAI_BASE_URL,
    realtimeUrl: settings.OPENAI_REALTIME_API_URL,
    realtimeModel: settings.OPENAI_REALTIME_MODEL,
    realtimeVoice: settings.OPENAI_REALTIME_VOICE,
    transcriptionModel:
      settings.OPENAI_TRANSCRIPTION_MODEL === 'off' ? undefined : settings.OPENAI_TRANSCRIPTION_MODEL,
    model: settings.OPENAI_MODEL,
    fallbackModel: settings.OPENAI_FALLBACK_MODEL,
  }
}

function realtimeOf(settings: Settings): Config['realtime'] {
  const turnDetection: TurnDetection =
    settings.REALTIME_TURN_DETECTION === 'semantic_vad'
      ? { kind: 'semantic_vad', eagerness: settings.REALTIME_VAD_EAGERNESS }
      : {
          kind: 'server_vad',
          threshold: settings.REALTIME_VAD_THRESHOLD,
          prefixPaddingMs: settings.REALTIME_VAD_PREFIX_PADDING_MS,
          silenceMs: settings.REALTIME_VAD_SILENCE_MS,
        }
  const noiseReduction = settings.REALTIME_NOISE_REDUCTION
  return {
    audio: settings.REALTIME_AUDIO,
    downlink: settings.REALTIME_DOWNLINK,
    turnDetection,
    noiseReduction: noiseReduction === 'off' ? undefined : noiseReduction,
    speed: settings.REALTIME_SPEED,
    maxOutputTokens: settings.REALTIME_MAX_OUTPUT_TOKENS,
  }
}

function effectsOf(settings: Settings): Config['effects'] {
  const ownNumber = settings.TWILIO_PHONE_NUMBER[0]
  const ownCountry = ownNumber === undefined ? undefined : countryOf(ownNumber)
  return {
    allowedCountries: settings.ALLOWED_COUNTRIES ?? (ownCountry === undefined ? [] : [ownCountry]),
    firstDestinations: settings.FIRST_DESTINATIONS,
    confirmationLanguages: settings.CONFIRMATION_LANGUAGES,
    callingHours: settings.QUIET_HOURS === 'off' ? undefined : settings.QUIET_HOURS,
    capped: settings.EFFECT_CAPS === 'on',
    fallbackPhoneNumber: settings.FALLBACK_PHONE_NUMBER,
  }
}
