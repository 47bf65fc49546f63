import type { Labels } from '../ports/metrics.ts'

/** Every label a metric may have. Others are left out. */
export const labelNames = [
  'actor',
  'code',
  'direction',
  'ending',
  'kind',
  'leg',
  'mode',
  'model',
  'name',
  'outcome',
  'provider',
  'reaction',
  'reason',
  'route',
  'source',
  'status',
  'tool',
  'type',
] as const

const maxSetsPerMetric = 100
const none: Labels = {}

/**
 * The label sets of one metric. Each costs memory for ever and a line in every answer, so there is an end to them:
 * what comes later is counted under `other`.
 */
export class LabelSets {
  readonly #sets = new Map<string, Labels>()

  /** The same labels as they may be kept. */
  bounded(labels: Labels | undefined): Labels {
    if (labels === undefined) return none
    let key = ''
    for (const name of labelNames) {
      const value = labels[name]
      if (value !== undefined) key += `${name}=${value}\n`
    }
    if (key === '') return none
    const known = this.#sets.get(key)
    if (known) return known
    const isFull = this.#sets.size >= maxSetsPerMetric
    const set = kept(labels, (value) => (isFull ? 'other' : harmless(value)))
    if (!isFull) this.#sets.set(key, set)
    return set
  }
}

function kept(labels: Labels, valueOf: (value: string) => string): Labels {
  const set: Record<string, string> = {}
  for (const name of labelNames) {
    const value = labels[name]
    if (value !== undefined) set[name] = valueOf(value)
  }
  return set
}

/** A word stays as it is; what could be a number, a text or an id becomes `other`. */
function harmless(value: string): string {
  return /^[\w.:/-]{1,64}$/.test(value) && !/[0-9]{5}/.test(value) ? value : 'other'
}
