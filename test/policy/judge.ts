import { questionBreaches } from './judge-questions.ts'
import { runBreaches } from './judge-runs.ts'
import { effectsOf, type Happening } from './story.ts'

/**
 * Looks for breaches of the protocol in what happened, from the events and effects alone: knows nothing of the desk's
 * own state.
 */
export function breaches(story: readonly Happening[]): string[] {
  return [...runBreaches(story), ...questionBreaches(story), ...endBreaches(story)]
}

/** A final state never changes, and the model hears of the end of each tool call once at most. */
function endBreaches(story: readonly Happening[]): string[] {
  const found: string[] = []
  const final = new Map<string, string>()
  for (const { record } of effectsOf(story, 'changed')) {
    const before = final.get(record.id)
    if (before !== undefined && before !== record.state)
      found.push(`${record.id} was ${before}, is ${record.state}`)
    if (record.state !== 'proposed' && record.state !== 'asked') final.set(record.id, record.state)
  }
  const told = effectsOf(story, 'tell').map(({ callId }) => callId)
  if (new Set(told).size !== told.length) found.push('A tool call ended twice')
  return found
}
