/**
 * Writes to the folder given as its argument, or to the database whose URL follows, until it is killed, and says on
 * standard output what was acknowledged: one line per write, after its promise resolved.
 */
import { writeSync } from 'node:fs'
import { ringingCall, turnOf } from './records.ts'
import { openedRecords } from './opening.ts'

const [, , folder = '', databaseUrl] = process.argv
const records = await openedRecords(folder, { batchMs: 5, databaseUrl })
const { calls: storage, audit, effects } = records

async function act(sessionId: string, key: string): Promise<void> {
  const intentId = `intent_of-${process.pid}-${key}`
  const tool = 'send_sms'
  const draft = { intentId, scope: sessionId, key, tool, argumentsHash: 'ab'.repeat(32), sessionId }
  const claim = await effects.claimIntent({ ...draft, actor: 'server', strength: 'S4', createdAtMs: 0 })
  writeSync(1, `intent ${intentId} ${claim.ok}\n`)
  await effects.settleIntent(intentId, { state: 'done', settledAtMs: 1 })
  writeSync(1, `outcome ${intentId}\n`)
}

for (let index = 0; ; index += 1) {
  const call = { ...ringingCall(), status: 'in-progress' as const }
  await storage.insertCall(call)
  writeSync(1, `call ${call.callSid}\n`)
  const link = await audit.record({ kind: 'auth', session: call.callSid, data: { count: index } })
  writeSync(1, `audit ${link.seq} ${link.hash}\n`)
  await Promise.all([
    act(call.callSid, `${index}`),
    storage.putStream({ streamSid: `MZ${index}`, callSid: call.callSid, startedAtMs: index }),
    ...[0, 1, 2].map(async (seq) => {
      await storage.putTurn(turnOf(call.callSid, seq))
      writeSync(1, `turn ${call.callSid} ${seq}\n`)
    }),
  ])
}
