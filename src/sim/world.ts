import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { resample } from './audio/resample.ts'
import { readWav, type Sound } from './audio/wav.ts'
import type { MemoryNetwork } from './memory/memory-network.ts'
import { memoryTransport } from './memory/memory-transport.ts'
import { FaultLog, type Struck } from './fault-log.ts'
import { type FakeOpenAi, startFakeOpenAi } from './openai/fake-openai.ts'
import type { SessionRecord } from './openai/session-record.ts'
import type { WebSearchScript } from './openai/web-searches.ts'
import { Phones } from './phones.ts'
import { RunLog, writeRun } from './run-files.ts'
import { Scripts } from './scripts.ts'
import { parseScenario, type Scenario, recordingScenario, withPin } from './scenario.ts'
import type { CallSummary } from './twilio/call-summary.ts'
import type { FakeCall } from './twilio/fake-call.ts'
import { type FakeTwilio, startFakeTwilio } from './twilio/fake-twilio.ts'
import type { WorldEntry } from './world-entry.ts'

const OUR_NUMBER = '+14155550100'
const OWNER_NUMBER = '+14155550101'
const CALLER_NUMBER = '+14155550123'
/** Answers of the web search that are remembered, those of the latest calls first. */
const MAX_SEARCHES = 200

/** What a rehearsal world is made from. */
export type WorldOptions = {
  readonly clock: Clock
  readonly seed: number
  /** The owner's PIN, for callers who key it in. */
  readonly pin?: string | undefined
  /** Where the server under rehearsal listens, for example http://127.0.0.1:3000. */
  readonly publicUrl: string
  /** Joins the world to the server in place of sockets on loopback. */
  readonly network?: MemoryNetwork | undefined
  /** How much of what happens is kept for the files of calls; 200,000 entries when unset. */
  readonly logEntries?: number | undefined
}

/** How a call is placed. */
export type RingOptions = {
  /** Folder under which the call's files are written. */
  readonly runs?: string
  /** The same seed makes the same call, sid included: no other call of the server's record may have it. */
  readonly seed?: number
}

/** One rehearsed call that is under way. */
export type Ring = {
  readonly call: FakeCall
  /** When the call is over: what happened, and the folder of its WAV files and event log if one was asked for. */
  readonly ended: Promise<{ readonly summary: CallSummary; readonly folder: string | undefined }>
  /** The model sessions of this call so far, the oldest first. */
  sessions(): readonly SessionRecord[]
  /** What has gone wrong on purpose in this call so far, in order. */
  faults(): readonly Struck[]
}

/** Twilio, OpenAI and callers on loopback. */
export type World = AsyncDisposable & {
  /** The clock that everything in the world and the server go by. */
  readonly clock: Clock
  /** Settings under which a server runs in this world; invented anew each time. */
  readonly env: Readonly<Record<string, string>>
  readonly twilio: FakeTwilio
  readonly openai: FakeOpenAi
  /** Names and descriptions of the scenarios that come with the project. */
  scenarios(): Promise<readonly Scenario[]>
  /** Places a call. */
  ring(scenario: Scenario, options?: RingOptions): Promise<Ring>
  /** Tells of everything that happens from now on, until disposed. */
  watch(onEntry: (entry: WorldEntry) => void): Disposable
  /** Lets go of what is kept of calls and sessions that have ended, and of all that went wrong on purpose so far. */
  forgetEnded(): void
  /** Samples of a recording at 8 kHz, for a caller who plays a file. */
  addRecording(name: string, wav: Uint8Array): void
  /** From now on it is so at the telephones that a scenario names, and the web search finds what it says. */
  prepare(scenario: Pick<Scenario, 'phones' | 'web'>): void
  /**
   * A call in which the caller plays a recording, listens to the reply and hangs up.
   * @throws WavError when the file cannot be read
   */
  recorded(wav: Uint8Array): Scenario
}

const speechList = z.object({
  lines: z.array(z.object({ id: z.string(), speaker: z.string(), file: z.string(), text: z.string() })),
})

/** Starts the world; nothing in it reaches beyond loopback. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { clock } = options
  const { recordings, spoken } = await loadRecordings()
  const scripts = new Scripts(clock)
  const log = new RunLog(clock, options.logEntries)
  const identity = invent()
  const faults = new FaultLog((sessionNumber) => scripts.of(sessionNumber))
  const watchers = new Set<(entry: WorldEntry) => void>()
  const onEntry = (seen: WorldEntry): void => {
    log.add(seen.side, seen.entry)
    faults.add(seen)
    for (const watcher of watchers) watcher(seen)
  }
  const phones = new Phones((script, number) => void scripts.offer(script, number))
  const parts: Parts = { ...options, recordings, spoken, scripts, identity, onEntry, phones, web: [] }
  await using starting = new AsyncDisposableStack()
  const openai = starting.use(await openAiOf(parts))
  const twilio = starting.use(await twilioOf(parts))
  const running = starting.move()
  return {
    env: settingsFor(options.publicUrl, { identity, openai, twilio }),
    clock,
    twilio,
    openai,
    scenarios: loadScenarios,
    prepare: (scenario) => prepare(parts, scenario),
    watch: (watcher) => watched(watchers, watcher),
    forgetEnded: () => {
      twilio.forgetEnded()
      openai.forgetEnded()
      scripts.keepOnly(new Set(openai.sessions.map(({ connection }) => connection.sessionNumber)))
      faults.clear()
    },
    addRecording: (name, wav) => recordings.set(name, readWav(wav)),
    recorded: (wav) => {
      const name = `recording-${randomBytes(4).toString('hex')}`
      recordings.set(name, readWav(wav))
      return recordingScenario(name)
    },
    ring: async (scenario, { runs, seed } = {}) => {
      // Its own object for each call: that is how a call's sessions are told from those of others.
      prepare(parts, scenario)
      const script = { ...scenario.model, ...(seed !== undefined && { seed }) }
      const { from = CALLER_NUMBER, stirVerstat, delays } = scenario.call
      await scripts.offer(script, from)
      const proof = stirVerstat === undefined ? {} : { stirVerstat }
      const rest = scenario.rest === undefined ? {} : { restFaults: scenario.rest }
      const own = { script: withPin(scenario, options.pin), seed, delays, ...proof, ...rest }
      const call = twilio.placeCall({ from, to: OUR_NUMBER, ...own })
      const ended = call.ended.then(async (summary) => ({
        summary,
        folder: runs === undefined ? undefined : await writeRun({ runs, scenario, summary, log }),
      }))
      const sessions = (): readonly SessionRecord[] =>
        openai.sessions.filter(({ connection }) => scripts.of(connection.sessionNumber) === script)
      return { call, ended, sessions, faults: () => faults.of(call.sid, script) }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function watched(
  watchers: Set<(entry: WorldEntry) => void>,
  watcher: (entry: WorldEntry) => void,
): Disposable {
  watchers.add(watcher)
  return { [Symbol.dispose]: () => void watchers.delete(watcher) }
}

type Identity = { readonly accountSid: string; readonly authToken: string; readonly apiKey: string }

type Parts = WorldOptions & {
  readonly recordings: ReadonlyMap<string, Sound>
  /** Names of what the model has a recording of, by its words. */
  readonly spoken: ReadonlyMap<string, string>
  readonly scripts: Scripts
  readonly identity: Identity
  readonly onEntry: (entry: WorldEntry) => void
  readonly phones: Phones
  /** What the web search finds, what was said of it last first. */
  readonly web: WebSearchScript[]
}

function prepare({ web, phones }: Parts, scenario: Pick<Scenario, 'phones' | 'web'>): void {
  web.unshift(...(scenario.web ?? []))
  web.splice(MAX_SEARCHES)
  phones.add(scenario.phones ?? [])
}

function invent(): Identity {
  return {
    accountSid: `AC${randomBytes(16).toString('hex')}`,
    authToken: randomBytes(16).toString('hex'),
    apiKey: `sk-rehearsal-${randomBytes(18).toString('base64url')}`,
  }
}

function openAiOf(parts: Parts): Promise<FakeOpenAi> {
  const { clock, seed, network, recordings, spoken, scripts, identity, onEntry, web } = parts
  return startFakeOpenAi({
    clock,
    network,
    apiKeys: [identity.apiKey],
    seed: String(seed),
    scriptFor: ({ safetyIdentifier, sessionNumber }) =>
      scripts.take(safetyIdentifier ?? `session ${sessionNumber}`, sessionNumber),
    searches: () => web,
    speech: (clip, text) => samplesAt(recordings.get(clip ?? spoken.get(text) ?? ''), 24_000),
    onEvent: (entry) => onEntry({ side: 'openai', entry }),
  })
}

function twilioOf(parts: Parts): Promise<FakeTwilio> {
  const { clock, seed, publicUrl, network, recordings, identity, onEntry, phones } = parts
  const voiceUrl = `${publicUrl}/twilio/voice`
  const statusCallback = `${publicUrl}/twilio/status`
  return startFakeTwilio({
    clock,
    ...(network && { network, transport: memoryTransport(network) }),
    accountSid: identity.accountSid,
    authToken: identity.authToken,
    seed,
    answerOutbound: (leg) => phones.answer(leg),
    numbers: [{ phoneNumber: OUR_NUMBER, voiceUrl, statusCallback }],
    speech: (clip) => samplesAt(recordings.get(clip), 8_000),
    onEvent: (entry) => onEntry({ side: 'twilio', entry }),
  })
}

function settingsFor(
  publicUrl: string,
  world: { readonly identity: Identity; readonly openai: FakeOpenAi; readonly twilio: FakeTwilio },
): Readonly<Record<string, string>> {
  return {
    PUBLIC_URL: publicUrl,
    TWILIO_ACCOUNT_SID: world.identity.accountSid,
    TWILIO_AUTH_TOKEN: world.identity.authToken,
    TWILIO_PHONE_NUMBER: OUR_NUMBER,
    TWILIO_API_BASE_URL: world.twilio.origin,
    OPENAI_API_KEY: world.identity.apiKey,
    OPENAI_BASE_URL: `${world.openai.httpOrigin}/v1`,
    OPENAI_REALTIME_API_URL: world.openai.realtimeUrl,
    GODFATHER_PHONE_NUMBERS: OWNER_NUMBER,
  }
}

function samplesAt(sound: Sound | undefined, rateHz: number): Int16Array | undefined {
  return sound && resample({ samples: sound.samples, fromHz: sound.rateHz, toHz: rateHz })
}

async function loadRecordings(): Promise<{ recordings: Map<string, Sound>; spoken: Map<string, string> }> {
  const folder = join(import.meta.dirname, 'speech')
  const { lines } = speechList.parse(JSON.parse(await readFile(join(folder, 'speech.json'), 'utf8')))
  const read = lines.map(async ({ id, file }) => [id, readWav(await readFile(join(folder, file)))] as const)
  const spoken = lines.flatMap(({ id, speaker, text }) =>
    speaker.startsWith('model') ? [[text, id] as const] : [],
  )
  return { recordings: new Map(await Promise.all(read)), spoken: new Map(spoken) }
}

async function loadScenarios(): Promise<readonly Scenario[]> {
  const folder = join(import.meta.dirname, 'scenarios')
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).toSorted()
  return Promise.all(
    files.map(async (file) => parseScenario(file, await readFile(join(folder, file), 'utf8'))),
  )
}
