import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    // One for each core and not one fewer, as is usual: half the time of the journeys is calls that take their time.
    maxWorkers: availableParallelism(),
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // INVARIANT: an unhandled rejection fails the run, even if every test passed.
    dangerouslyIgnoreUnhandledErrors: false,
    // What decides, asks, verifies and records has no branch that no test has taken; see `npm run coverage`.
    coverage: {
      provider: 'v8',
      reporter: [['text', { skipFull: true }]],
      include: [
        'src/policy/*.ts',
        'src/gate/*.ts',
        'src/twilio/signature.ts',
        'src/storage/*audit*.ts',
        'src/ops/audit-redaction.ts',
      ],
      thresholds: { branches: 100 },
    },
  },
})
