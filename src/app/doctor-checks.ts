import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPort, localOrigin } from '../http/check-port.ts'
import type { Clock } from '../lib/clock.ts'
import { checkModels, type ModelSetting } from '../openai/check-models.ts'
import { checkRealtime } from '../openai/check-realtime.ts'
import { identityHeaders } from '../openai/identity-headers.ts'
import { checkClock } from '../ops/check-clock.ts'
import { checkDisk } from '../ops/check-disk.ts'
import { checkLibatomic } from '../ops/check-libatomic.ts'
import { checkNode } from '../ops/check-node.ts'
import type { CheckName, Finding } from '../ports/check.ts'
import { checkDatabase } from '../storage/check-database.ts'
import { checkPostgres } from '../storage/check-postgres.ts'
import { checkAccount } from '../twilio/check-account.ts'
import { checkNumber } from '../twilio/check-number.ts'
import { checkPublicUrl } from '../twilio/check-public-url.ts'
import type { Settings } from './check-settings.ts'

/** What the checks are told of the machine and of their bounds. */
export type CheckGround = {
  readonly envFile: string
  readonly clock: Clock
  readonly neededNodeMajor: number
  readonly minFreeBytes: number
  readonly uid: number | undefined
  readonly platform: string
  readonly bundledNode: string
  readonly networkDeadlineMs: number
  readonly databaseDeadlineMs: number
}

/** For what is asked on this machine. */
const LOCAL_DEADLINE_MS = 2_000

/** One check, not yet made. */
export type Check = { readonly name: CheckName; readonly run: () => Promise<readonly Finding[]> }

/** The checks of the machine, which need no setting. */
export function machineChecks(ground: CheckGround): readonly Check[] {
  const { neededNodeMajor: neededMajor, platform, bundledNode } = ground
  const node = { version: process.versions.node, path: process.execPath, neededMajor }
  return [
    { name: 'node', run: () => Promise.resolve(checkNode(node)) },
    { name: 'libatomic', run: () => checkLibatomic({ platform, bundledNode }) },
  ]
}

/** The checks that go by the settings; without right ones all but the clock are passed over. */
export function settingsChecks(settings: Settings | undefined, ground: CheckGround): readonly Check[] {
  if (settings) {
    const port = portCheck(settings, ground)
    return [
      clockCheck(settings, ground),
      ...diskChecks(settings, ground),
      port,
      ...twilioChecks(settings, ground, port),
      ...openaiChecks(settings, ground),
    ]
  }
  const others = [
    'disk',
    'port',
    'database',
    'publicUrl',
    'twilioAccount',
    'twilioNumber',
    'openaiModels',
    'openaiRealtime',
  ] as const
  return [
    clockCheck(undefined, ground),
    ...others.map((name) => skipped(name, 'not tried: the settings have to be right first')),
  ]
}

function clockCheck(
  settings: Settings | undefined,
  { clock, networkDeadlineMs: deadlineMs }: CheckGround,
): Check {
  const twilio = settings?.config.twilio
  const twilioUrl = `${twilio?.apiBaseUrl ?? 'https://api.twilio.com'}/2010-04-01`
  const servers = [
    ...(settings?.secrets.openaiApiKey === undefined
      ? []
      : [{ name: 'OpenAI', url: `${settings.config.openai.baseUrl}/models` }]),
    ...(twilio?.accountSid === undefined ? [] : [{ name: 'Twilio', url: twilioUrl }]),
  ]
  return { name: 'clock', run: () => checkClock({ clock, servers, deadlineMs }) }
}

function diskChecks({ config, secrets, mode }: Settings, ground: CheckGround): readonly Check[] {
  const { clock, networkDeadlineMs, envFile, minFreeBytes, uid, databaseDeadlineMs } = ground
  const isTemporary = mode.mode === 'rehearsal' && config.server.dataDirIsDefault
  const dataDir = isTemporary ? tmpdir() : config.server.dataDir
  const privateFiles = [envFile, ...(isTemporary ? [] : [join(dataDir, 'consigliere.db')])]
  // The folder of everybody's temporary files belongs to another user, and that is in order.
  const owner = isTemporary ? undefined : uid
  return [
    { name: 'disk', run: () => checkDisk({ dataDir, privateFiles, minFreeBytes, uid, owner }) },
    databaseCheck(),
  ]
  function databaseCheck(): Check {
    const { databaseUrl } = secrets
    if (databaseUrl !== undefined) {
      const server = { databaseUrl, clock, deadlineMs: networkDeadlineMs }
      return { name: 'database', run: () => checkPostgres(server) }
    }
    if (isTemporary) return skipped('database', 'a rehearsal without DATA_DIR keeps nothing')
    return { name: 'database', run: () => checkDatabase({ dataDir, deadlineMs: databaseDeadlineMs }) }
  }
}

/** Made once, whoever asks: it listens for a moment. */
function portCheck({ config }: Settings, { clock }: CheckGround): Check {
  const { host, port } = config.server
  let made: Promise<readonly Finding[]> | undefined
  const run = (): Promise<readonly Finding[]> =>
    (made ??= checkPort({ host, port, clock, deadlineMs: LOCAL_DEADLINE_MS }))
  return { name: 'port', run }
}

function twilioChecks(
  { config, secrets, mode }: Settings,
  ground: CheckGround,
  portBefore: Check,
): readonly Check[] {
  const { clock, networkDeadlineMs: deadlineMs } = ground
  const { accountSid, apiBaseUrl, phoneNumbers } = config.twilio
  const { twilioAuthToken: authToken } = secrets
  const { publicUrl, host, port } = config.server
  if (accountSid === undefined || authToken === undefined || publicUrl === undefined) {
    const isRehearsal = mode.mode === 'rehearsal'
    const because = isRehearsal ? 'a rehearsal plays Twilio itself' : `not set: ${mode.missing.join(', ')}`
    return (['publicUrl', 'twilioAccount', 'twilioNumber'] as const).map((name) => skipped(name, because))
  }
  const base = apiBaseUrl === undefined ? {} : { apiBaseUrl }
  const account = { accountSid, authToken, clock, timeoutMs: deadlineMs, ...base }
  const server = { publicUrl, localOrigin: localOrigin(host, port), accountSid, authToken, clock, deadlineMs }
  const askServer = async (): Promise<readonly Finding[]> => {
    // Not before nobody of our own listens there any more.
    await portBefore.run()
    return checkPublicUrl(server)
  }
  return [
    { name: 'publicUrl', run: askServer },
    { name: 'twilioAccount', run: () => checkAccount(account) },
    { name: 'twilioNumber', run: () => checkNumber({ ...account, phoneNumbers, publicUrl }) },
  ]
}

function openaiChecks({ config, secrets }: Settings, ground: CheckGround): readonly Check[] {
  const { clock, networkDeadlineMs: deadlineMs } = ground
  const { openaiApiKey: apiKey } = secrets
  if (apiKey === undefined) {
    const because = 'OPENAI_API_KEY is not set: a rehearsal plays the model itself'
    return [skipped('openaiModels', because), skipped('openaiRealtime', because)]
  }
  const {
    organizationId: organization,
    projectId: project,
    baseUrl,
    realtimeUrl,
    realtimeModel,
  } = config.openai
  const headers = identityHeaders({
    apiKey,
    ...(organization !== undefined && { organization }),
    ...(project !== undefined && { project }),
  })
  const models = modelSettings(config.openai)
  return [
    { name: 'openaiModels', run: () => checkModels({ baseUrl, headers, models, clock, deadlineMs }) },
    {
      name: 'openaiRealtime',
      run: () => checkRealtime({ url: realtimeUrl, model: realtimeModel, headers, clock, deadlineMs }),
    },
  ]
}

function modelSettings(openai: Settings['config']['openai']): readonly ModelSetting[] {
  const settings = [
    { variable: 'OPENAI_REALTIME_MODEL', id: openai.realtimeModel, isNeeded: true },
    { variable: 'OPENAI_TRANSCRIPTION_MODEL', id: openai.transcriptionModel, isNeeded: true },
    { variable: 'OPENAI_MODEL', id: openai.model, isNeeded: false },
    { variable: 'OPENAI_FALLBACK_MODEL', id: openai.fallbackModel, isNeeded: false },
  ]
  return settings.flatMap(({ id, ...setting }) => (id === undefined ? [] : [{ id, ...setting }]))
}

function skipped(name: CheckName, says: string): Check {
  return { name, run: () => Promise.resolve([{ kind: 'skipped', says }]) }
}
