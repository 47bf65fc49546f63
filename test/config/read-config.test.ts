import { describe, expect, it } from 'vitest'
import type { Environment } from '../../src/config/field.ts'
import { variableNames } from '../../src/config/read-config.ts'
import { runMode } from '../../src/config/run-mode.ts'
import { live, pinHash, read, wrongNames } from './reading.ts'

function modeOf(env: Environment) {
  const { config, secrets } = read(env)
  return runMode(config, secrets)
}

describe('readConfig() without any variable', () => {
  it('answers the documented defaults', () => {
    const { config, secrets } = read({})
    expect(secrets).toEqual({
      openaiApiKey: undefined,
      twilioAuthToken: undefined,
      godfatherPinHash: undefined,
      apiKeys: [],
      databaseUrl: undefined,
    })
    expect(config.server).toEqual({
      host: '127.0.0.1',
      port: 3000,
      publicUrl: undefined,
      dataDir: './data',
      dataDirIsDefault: true,
      logLevel: 'info',
      personaDir: './personas',
    })
    expect(config.openai).toMatchObject({
      realtimeModel: 'gpt-realtime-2.1',
      realtimeVoice: 'marin',
      transcriptionModel: 'gpt-realtime-whisper',
      model: 'gpt-6-luna',
      realtimeUrl: 'wss://api.openai.com/v1/realtime',
    })
    expect(config.realtime).toEqual({
      audio: 'pcm24k',
      downlink: 'strict',
      turnDetection: { kind: 'server_vad', threshold: 0.5, prefixPaddingMs: 300, silenceMs: 500 },
      noiseReduction: 'near_field',
      speed: 1,
      maxOutputTokens: 2048,
    })
    expect(config.owner.verification).toBe('stir_or_pin')
    expect(config.effects.callingHours).toEqual({ fromMinute: 540, toMinute: 1200 })
    expect(config.limits).toEqual({
      maxCalls: 100,
      maxModelFailures: 5,
      maxOutboundCalls: 2,
      maxCallsPerCaller: 3,
      callMaxSeconds: 3600,
      nonceTtlMs: 60_000,
      streamStartDeadlineMs: 5000,
      webhookBodyDeadlineMs: 5000,
      sessionReadyDeadlineMs: 3000,
      silentModelDeadlineMs: 8000,
      unclaimedSessionMs: 15_000,
      confirmationTtlMs: 30_000,
      toolTimeoutMs: 15_000,
      idlePromptSeconds: 12,
      mediaSilenceMs: 15_000,
      heldAudioMs: 20_000,
      drainSeconds: 30,
      maxLoopDelayMs: 200,
      storageBatchMs: 250,
      maxQueuedWrites: 10_000,
      transcriptRetentionDays: 30,
      callRetentionDays: 396,
      auditRetentionDays: 731,
    })
  })
})

describe('readConfig() with variables', () => {
  it('takes every value of a live server', () => {
    const { config, secrets } = read({
      ...live,
      PORT: '0',
      OPENAI_TRANSCRIPTION_MODEL: 'off',
      REALTIME_TURN_DETECTION: 'semantic_vad',
      REALTIME_VAD_EAGERNESS: 'high',
      REALTIME_NOISE_REDUCTION: 'off',
      REALTIME_MAX_OUTPUT_TOKENS: 'inf',
      GODFATHER_PHONE_NUMBERS: '+14155550101, +14155550102',
      GODFATHER_PIN_HASH: pinHash,
      QUIET_HOURS: '22:30-06:15',
      MAX_CALLS: '7',
    })
    expect(secrets).toMatchObject({ openaiApiKey: live['OPENAI_API_KEY'], godfatherPinHash: pinHash })
    expect(config.server).toMatchObject({ port: 0, publicUrl: 'https://agent.example.org' })
    expect(config.openai.transcriptionModel).toBeUndefined()
    expect(config.realtime).toMatchObject({
      turnDetection: { kind: 'semantic_vad', eagerness: 'high' },
      noiseReduction: undefined,
      maxOutputTokens: 'inf',
    })
    expect(config.twilio.phoneNumbers).toEqual(['+14155550100', '+442079460100'])
    expect(config.effects.allowedCountries).toEqual(['US'])
    expect(config.owner.phoneNumbers).toEqual(['+14155550101', '+14155550102'])
    expect(config.effects.callingHours).toEqual({ fromMinute: 1350, toMinute: 375 })
    expect(config.limits.maxCalls).toBe(7)
  })

  it('counts an empty variable as unset, but refuses an empty secret', () => {
    const empty = Object.fromEntries(variableNames.map((name) => [name, '']))
    expect(wrongNames(empty).toSorted()).toEqual([
      'API_KEYS',
      'DATABASE_URL',
      'GODFATHER_PIN_HASH',
      'OPENAI_API_KEY',
      'TWILIO_AUTH_TOKEN',
    ])
  })

  it('reports everything that is wrong at once, each name once', () => {
    expect(
      wrongNames({
        PORT: '80a',
        LOG_LEVEL: 'loud',
        MAX_CALLS: '0',
        TWILIO_AUTH_TOKEN: 'changeme',
      }).toSorted(),
    ).toEqual([
      'LOG_LEVEL',
      'MAX_CALLS',
      'OPENAI_API_KEY',
      'PORT',
      'PUBLIC_URL',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'TWILIO_PHONE_NUMBER',
    ])
  })

  it.each([
    ['PORT', ['65536', '-1', '+80', '3e3', '0x50', ' 80', '80 ', '٣٠٠٠', '1.0', '9'.repeat(400)]],
    ['REALTIME_VAD_THRESHOLD', ['1.1', '.5', '-0', 'NaN', '5e-1', '0,5']],
    ['HOST', ['a b', 'http://x', 'x'.repeat(300)]],
    [
      'GODFATHER_PHONE_NUMBERS',
      [
        '4155550101',
        '+1 415 555 0101',
        '+14155550101,',
        ',',
        '+0123456789',
        '+1415555٠١٠١',
        '+14155550101;+14155550102',
      ],
    ],
    ['GODFATHER_EMAIL', ['me', 'a@b@c', 'a@b,c@d', 'Me <me@example.org>']],
    ['OWNER_TIME_ZONE', ['Mars/Olympus', '+05:00', 'Europe/London\n']],
    ['QUIET_HOURS', ['9-20', '09:00-24:00', '09:00-09:00', '09:00–20:00']],
    ['OPENAI_REALTIME_VOICE', ['nova', 'onyx', 'fable', 'a b']],
    ['REALTIME_AUDIO', ['PCMU', 'pcm']],
    [
      'TWILIO_API_BASE_URL',
      [
        'https://api.twilio.com',
        'http://10.0.0.1:1',
        'http://127.0.0.1.example.org',
        'http://localhost:1?x',
        'ftp://localhost',
      ],
    ],
    [
      'OPENAI_BASE_URL',
      ['http://api.openai.com/v1', 'https://u:p@h/v1', 'https://h/v1?x=1', 'ws://localhost'],
    ],
    [
      'OPENAI_REALTIME_API_URL',
      ['ws://example.org', 'wss://h/v1/realtime?model=x', 'https://h', 'wss://h/#x'],
    ],
    [
      'DATABASE_URL',
      [
        'mysql://u:p@127.0.0.1/db',
        'postgres://127.0.0.1',
        'postgres:///db',
        'postgres://u:p@127.0.0.1/a/b',
        'postgres://u:p@127.0.0.1/db#x',
        'postgres://u:p w@127.0.0.1/db',
        'postgres://u:changeme@127.0.0.1/db',
        'postgres://u:<password>@127.0.0.1/db',
        `postgres://u:${'p'.repeat(2000)}@127.0.0.1/db`,
        // Among real calls a rehearsal has no place.
        'postgres://u:p@db.example.org/db',
      ],
    ],
    ['ALLOWED_COUNTRIES', ['us', 'USA', 'US,,GB']],
  ])('refuses a wrong %s', (name, values) => {
    expect(values.filter((value) => !wrongNames({ [name]: value }).includes(name))).toEqual([])
  })

  it.each([
    ['TWILIO_API_BASE_URL', ['http://127.0.0.1:1', 'http://localhost:1/prefix/', 'http://[::1]:1']],
    ['OPENAI_BASE_URL', ['http://127.0.0.1:9/v1', 'https://proxy.example.org/openai/v1']],
    ['OPENAI_REALTIME_API_URL', ['ws://localhost:9/v1/realtime', 'wss://eu.api.openai.com/v1/realtime']],
    ['REALTIME_VAD_THRESHOLD', ['0', '1', '0.65']],
    ['PORT', ['0', '65535']],
    [
      'DATABASE_URL',
      [
        'postgres://u:p@127.0.0.1/db',
        'postgresql://u@localhost:5433/db?sslmode=require&options=-c%20search_path%3Dx',
      ],
    ],
  ])('accepts a right %s', (name, values) => {
    expect(values.flatMap((value) => wrongNames({ DATA_DIR: '/data', [name]: value }))).toEqual([])
  })
})

describe('readConfig() on DATABASE_URL', () => {
  it('keeps it among the secrets, and takes any host outside of rehearsal', () => {
    const url = 'postgres://u:p@db.example.org/db'
    const { config, secrets } = read({ ...live, DATABASE_URL: url })
    expect(secrets.databaseUrl).toBe(url)
    expect(JSON.stringify(config)).not.toContain('db.example.org')
  })

  it('needs in rehearsal a folder that stays, since its key does', () => {
    const url = 'postgres://u:p@127.0.0.1/db'
    expect(wrongNames({ DATABASE_URL: url })).toEqual(['DATA_DIR'])
    expect(wrongNames({ DATABASE_URL: url, DATA_DIR: '/data' })).toEqual([])
    expect(wrongNames({ ...live, DATABASE_URL: url })).toEqual([])
  })
})

describe('readConfig() on PUBLIC_URL', () => {
  it.each([
    'https://agent.example.org/path',
    'https://agent.example.org?x',
    'https://agent.example.org/#x',
    'https://user@agent.example.org',
    'https://agent.example.org\\path',
    'https://agent.exa\tmple.org',
    ' https://agent.example.org',
    'agent.example.org',
    'wss://agent.example.org',
    'https://',
    'http://agent.example.org',
  ])('refuses %j on a live server', (url) => {
    expect(wrongNames({ ...live, PUBLIC_URL: url })).toEqual(['PUBLIC_URL'])
  })

  it('drops the slash of an origin and keeps its port', () => {
    expect(read({ ...live, PUBLIC_URL: 'https://agent.example.org:8443/' }).config.server.publicUrl).toBe(
      'https://agent.example.org:8443',
    )
  })

  it('accepts http in rehearsal and with a loopback TWILIO_API_BASE_URL', () => {
    const url = { PUBLIC_URL: 'http://127.0.0.1:3000' }
    expect(wrongNames(url)).toEqual([])
    expect(wrongNames({ ...live, ...url, TWILIO_API_BASE_URL: 'http://127.0.0.1:1' })).toEqual([])
  })
})

describe('readConfig() on Twilio half configured', () => {
  const names = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_PHONE_NUMBER', 'PUBLIC_URL']
  const subsets = Array.from({ length: 14 }, (_, index) =>
    names.filter((_name, bit) => ((index + 1) >> bit) & 1),
  )

  it.each(subsets)('names what is missing when only %s %s %s is set', (...present) => {
    const given = present.filter((name) => name !== undefined)
    const env = Object.fromEntries(given.map((name) => [name, live[name]]))
    const missing = names.filter((name) => !given.includes(name))
    expect(wrongNames({ ...env, OPENAI_API_KEY: live['OPENAI_API_KEY'] })).toEqual(missing)
    expect(wrongNames(env)).toEqual(['OPENAI_API_KEY', ...missing])
  })

  it('refuses Twilio without an OpenAI key', () => {
    expect(wrongNames({ ...live, OPENAI_API_KEY: undefined })).toEqual(['OPENAI_API_KEY'])
    expect(wrongNames({ ...live, OPENAI_API_KEY: '' })).toEqual(['OPENAI_API_KEY'])
  })

  it('asks for a real token unless Twilio is a loopback one', () => {
    expect(wrongNames({ ...live, TWILIO_AUTH_TOKEN: 'short' })).toEqual(['TWILIO_AUTH_TOKEN'])
    const world = { TWILIO_API_BASE_URL: 'http://127.0.0.1:1', TWILIO_AUTH_TOKEN: 'short' }
    expect(wrongNames({ ...live, ...world })).toEqual([])
  })
})

describe('readConfig() on switches for tests', () => {
  it('lets QUIET_HOURS and EFFECT_CAPS be off only where nothing real can be reached', () => {
    const off = { QUIET_HOURS: 'off', EFFECT_CAPS: 'off' }
    expect(wrongNames({ ...live, ...off })).toEqual(['QUIET_HOURS', 'EFFECT_CAPS'])
    expect(wrongNames({ OPENAI_API_KEY: live['OPENAI_API_KEY'], ...off })).toEqual([
      'QUIET_HOURS',
      'EFFECT_CAPS',
    ])
    const { config } = read({ ...live, ...off, TWILIO_API_BASE_URL: 'http://127.0.0.1:1' })
    expect(config.effects).toMatchObject({ callingHours: undefined, capped: false })
  })
})

describe('runMode()', () => {
  it('follows from what is configured and names what the next mode needs', () => {
    expect(modeOf({})).toEqual({ mode: 'rehearsal', missing: ['OPENAI_API_KEY'] })
    expect(modeOf({ OPENAI_API_KEY: 'sk-proj-9fKq2LmZ7' })).toEqual({
      mode: 'desk',
      missing: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_PHONE_NUMBER', 'PUBLIC_URL'],
    })
    expect(modeOf(live)).toEqual({ mode: 'live', missing: [] })
  })
})
