import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { type AudioEngine, createAudioEngine } from './audio/engine.ts'
import { Calls } from './call/calls.ts'
import { planCall } from './call/plan-call.ts'
import type { CallPorts } from './call/plan.ts'
import { inventApiKey } from './config/api-keys.ts'
import type { Config, Secrets } from './config/config.ts'
import { ConfigError } from './config/config-error.ts'
import type { Environment } from './config/field.ts'
import { readConfig } from './config/read-config.ts'
import { realtimeSettings } from './config/realtime-settings.ts'
import { type RunMode, runMode } from './config/run-mode.ts'
import { isLoopback } from './config/url-field.ts'
import { createKeyring } from './http/api-keys.ts'
import { healthRoutes } from './http/health.ts'
import { metricsRoutes } from './http/metrics.ts'
import { createServer } from './http/server.ts'
import { type Clock, isoTime, systemClock } from './lib/clock.ts'
import { createRealtimeEngine } from './openai/engine.ts'
import { modelWarning } from './openai/models.ts'
import { type RealtimeOptions, realtimeVoice } from './openai/realtime-options.ts'
import type { Log } from './ports/log.ts'
import type { PromptAudio } from './ports/prompt-audio.ts'
import type { CallStorage, CompleteCall, TurnRecord } from './ports/storage.ts'
import { parseClipManifest } from './prompts/clip-manifest.ts'
import { parsePersona, type Persona } from './prompts/persona.ts'
import { createPromptAudio } from './prompts/prompt-audio.ts'
import { sentenceText } from './prompts/sentences.ts'
import { startControl, TurnFeed } from './sim/control.ts'
import { announcementOf } from './sim/announcement.ts'
import * as drills from './sim/drills/drills.ts'
import { freePort } from './sim/free-port.ts'
import { rehearsalClock } from './sim/rehearsal-clock.ts'
import { temporaryFolder } from './sim/temporary-folder.ts'
import { startWorld, type World } from './sim/world.ts'
import { createBackground } from './ops/background.ts'
import { createLog } from './ops/logger.ts'
import { createMetrics, type ProcessMetrics } from './ops/metrics.ts'
import { openStorage } from './storage/open-storage.ts'
import { endCall } from './tools/end-call.ts'
import { createToolBox } from './tools/registry.ts'
import { isMediaUpgrade } from './twilio/media-upgrade.ts'
import { twilioPlugin } from './twilio/plugin.ts'
import { TwilioRest } from './twilio/rest-client.ts'

/** How a server is started. */
export type ServerOptions = {
  readonly config: Config
  readonly secrets: Secrets
  /** A rehearsal runs on settings that look like real ones, and says so here. */
  readonly mode: RunMode
  readonly clock?: Clock
  /** Where log lines go; standard output when unset. */
  readonly logTo?: { write(line: string): void }
  /** Told of every turn as it is recorded, for whoever shows a transcript while it is spoken. */
  readonly onTurn?: (turn: TurnRecord) => void
}

/** A running server; disposing of it says goodbye on live calls, closes everything and leaves complete records. */
export type Server = AsyncDisposable & {
  readonly origin: string
  readonly log: Log
  /** Everything recorded about a call, including what was just asked to be written. */
  record(callSid: string): Promise<CompleteCall | undefined>
}

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string
}
const clipsFolder = join(import.meta.dirname, '../personas/clips')

/** Starts the server on its settings. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { config, secrets, mode, clock = systemClock } = options
  await using starting = new AsyncDisposableStack()
  const log = createLog({
    level: config.server.logLevel,
    clock,
    ...(options.logTo && { destination: options.logTo }),
  })
  const metrics = starting.use(createMetrics())
  log.event('info', 'starting', { mode: mode.mode, missing: mode.missing, version })
  const parts: Parts = { config, secrets, clock, log, metrics }
  const storage = starting.use(await openRecords(parts))
  const audio = createAudioEngine({ downlink: config.realtime.downlink })
  const calls = await buildCalls(parts, { audio, storage, onTurn: options.onTurn })
  const http = await buildHttp(parts, { calls, scratch: audio.ulawIn })
  starting.defer(() => http.close())
  starting.defer(async () => {
    log.event('info', 'stopping', { count: calls?.size() ?? 0 })
    await calls?.drain(AbortSignal.timeout(config.limits.drainSeconds * 1_000))
    await storage.flush()
  })
  const { host, port } = config.server
  const origin = await http.listen({ host, port })
  log.event('info', 'listening', { address: host, port: Number(new URL(origin).port) })
  warnOfModels(parts)
  const running = starting.move()
  return {
    origin,
    log,
    record: async (callSid) => {
      await storage.flush()
      return storage.completeCall(callSid)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

type Parts = {
  readonly config: Config
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Log
  readonly metrics: ProcessMetrics
}

/** Opens the record; calls that a process before this one left open are closed in it. */
async function openRecords({ config, clock, log, metrics }: Parts): Promise<CallStorage> {
  const { storageBatchMs: batchMs, maxQueuedWrites } = config.limits
  const { dataDir } = config.server
  const storage = await openStorage({ dataDir, clock, log, metrics, batchMs, maxQueuedWrites })
  const orphans = await storage.closeOrphans(clock.wallMs())
  for (const callSid of orphans) log.forCall(callSid).event('warn', 'orphanClosed')
  return storage
}

/** The calls of a server that has a telephone number and a model; undefined in desk mode. */
async function buildCalls(
  parts: Parts,
  from: {
    readonly audio: AudioEngine
    readonly storage: CallStorage
    readonly onTurn: ServerOptions['onTurn']
  },
): Promise<Calls | undefined> {
  const { config, secrets, clock, log, metrics } = parts
  const { accountSid, apiBaseUrl } = config.twilio
  const { twilioAuthToken: authToken, openaiApiKey } = secrets
  if (accountSid === undefined || authToken === undefined || openaiApiKey === undefined) return undefined
  const { audio } = from
  const tools = createToolBox([endCall])
  const promptAudio = await loadPromptAudio(clipsFolder)
  const persona = await loadPersona(config.server.personaDir, 'assistant')
  const apiBase = apiBaseUrl === undefined ? {} : { apiBaseUrl }
  const ports: CallPorts = {
    clock,
    log,
    metrics,
    promptAudio,
    tools,
    audio,
    storage: from.storage,
    speech: createRealtimeEngine(realtimeOptions(parts, { apiKey: openaiApiKey, scratch: audio.pcmIn })),
    telephony: new TwilioRest({ accountSid, authToken, clock, ...apiBase }),
    realtimeAudio: config.realtime.audio,
    model: config.openai.realtimeModel,
    heldAudioMs: config.limits.heldAudioMs,
    toolTimeoutMs: config.limits.toolTimeoutMs,
    background: createBackground({ log, metrics }),
    ...(from.onTurn && { onTurn: from.onTurn }),
  }
  const { owner, limits } = config
  const names = tools.definitions().map(({ name }) => name)
  const planning = { persona, promptAudio, tools: names, owner, limits, safetyKey: authToken }
  const say = (sentence: 'busy' | 'apology') => sentenceText(sentence, persona.language)
  return new Calls({
    ports,
    plan: (offer) => planCall(offer, planning),
    limits,
    say: { language: persona.language, busy: say('busy'), apology: say('apology') },
  })
}

function realtimeOptions(
  { config, clock, log, metrics }: Parts,
  own: { readonly apiKey: string; readonly scratch: Buffer },
): RealtimeOptions {
  const voice = realtimeVoice(config.openai.realtimeVoice)
  if (voice) return { ...realtimeSettings(config), ...own, clock, log, metrics, voice }
  throw new ConfigError([{ name: 'OPENAI_REALTIME_VOICE', problem: 'names no voice of Realtime' }])
}

async function buildHttp(
  parts: Parts,
  { calls, scratch }: { readonly calls: Calls | undefined; readonly scratch: Buffer },
): Promise<FastifyInstance> {
  const { config, secrets, clock, log, metrics } = parts
  const { accountSid } = config.twilio
  const { publicUrl, host } = config.server
  const { maxCalls, webhookBodyDeadlineMs } = config.limits
  const app = createServer({ log, requestDeadlineMs: webhookBodyDeadlineMs, shouldUpgrade: isMediaUpgrade })
  const keyring = createKeyring({ keys: secrets.apiKeys, metrics })
  const notReady = (): readonly string[] => calls?.refusalReasons() ?? ['no telephone number is configured']
  await app.register(healthRoutes({ version, keyring, notReady }))
  await app.register(metricsRoutes({ source: metrics, keyring, isLoopback: isLoopback(host) }))
  if (calls && accountSid !== undefined && secrets.twilioAuthToken !== undefined && publicUrl !== undefined) {
    await app.register(
      twilioPlugin({
        calls,
        metrics,
        log,
        clock,
        accountSid,
        publicUrl,
        authTokens: [secrets.twilioAuthToken],
        limits: { ...config.limits, maxPendingSockets: maxCalls, maxSockets: 2 * maxCalls },
        scratch,
      }),
    )
  }
  return app
}

function warnOfModels({ config, log, clock }: Parts): void {
  const today = isoTime(clock.wallMs()).slice(0, 10)
  for (const model of [config.openai.realtimeModel, config.openai.transcriptionModel]) {
    const sentence = model === undefined ? undefined : modelWarning(model, today)
    if (model !== undefined && sentence !== undefined)
      log.event('warn', 'modelEnds', { name: model, sentence })
  }
}

async function loadPromptAudio(folder: string): Promise<PromptAudio> {
  const { clips } = parseClipManifest(await readFile(join(folder, 'clips.json'), 'utf8'))
  const read = clips.map(
    async ({ key, file }) => [key, new Uint8Array(await readFile(join(folder, file)))] as const,
  )
  return createPromptAudio(new Map(await Promise.all(read)))
}

async function loadPersona(folder: string, id: string): Promise<Persona> {
  const file = join(folder, `${id}.md`)
  const parsed = parsePersona(file, await readFile(file, 'utf8'))
  if (parsed.ok) return parsed.persona
  throw new ConfigError(parsed.problems.map((problem) => ({ name: 'PERSONA_DIR', problem })))
}

/** What `npm start` runs, and what its terminal is told. */
export type Running = AsyncDisposable & { readonly announcement: readonly string[]; readonly log: Log }

/**
 * Starts what the environment asks for: the server, or without an OpenAI key a rehearsal that waits for calls.
 * @throws ConfigError that names everything that is wrong
 */
export async function start(env: Environment): Promise<Running> {
  const { config, secrets } = readConfig(env)
  const mode = runMode(config, secrets)
  if (mode.mode !== 'rehearsal') {
    const server = await startServer({ config, secrets, mode })
    return { ...server, announcement: [] }
  }
  await using starting = new AsyncDisposableStack()
  const turns = new TurnFeed()
  // Another seed each time, so that no call has the id of one that the same DATA_DIR holds from before.
  const seed = randomInt(2 ** 31)
  const rehearsal = starting.use(await startRehearsal({ env, seed, onTurn: (turn) => turns.tell(turn) }))
  const port = Number(new URL(rehearsal.origin).port)
  const { dataDir, dataDirIsDefault } = config.server
  const runs = dataDirIsDefault ? 'runs' : join(dataDir, 'runs')
  starting.use(await startControl({ world: rehearsal.world, turns, runs, port }))
  const announcement = await announcementOf(rehearsal)
  const running = starting.move()
  return { announcement, log: rehearsal.log, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** How running rehearsals of this user are rung. */
export { readControls } from './sim/control.ts'

/** A server in a world of its own. */
export type Rehearsal = Server & { readonly world: World; readonly apiKey: string | undefined }

/**
 * Starts the rehearsal world and a server in it, on loopback. Everything a server needs is invented; its data lies in
 * a temporary folder that is removed at the end, unless DATA_DIR says otherwise.
 * @param options.env settings besides those that the world invents; no real credential may be among them
 */
export async function startRehearsal(
  options: { readonly env: Environment; readonly seed?: number } & Pick<
    ServerOptions,
    'clock' | 'logTo' | 'onTurn'
  >,
): Promise<Rehearsal> {
  const { env, seed = 1, logTo, onTurn } = options
  const asked = readConfig(env)
  const clock = rehearsalClock(options.clock ?? systemClock, asked.config.owner.timeZone)
  await using starting = new AsyncDisposableStack()
  const host = '127.0.0.1'
  const port = asked.config.server.port === 0 ? await freePort(host) : asked.config.server.port
  const world = starting.use(await startWorld({ clock, seed, publicUrl: `http://${host}:${port}` }))
  const { dataDir, dataDirIsDefault } = asked.config.server
  const folder = dataDirIsDefault ? starting.use(temporaryFolder()).path : dataDir
  const invented = env['API_KEYS'] === undefined ? inventApiKey() : undefined
  const own = { ...env, ...invented?.env, HOST: host, PORT: String(port), DATA_DIR: folder }
  const settings = readConfig({ ...own, ...world.env })
  const mode = { mode: 'rehearsal', missing: runMode(asked.config, asked.secrets).missing } as const
  const server = starting.use(
    await startServer({ ...settings, mode, clock, ...(logTo && { logTo }), ...(onTurn && { onTurn }) }),
  )
  const running = starting.move()
  return { ...server, world, apiKey: invented?.key, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Runs drills, each against a rehearsal of its own; see sim/drills. */
export function runDrills(request: drills.DrillRequest): AsyncIterable<drills.DrillReport> {
  return drills.runDrills(request, startRehearsal)
}
