import { decimalNumber, field, listOf, oneOf, phoneNumbers, shaped, wholeNumber } from './field.ts'
import { urlField } from './url-field.ts'

const modelName = shaped('the name of a model', /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/)
const folder = field('must be a path of at most 1000 characters', (text) =>
  text.length <= 1000 && !text.includes('\0') ? text : undefined,
)

/** The variables that are no secrets and no limits. Defaults: reference of the vendors, November 2026. */
export const settingFields = {
  HOST: shaped('a host name or address', /^[A-Za-z0-9.:_-]{1,255}$/).default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(3000),
  PUBLIC_URL: urlField({
    what: 'an https origin such as https://agent.example.org, without path, query or user',
    // Whether http may stand is a question of the other settings; see rules.ts.
    protocols: ['https:', 'http:'],
    path: 'none',
  }).optional(),
  DATA_DIR: folder.optional(),
  LOG_LEVEL: oneOf('debug', 'info', 'warn', 'error', 'fatal').default('info'),
  PERSONA_DIR: folder.default('./personas'),

  OPENAI_ORG_ID: shaped('an organisation id', /^[A-Za-z0-9_-]{1,100}$/).optional(),
  OPENAI_PROJECT_ID: shaped('a project id', /^[A-Za-z0-9_-]{1,100}$/).optional(),
  OPENAI_BASE_URL: urlField({
    what: 'an https URL with at most a path (http only on loopback)',
    protocols: ['https:'],
    loopbackProtocols: ['http:'],
    path: 'prefix',
  }).default('https://api.openai.com/v1'),
  OPENAI_REALTIME_API_URL: urlField({
    what: 'a wss URL without query (ws only on loopback)',
    protocols: ['wss:'],
    loopbackProtocols: ['ws:'],
    path: 'prefix',
  }).default('wss://api.openai.com/v1/realtime'),
  OPENAI_REALTIME_MODEL: modelName.default('gpt-realtime-2.1'),
  OPENAI_REALTIME_VOICE: field('must be a Realtime voice, for example marin or cedar', (text) =>
    // These three speak only on the speech endpoint; a session that asks for one is refused.
    /^[A-Za-z0-9_-]{1,100}$/.test(text) && !/^(fable|onyx|nova)$/.test(text) ? text : undefined,
  ).default('marin'),
  OPENAI_TRANSCRIPTION_MODEL: modelName.default('gpt-realtime-whisper'),
  OPENAI_MODEL: modelName.default('gpt-6-luna'),
  OPENAI_FALLBACK_MODEL: modelName.optional(),

  REALTIME_AUDIO: oneOf('pcm24k', 'pcmu').default('pcm24k'),
  REALTIME_DOWNLINK: oneOf('strict', 'third-band').default('strict'),
  REALTIME_TURN_DETECTION: oneOf('server_vad', 'semantic_vad').default('server_vad'),
  REALTIME_VAD_THRESHOLD: decimalNumber(0, 1).default(0.5),
  REALTIME_VAD_PREFIX_PADDING_MS: wholeNumber(0, 5000).default(300),
  REALTIME_VAD_SILENCE_MS: wholeNumber(50, 10_000).default(500),
  REALTIME_VAD_EAGERNESS: oneOf('low', 'medium', 'high', 'auto').default('auto'),
  REALTIME_NOISE_REDUCTION: oneOf('near_field', 'far_field', 'off').default('near_field'),
  REALTIME_SPEED: decimalNumber(0.25, 1.5).default(1),
  REALTIME_MAX_OUTPUT_TOKENS: field('must be a whole number from 1 to 4096, or inf', (text) =>
    text === 'inf' ? text : wholeNumber(1, 4096).safeParse(text).data,
  ).default(2048),

  TWILIO_ACCOUNT_SID: shaped('AC and 32 hexadecimal digits', /^AC[0-9a-f]{32}$/).optional(),
  TWILIO_PHONE_NUMBER: phoneNumbers.default([]),
  TWILIO_API_BASE_URL: urlField({
    what: 'a URL on loopback with at most a path: it exists for tests',
    protocols: [],
    loopbackProtocols: ['http:', 'https:'],
    path: 'prefix',
  }).optional(),

  GODFATHER_PHONE_NUMBERS: phoneNumbers.default([]),
  GODFATHER_EMAIL: shaped('one e-mail address', /^[^\s@,<>"]{1,64}@[A-Za-z0-9.-]{1,253}$/).optional(),
  OWNER_VERIFICATION: oneOf('stir_or_pin', 'pin', 'caller_id').default('stir_or_pin'),
  OWNER_TIME_ZONE: field('must be an IANA time zone such as Europe/London', (text) =>
    isTimeZone(text) ? text : undefined,
  ).default('UTC'),
  OWNER_NOTIFY: oneOf('sms', 'email', 'none').default('sms'),
  FALLBACK_PHONE_NUMBER: shaped('one phone number like +14155550100', /^\+[1-9][0-9]{6,14}$/).optional(),

  ALLOWED_COUNTRIES: listOf('countries of two capital letters such as US', (item) =>
    /^[A-Z]{2}$/.test(item),
  ).optional(),
  FIRST_DESTINATIONS: oneOf('allow', 'pin').default('allow'),
  CONFIRMATION_LANGUAGES: listOf('languages of two letters such as en', (item) =>
    /^[a-z]{2}$/.test(item),
  ).default(['en']),
  QUIET_HOURS: field('must be two times of day such as 09:00-20:00', hoursOf).default({
    fromMinute: 9 * 60,
    toMinute: 20 * 60,
  }),
  EFFECT_CAPS: oneOf('on', 'off').default('on'),
}

function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Minutes since midnight of `09:00-20:00`, or `off`. */
function hoursOf(
  text: string,
): { readonly fromMinute: number; readonly toMinute: number } | 'off' | undefined {
  if (text === 'off') return text
  const time = '([01][0-9]|2[0-3]):([0-5][0-9])'
  const parts = new RegExp(`^${time}-${time}$`).exec(text)
  if (!parts) return undefined
  const [fromHour = 0, fromMinutes = 0, toHour = 0, toMinutes = 0] = parts.slice(1).map(Number)
  const hours = { fromMinute: fromHour * 60 + fromMinutes, toMinute: toHour * 60 + toMinutes }
  return hours.fromMinute === hours.toMinute ? undefined : hours
}
