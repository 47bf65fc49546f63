/**
 * Has effects done through a gate until it kills itself, at a random point of some step. Arguments: the folder of the
 * database, the file to which an effect is one line, the session whose messages are taken, a seed, and the URL of the
 * database where it is not in the folder.
 */
import { appendFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ToolHandler } from '../ports/tools.ts'
import { seededRandom } from '../sim/caller/random.ts'
import { killableCall, openDrilled, textTo } from './kill-parts.ts'

const [, , folder = '', effectsFile = '', sessionId = '', seed = '1', databaseUrl] = process.argv
const random = seededRandom(Number(seed))
/** About as many steps as four effects take; each work of the storage is two, each handler two. */
let left = 1 + random.whole(90)

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** One step; the last one ends the process at once, or while what it began is under way. */
function onStep(): void {
  left -= 1
  if (left > 0) return
  if (random.whole(2) === 0) die()
  else void nextTurn().then(() => (random.whole(2) === 0 ? die() : nextTurn().then(die)))
}

const handler: ToolHandler = async (_input, { intentId }) => {
  onStep()
  appendFileSync(effectsFile, `${intentId}\n`)
  onStep()
  await nextTurn()
  return { kind: 'done', result: {} }
}

const records = await openDrilled(folder, databaseUrl)
const texting = killableCall(records, { handler, onStep })
for (let index = 0; ; index += 1) {
  const taking = killableCall(records, { handler, onStep, sessionId })
  const took = taking.take(index)
  await texting.text(textTo(index))
  await took
}
