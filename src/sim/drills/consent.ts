import { seededRandom } from '../caller/random.ts'
import { forbiddingMix, harmlessMix, isOfAgreement, plainAnswer } from './consent-mixes.ts'
import { type DrillOptions, type DrillResult, missedBars, rounded } from './drill.ts'
import type { ToolGround } from './tool-ground.ts'

const MOST_TOLD = 5
/** Of plain answers so many may be asked about again. */
const MOST_ASKED_AGAIN = 0.03

/**
 * Reads mixes of words in which one forbids a yes, mixes in which none does, and plain answers. Count: mixes with a word
 * that forbids; of the others there is one for every ten.
 */
export async function drillConsent(
  { classify }: Pick<ToolGround, 'classify'>,
  { seed, count }: DrillOptions,
): Promise<DrillResult> {
  const random = seededRandom(seed)
  const verdicts = { yes: 0, no: 0, change: 0, unknown: 0 }
  const falseYes: string[] = []
  for (let mix = 0; mix < count; mix += 1) {
    const text = forbiddingMix(random)
    const verdict = classify(text)
    verdicts[verdict] += 1
    if (verdict === 'yes') falseYes.push(text)
  }
  const others = Math.ceil(count / 10)
  let agreed = 0
  const again = new Map<string, number>()
  for (let mix = 0; mix < others; mix += 1) {
    const text = harmlessMix(random).join(' ')
    if (classify(text) === 'yes') {
      agreed += 1
      if (!isOfAgreement(text)) falseYes.push(text)
    }
    const answer = plainAnswer(random)
    if (classify(answer) !== 'yes') again.set(answer, (again.get(answer) ?? 0) + 1)
  }
  const askedAgain = again.values().reduce((sum, times) => sum + times, 0)
  const share = askedAgain / others
  return {
    numbers: {
      mixes: count,
      verdicts,
      harmlessMixes: others,
      agreed,
      plainAnswers: others,
      askedAgain,
      askedAgainPercent: rounded(share * 100, 2),
      askedAgainTexts: [...again.keys()].slice(0, MOST_TOLD),
      falseYes: falseYes.length,
    },
    missed: missedBars([
      [falseYes.length === 0, `a yes was made of: ${falseYes.slice(0, MOST_TOLD).join(' | ')}`],
      [share <= MOST_ASKED_AGAIN, `${rounded(share * 100, 2)} % of plain answers are asked about again`],
      // The mixes are no nonsense: a good part of them is understood.
      [verdicts.no * 5 > count && verdicts.change * 20 > count && agreed * 20 > others, 'mixes are nonsense'],
    ]),
  }
}
