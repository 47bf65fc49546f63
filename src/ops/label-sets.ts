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

const knownNames: ReadonlySet<string> = new Set(labelNames)
const maxSetsPerMetric = 100
const none: Labels = {}

/**
 * The label sets of one metric, each with something of its own. A set costs memory for ever and a line in every answer,
 * so there is an end to them: what comes later is counted under `other`.
 */
export class LabelSets<T> {
  readonly #make: (labels: Labels) => T
  readonly #byKey = new Map<string, T>()
  readonly #bySet = new Map<string, T>()
  #unlabelled: T | undefined

  /** @param make what belongs to a set; called once for each */
  constructor(make: (labels: Labels) => T) {
    this.#make = make
  }

  /** What belongs to these labels, as far as they may be kept. */
  of(labels: Labels | undefined): T {
    if (labels === undefined) return (this.#unlabelled ??= this.#make(none))
    let key = ''
    for (const name in labels) if (knownNames.has(name)) key += `${name}=${labels[name]}\n`
    if (key === '') return (this.#unlabelled ??= this.#make(none))
    return this.#byKey.get(key) ?? this.#add(key, labels)
  }

  /** Several keys may mean one set: those of other orders, and all that is not kept as it is. */
  #add(key: string, labels: Labels): T {
    const isFull = this.#byKey.size >= maxSetsPerMetric
    const set = kept(labels, (value) => (isFull ? 'other' : harmless(value)))
    const name = JSON.stringify(set)
    const known = this.#bySet.get(name) ?? this.#make(set)
    this.#bySet.set(name, known)
    if (!isFull) this.#byKey.set(key, known)
    return known
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
