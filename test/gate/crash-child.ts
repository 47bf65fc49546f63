/**
 * Has effects done through a gate until it kills itself, at a random point of some step. Arguments: the folder of the
 * database, the file to which an effect is one line, the session whose messages are taken, a seed, and the URL of the
 * database where it is not in the folder.
 */
import { appendFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { seededRandom } from '../../src/sim/caller/random.ts'
import type { ToolHandler } from '../../src/ports/tools.ts'
import { openedRecords } from '../storage/opening.ts'
import { AtGate, sms } from './at-gate.ts'

const [, , folder = '', effectsFile = '', sessionId = '', seed = '1', databaseUrl] = process.argv
const random = seededRandom(Number(seed))
/** About as many steps as four effects take; each storage method is two, each handler two. */
let left = 1 + random.whole(90)

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** One step; the last one ends the process at once, or while what it began is under way. */
function step(): void {
  left -= 1
  if (left > 0) return
  if (random.whole(2) === 0) die()
  else void nextTurn().then(() => (random.whole(2) === 0 ? die() : nextTurn().then(die)))
}

const doing: ToolHandler = async (_input, { intentId }) => {
  step()
  appendFileSync(effectsFile, `${intentId}\n`)
  step()
  await nextTurn()
  return { kind: 'done', result: {} }
}

const records = await openedRecords(folder, { databaseUrl })

async function openGate(more: { readonly sessionId?: string } = {}): Promise<AtGate> {
  const gate = await AtGate.open(more, records)
  for (const method of ['insertProposal', 'moveConfirmation', 'claimIntent', 'settleIntent', 'record']) {
    gate.before.set(method, step)
    gate.after.set(method, step)
  }
  for (const tool of ['send_sms', 'take_message']) gate.doing.set(tool, doing)
  return gate
}

const texting = await openGate()
for (let index = 0; ; index += 1) {
  const taking = await openGate({ sessionId })
  const took = taking.propose('take_message', { message: `message ${index}` })
  await texting.propose('send_sms', { ...sms, body: `text ${index} of ${process.pid}` })
  texting.hear()
  texting.say('Yes.')
  await took
  // The caller's clock stands still until the run is over, however slow the disk is.
  while (texting.line.told.length <= index) await nextTurn()
}
