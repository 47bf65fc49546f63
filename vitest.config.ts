import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // INVARIANT: an unhandled rejection fails the run, even if every test passed.
    dangerouslyIgnoreUnhandledErrors: false,
  },
})
