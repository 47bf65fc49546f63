/** What the agent has said that is not so. */
export type Mistake = {
  readonly kind: 'status' | 'time' | 'day' | 'weekday' | 'sum' | 'number'
  readonly said: string
  readonly stands: readonly string[]
}

/** Facts that are named in one correction. */
const MAX_NAMED = 2

/** What the caller hears when the agent has said something that a tool's result does not bear out. */
export function correction({ kind, said, stands }: Mistake): string {
  if (kind === 'status') return `I have to correct myself: ${statusWords(stands[0])}.`
  if (stands.length === 0) return `I have to correct myself: I have nothing here that says ${plain(said)}.`
  const named = stands.slice(0, MAX_NAMED).map(plain).join(' and ')
  return `I have to correct myself: I have ${named} here, not ${plain(said)}.`
}

function statusWords(status: string | undefined): string {
  if (status === 'unknown') return 'I do not know whether that was done'
  return status === 'waits' ? 'that is not done yet' : 'that was not done'
}

/** It is spoken word for word, from between quotes. */
function plain(text: string): string {
  return text.replace(/["\p{Cc}]/gu, ' ').slice(0, 60)
}
