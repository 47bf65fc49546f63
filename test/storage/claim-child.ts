/**
 * Claims the nonces race-0, race-1, … of the database given as its argument (a file or a URL), each as soon as its number comes in on
 * standard input, and says which it won.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { systemClock } from '../../src/lib/clock.ts'
import { claimNonce } from '../../src/storage/nonces.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'

const place = process.argv[2] ?? ''
const database = place.startsWith('postgres:') ? await openPostgres(place, systemClock) : openSqlite(place)
const nowMs = Number(process.argv[3])
writeSync(1, 'ready\n')

for await (const number of createInterface({ input: process.stdin })) {
  for (;;) {
    try {
      const claim = await claimNonce(database.writer, `race-${number}`, nowMs)
      writeSync(1, `${number} ${claim.ok ? 'won' : claim.reason}\n`)
      break
    } catch (error) {
      if (database.meaningOf(error) !== 'busy') throw error
    }
  }
}
await database.close()
