import { type DrillOptions, type DrillResult, missedBars } from './drill.ts'

/** What is left after kills on one database. */
export type Aftermath = {
  /** Effects that were done, each a line in a file. */
  readonly effects: number
  /** Intents in the audit log. */
  readonly intents: number
  /** Outcomes that say done, and those that say that nobody knows. */
  readonly done: number
  readonly unknown: number
  /** Effects that were done more than once, and confirmations that were used more than once. */
  readonly duplicates: number
  /** Effects without an intent. */
  readonly unrecorded: number
  /** Intents without an outcome, or with one that does not fit what was done. */
  readonly unsettled: number
  /** Effects that a next process did when it was asked for the same again, and intents that it was asked for. */
  readonly repeated: number
  readonly askedAgain: number
  readonly isWhole: boolean
}

/** A database under kills. */
export type KillPlace = AsyncDisposable & {
  /** Has a process do effects until it kills itself at a random point, and lets the next one look after it. */
  kill(seed: number): Promise<void>
  aftermath(): Promise<Aftermath>
}

/** Databases to kill on. */
export type KillGround = {
  readonly names: readonly string[]
  /** @returns why there is none, where a database is not available */
  open(name: string): Promise<KillPlace | { readonly missing: string }>
}

/** Kills processes in the middle of effects, so many on each database there is, and counts what was done and recorded. */
export async function drillKills(ground: KillGround, { seed, count }: DrillOptions): Promise<DrillResult> {
  const numbers: Record<string, Record<string, number | string>> = {}
  const missed: string[] = []
  for (const name of ground.names) {
    const opened = await ground.open(name)
    if ('missing' in opened) {
      numbers[name] = { missing: opened.missing }
      continue
    }
    await using place = opened
    for (let kill = 0; kill < count; kill += 1) await place.kill(seed + kill)
    const { isWhole, ...counts } = await place.aftermath()
    numbers[name] = { kills: count, ...counts, chain: isWhole ? 'whole' : 'broken' }
    missed.push(...barsOf({ isWhole, ...counts }).map((bar) => `${name}: ${bar}`))
  }
  return { numbers, missed }
}

function barsOf(aftermath: Aftermath): readonly string[] {
  const { duplicates, unrecorded, unsettled, repeated, isWhole } = aftermath
  const points = Math.min(aftermath.effects, aftermath.done, aftermath.unknown, aftermath.askedAgain)
  return missedBars([
    [duplicates === 0, `${duplicates} effects were done twice`],
    [unrecorded === 0, `${unrecorded} effects were not recorded`],
    [unsettled === 0, `${unsettled} intents without a fitting outcome`],
    [repeated === 0, `${repeated} effects were done again by the next process`],
    [isWhole, 'the audit chain is broken'],
    // The kills came at points that matter: otherwise nothing was shown.
    [points > 0, 'no kill came at a point that matters'],
  ])
}
