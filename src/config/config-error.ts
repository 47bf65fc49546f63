/** What is wrong with one setting. The value itself is never part of it. */
export type ConfigProblem = { readonly name: string; readonly problem: string }

/** The settings cannot be used. Lists everything that is wrong at once, by name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'configInvalid'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ name, problem }) => `  ${name} ${problem}`)
    const count = problems.length === 1 ? 'one setting is' : `${problems.length} settings are`
    super(`Cannot start: ${count} wrong\n${lines.join('\n')}`)
    this.problems = problems
  }
}
