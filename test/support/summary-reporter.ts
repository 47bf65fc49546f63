import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** Prints every skipped test with its reason, then one plain closing line: `N passed, N failed, N skipped`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const skipped = tests.filter((test) => test.result().state === 'skipped')
    for (const test of skipped) process.stdout.write(`skipped: ${test.fullName} — ${reasonOf(test)}\n`)
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    process.stdout.write(
      `\n${count('passed')} passed, ${count('failed')} failed, ${skipped.length} skipped\n`,
    )
    // INVARIANT: a run in which nothing was tested is no success, also when it is because all was skipped.
    if (count('passed') === 0) process.exitCode = 1
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result()
  return (result.state === 'skipped' ? result.note : undefined) ?? 'no reason given'
}
