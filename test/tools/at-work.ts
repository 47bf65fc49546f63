import { buildTools } from '../../src/app/build-tools.ts'
import { OwnerTexts } from '../../src/app/owner-texts.ts'
import { readConfig } from '../../src/config/read-config.ts'
import type { HandlerContext, HandlerResult, ToolInput } from '../../src/ports/tools.ts'
import { createBackground } from '../../src/ops/background.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import type { CallRecord } from '../../src/ports/storage.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import type { FakeTwilioOptions } from '../../src/sim/twilio/fake-twilio-options.ts'
import { WebSearch } from '../../src/research/web-search.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../../src/sim/openai/fake-openai.ts'
import { TwilioRest } from '../../src/twilio/rest-client.ts'
import { KEY } from '../sim/openai/socket-client.ts'
import { rest, type Rest } from '../sim/twilio/on-rest.ts'
import { ACCOUNT_SID, AUTH_TOKEN, NUMBER, PUBLIC } from '../sim/twilio/memory-product.ts'
import { noLog, openedRecords, temporaryFolder } from '../storage/opening.ts'
import { ringingCall } from '../storage/records.ts'

/** The owner, who is told by text message. */
export const ownerNumber = '+14155550101'

/** The tools as a server offers them: on a real database, and on a fake Twilio over real sockets. */
export class AtWork implements AsyncDisposable {
  readonly records: Records
  readonly twilio: Rest
  /** Work that was left alone. */
  readonly left: Promise<unknown>[] = []
  readonly #tools: ReturnType<typeof buildTools>
  readonly #held: AsyncDisposableStack
  #intents = 0

  private constructor(
    held: AsyncDisposableStack,
    records: Records,
    world: { twilio: Rest; openai: FakeOpenAi },
  ) {
    const { twilio, openai } = world
    this.#held = held
    this.records = records
    this.twilio = twilio
    const { clock } = twilio
    const env = { TWILIO_PHONE_NUMBER: NUMBER, GODFATHER_PHONE_NUMBERS: ownerNumber }
    const { config } = readConfig(
      {
        ...env,
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        PUBLIC_URL: PUBLIC,
        OPENAI_API_KEY: 'sk-test-0123456789abcdef',
      },
      { readFile: () => undefined },
    )
    const telephony = new TwilioRest({
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      apiBaseUrl: twilio.twilio.origin,
      publicUrl: PUBLIC,
      clock,
    })
    const research = new WebSearch({
      apiKey: KEY,
      baseUrl: `${openai.httpOrigin}/v1`,
      model: config.openai.model,
      timeZone: config.owner.timeZone,
      timeoutMs: 2_000,
    })
    const metrics = held.use(createMetrics())
    const notice = held.use(
      new OwnerTexts(config, {
        ...records,
        telephony,
        clock,
        log: noLog,
        metrics,
        background: createBackground({ log: noLog, metrics }),
      }),
    )
    const toolWorld = {
      records,
      outbound: telephony,
      ownerNotice: notice,
      research,
    }
    this.#tools = buildTools({ config, clock, log: noLog, metrics }, toolWorld)
  }

  static async open(options: Partial<FakeTwilioOptions> = {}): Promise<AtWork> {
    await using held = new AsyncDisposableStack()
    const folder = held.use(temporaryFolder())
    const records = held.use(await openedRecords(folder.path, { commits: 'loop' }))
    const twilio = held.use(await rest(options))
    const openai = held.use(await startFakeOpenAi({ apiKeys: [KEY], searches: () => [] }))
    return new AtWork(held.move(), records, { twilio, openai })
  }

  /** Names of what is offered. */
  names(): readonly string[] {
    return this.#tools.map(({ definition }) => definition.name)
  }

  /** Arguments as the gate reads them. */
  read(name: string, input: ToolInput) {
    return this.#tool(name).read(input)
  }

  /** Does what a tool is for, as the gate has it done. */
  async run(name: string, input: ToolInput, more: Partial<HandlerContext> = {}): Promise<HandlerResult> {
    const read = this.read(name, input)
    if (!read.ok) throw new Error(read.reason)
    this.#intents += 1
    const context = {
      signal: new AbortController().signal,
      intentId: `intent_x${String(this.#intents).padStart(24, 'a')}`,
      sessionId: 'CA00000000000000000000000000000001',
      actorId: 'person_x0123456789abcdef',
      ...more,
    }
    return await this.#tool(name).handler(read.input, context)
  }

  /** A call that is under way. */
  async call(change: Partial<CallRecord> = {}): Promise<string> {
    const call = { ...ringingCall(), ...change }
    await this.records.calls.insertCall(call)
    return call.callSid
  }

  /** Texts that went out, the oldest first. */
  texts(): readonly { readonly to: string; readonly body: string }[] {
    return [...this.twilio.twilio.messages.values()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync()
  }

  #tool(name: string) {
    const tool = this.#tools.find(({ definition }) => definition.name === name)
    if (!tool) throw new Error(`${name} is not offered`)
    return tool
  }
}
