/** Levels of log lines that tell of something that should not be. */
const ALARMS: ReadonlySet<unknown> = new Set(['error', 'fatal'])
const MOST_SORTS = 100

/** What a server's log has cried out, by sort; a log can be written to it. */
export class AlarmList {
  readonly #counts = new Map<string, number>()

  write(line: string): void {
    // Most lines are none, and to read each of them would cost more than the rest.
    if (!line.includes('"error"') && !line.includes('"fatal"')) return
    const entry: unknown = JSON.parse(line)
    if (typeof entry !== 'object' || entry === null || !ALARMS.has(Reflect.get(entry, 'level'))) return
    const told = ['kind', 'name', 'reason', 'code'].map((field): unknown => Reflect.get(entry, field))
    const sort = told.filter((value) => typeof value === 'string').join(' ')
    if (this.#counts.has(sort) || this.#counts.size < MOST_SORTS) {
      this.#counts.set(sort, (this.#counts.get(sort) ?? 0) + 1)
    }
  }

  /** Sorts with their counts, but for those that begin so. */
  except(known: readonly string[]): Readonly<Record<string, number>> {
    const others = [...this.#counts].filter(([sort]) => !known.some((each) => sort.startsWith(each)))
    return Object.fromEntries(others.toSorted(([one], [other]) => one.localeCompare(other)))
  }
}
