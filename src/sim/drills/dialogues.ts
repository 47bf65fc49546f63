import { seededRandom } from '../caller/random.ts'
import { Dialogue } from './dialogue.ts'
import { breachesOf } from './dialogue-oracle.ts'
import { allOf, highRisk, type Story } from './dialogue-story.ts'
import { type DrillOptions, type DrillResult, inLanes, missedBars } from './drill.ts'
import { addTo, sortedCounts } from './fuzz-run.ts'
import type { ToolGround } from './tool-ground.ts'

/** Dialogues at a time: their writes share commits. */
const LANES = 48
/** From so many dialogues on every rule must have been met. */
const FULL_FROM = 10_000
/** Of so many dialogues at least one comes to an effect that needs a yes. */
const EFFECT_EVERY = 5
const MOST_TOLD = 5

/** What is counted over all dialogues. */
type Tally = {
  effects: number
  highRisk: number
  readonly intents: Set<string>
  readonly surprises: Map<string, number>
  readonly failed: { readonly seed: number; readonly breach: string }[]
}

/**
 * Plays dialogues at gates on a real database, and holds everything the gates did against an oracle of its own. Count:
 * dialogues; the first one has the seed that is given, the next one the next seed, so that each can be had alone.
 */
export async function drillDialogues(
  ground: ToolGround,
  { seed, count }: DrillOptions,
): Promise<DrillResult> {
  const tally: Tally = { effects: 0, highRisk: 0, intents: new Set(), surprises: new Map(), failed: [] }
  await inLanes(LANES, Array.from({ length: count }), async (_each, index) => {
    await playOne(ground, { seed: seed + index, tally })
  })
  const { isWhole, kinds, reasons } = await ground.audit()
  const { effects, intents, failed } = tally
  const first = failed.toSorted((one, other) => one.seed - other.seed).slice(0, MOST_TOLD)
  const missing = count < FULL_FROM ? [] : rules.filter((rule) => !isMet(rule, reasons))
  const [claimed, settled] = [kinds['intent'] ?? 0, kinds['outcome'] ?? 0]
  return {
    numbers: {
      dialogues: count,
      effects,
      highRisk: tally.highRisk,
      intents: claimed,
      outcomes: settled,
      breaches: sortedCounts(tally.surprises),
      firstBreaches: first,
      reasons: sorted(reasons),
    },
    missed: missedBars([
      [failed.length === 0, `breaches in ${failed.length} dialogues, first seed ${first[0]?.seed}`],
      [tally.highRisk * EFFECT_EVERY >= count || count < EFFECT_EVERY, `only ${tally.highRisk} effects`],
      [intents.size === effects, `${effects} effects on ${intents.size} intents`],
      [claimed >= effects, `${claimed} recorded intents of ${effects} effects`],
      [settled === claimed, `${settled} outcomes of ${claimed} intents`],
      [missing.length === 0, `rules that were not met: ${missing.join('; ')}`],
      [isWhole, 'the audit chain is broken'],
    ]),
  }
}

async function playOne(
  ground: ToolGround,
  { seed, tally }: { readonly seed: number; readonly tally: Tally },
): Promise<void> {
  const dialogue = new Dialogue(seededRandom(seed), ground.call)
  const story = await dialogue.play()
  const breaches = [...new Set([...breachesOf(story), ...dialogue.complaints()])]
  for (const breach of breaches) {
    addTo(tally.surprises, breach)
    tally.failed.push({ seed, breach })
  }
  noteEffects(story, tally)
}

function noteEffects({ happenings }: Story, tally: Tally): void {
  for (const { it } of allOf(happenings, 'ran')) {
    if (it.intentId === undefined) continue
    tally.effects += 1
    tally.intents.add(it.intentId)
    if (highRisk.includes(it.tool)) tally.highRisk += 1
  }
}

function isMet(rule: string, reasons: Readonly<Record<string, number>>): boolean {
  return Object.keys(reasons).some((key) => {
    const words = key.split(' ')
    return rule.split(' ').every((word) => words.includes(word))
  })
}

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return sortedCounts(new Map(Object.entries(counts)))
}

const denials = [
  'unknownTool',
  'tooWeak',
  'outsider',
  'scope',
  'destinationUnchecked',
  'quietHours',
  'budget',
  'pin',
  'noPinConfigured',
  'pinRefused',
  'busy',
  'callIdReused',
  'invalidArguments',
  'closing',
  'confirmationOpen',
  'revoked',
  'cancelled',
  'intentNotWritten',
] as const

/** Records that a full drill leads to, each by words that one of them holds: every rule has spoken. */
const rules: readonly string[] = [
  'question asked heard',
  'question asked shown',
  'question proposed cut',
  'question proposed misspoken',
  'question proposed questionFailed',
  'question proposed unclear',
  'question proposed unheard',
  'answer confirmed speech',
  'answer confirmed keypad',
  'answer confirmed message',
  'answer confirmed apiKey',
  'answer denied no speech',
  'answer denied no keypad',
  'answer denied no message',
  'answer denied unclear',
  'answer denied pinRefused',
  'answer superseded change speech',
  'answer superseded laterProposal',
  'answer expired ttl',
  'answer expired neverAsked',
  'answer cancelled unheard',
  'answer cancelled hungUp',
  'answer cancelled modelLost',
  'answer cancelled transferred',
  'answer cancelled stopping',
  'answer revoked revoked',
  'answer revoked notCommitted',
  'answer ignored beforeAsked',
  'answer ignored afterTtl',
  'answer ignored echo',
  'answer ignored otherSession',
  'answer ignored unknownItem',
  'answer ignored noQuestion',
  'answer ignored decidedAlready',
  'answer ignored gone',
  'answer ignored mismatch',
  'answer ignored unknown',
  'proposal joined',
  'decision confirm highRisk',
  'decision confirm threeLegs',
  'decision pinRequired pin',
  'decision allow confirmed',
  'decision allow requestWithKey',
  ...denials.map((denial) => `policy_denied deny ${denial}`),
]
