import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { OwnerTexts } from '../../../src/app/owner-texts.ts'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { ErrandReport } from '../../../src/ports/errand-report.ts'
import type { MessageRecord } from '../../../src/ports/storage.ts'
import type { TelephonyOutcome } from '../../../src/ports/telephony.ts'
import type { Records } from '../../../src/storage/open-storage.ts'
import { recordedLog, recordedMetrics } from '../../http/serving.ts'
import { openedRecords, temporaryFolder } from '../../storage/opening.ts'
import { newCallSid } from '../../storage/records.ts'

const [our, owner] = ['+14155550100', '+14155550101']
export const ann = '+14155550123'
export const bob = '+14155550124'
/** An order that the network did not carry out, or of which nobody knows. */
export function refusal(code: string, ambiguous = false): TelephonyOutcome {
  return { ok: false, code, sentence: 'It was not sent', ambiguous }
}

/** An owner who is texted, on a virtual clock and a real database; what the network answers is the test's. */
export class TextedOwner implements AsyncDisposable {
  readonly clock = new VirtualClock()
  readonly log = recordedLog()
  readonly metrics = recordedMetrics()
  readonly records: Records
  /** Texts to the owner that the network was given, the refused ones too. */
  readonly bodies: string[] = []
  readonly reports = new Map<string, ErrandReport>()
  answer: () => Promise<TelephonyOutcome> = () => Promise.resolve({ ok: true })
  texts: OwnerTexts
  readonly #held: AsyncDisposableStack
  readonly #databasePath: string
  #left = 0

  private constructor(held: AsyncDisposableStack, records: Records, dataDir: string) {
    this.#held = held
    this.#databasePath = join(dataDir, 'consigliere.db')
    this.records = records
    this.texts = this.restarted()
  }

  static async open(): Promise<TextedOwner> {
    await using held = new AsyncDisposableStack()
    const folder = held.use(temporaryFolder())
    const records = held.use(await openedRecords(folder.path, { commits: 'loop' }))
    return new TextedOwner(held.move(), records, folder.path)
  }

  /** As the next process would have it. */
  restarted(notify: 'sms' | 'none' = 'sms'): OwnerTexts {
    const { clock, log, metrics, records } = this
    const config = { owner: { phoneNumbers: [owner], notify }, twilio: { phoneNumbers: [our] } }
    return new OwnerTexts(config, {
      ...records,
      clock,
      log,
      metrics,
      telephony: {
        sendText: ({ from, to, body }) => {
          if (from !== our || to !== owner) throw new Error('A text to nobody')
          this.bodies.push(body)
          return this.answer()
        },
      },
      background: (_name, work) => void work,
    })
  }

  async resume(): Promise<void> {
    await this.texts.resume((ref) => Promise.resolve(this.reports.get(ref)))
    await this.settled()
  }

  /** A message that is kept, and of which nobody was told. */
  async kept(from = ann, agoMs = 0): Promise<MessageRecord> {
    this.#left += 1
    const message = {
      messageId: `intent_x${String(this.#left).padStart(24, '0')}`,
      callSid: newCallSid(),
      from,
      receivedAtMs: this.clock.wallMs() - agoMs,
      kind: 'words',
      text: `Message ${this.#left}`,
    } as const
    await this.records.calls.insertMessage(message)
    return message
  }

  /** From now on the audit log takes no record, until it is mended. */
  breakAudit(): { mend(): void } {
    this.#alter("create trigger broken before insert on audit begin select raise(abort, 'broken'); end")
    return { mend: () => this.#alter('drop trigger broken') }
  }

  /** What the audit log has, without what is the same for all texts. */
  async audited(): Promise<readonly unknown[]> {
    const rows = await this.records.audit.page({ afterSeq: 0, maxRecords: 100 })
    return rows.map(({ kind, session, data: { means: _means, ...data } }) => [kind, session, data])
  }

  /** @returns what became of telling the owner */
  async tell(from = ann): Promise<string | undefined> {
    const message = await this.kept(from)
    await this.texts.messageKept(message)
    return await this.notice(message)
  }

  async notice({ messageId }: MessageRecord): Promise<string | undefined> {
    return (await this.records.messages.find(messageId))?.notice
  }

  /** The report of an errand, as it is made. */
  async over(): Promise<ErrandReport> {
    this.#left += 1
    const ref = `intent_x${String(this.#left).padStart(24, '0')}`
    const [callSid, sessionId] = [newCallSid(), newCallSid()]
    const { errands } = this.records
    await errands.take({ ref, callSid, sessionId, takenAtMs: this.clock.wallMs() })
    await errands.report(ref, { status: 'busy', nowMs: this.clock.wallMs() })
    const report = { ref, callSid, sessionId, number: bob, status: 'busy' as const }
    const whole = { ...report, said: [], isCut: false, messages: 0 }
    this.reports.set(ref, whole)
    return whole
  }

  async settled(): Promise<void> {
    for (let round = 0; round < 50; round += 1) {
      await this.records.calls.flush()
      await nextTurn()
    }
  }

  #alter(sql: string): void {
    using behind = new DatabaseSync(this.#databasePath, { timeout: 1_000 })
    behind.exec(sql)
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.settled()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.texts[Symbol.asyncDispose]()
    await this.#held.disposeAsync()
  }
}
