/** Logs three lines to standard output and exits at once. */
import { systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/ops/logger.ts'

const log = createLog({ level: 'info', clock: systemClock })
log.event('info', 'first')
log.event('warn', 'second')
log.event('fatal', 'last')
process.exit(3)
