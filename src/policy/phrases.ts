/** Phrases of one or more words, ready to be looked for in a list of words. */
export type Phrases = {
  /** The phrases by their first word, the longest first. */
  readonly byFirstWord: ReadonlyMap<string, readonly (readonly string[])[]>
}

/**
 * Prepares phrases.
 * @param lists each a list of phrases parted by a comma and a blank, of words parted by one blank
 */
export function phrases(...lists: readonly string[]): Phrases {
  const byFirstWord = new Map<string, (readonly string[])[]>()
  for (const text of listed(lists)) {
    const words = text.split(' ')
    const [first = ''] = words
    byFirstWord.set(first, [...(byFirstWord.get(first) ?? []), words])
  }
  for (const list of byFirstWord.values()) list.sort((one, other) => other.length - one.length)
  return { byFirstWord }
}

/** Prepares single words, from lists parted like those of phrases(). */
export function wordSet(...lists: readonly string[]): ReadonlySet<string> {
  return new Set(listed(lists))
}

function listed(lists: readonly string[]): readonly string[] {
  return lists.flatMap((list) => list.split(', '))
}

/** How many words the longest phrase has that begins at a position; 0 where none does. */
export function phraseLengthAt(wanted: Phrases, words: readonly string[], at: number): number {
  const candidates = wanted.byFirstWord.get(words[at] ?? '') ?? []
  const found = candidates.find((phrase) => phrase.every((word, offset) => words[at + offset] === word))
  return found?.length ?? 0
}

/** Whether any of the phrases occurs anywhere. */
export function contains(words: readonly string[], wanted: Phrases): boolean {
  return words.some((_word, at) => phraseLengthAt(wanted, words, at) > 0)
}

/** The words that belong to none of the phrases, read from left to right, longest phrase first. */
export function without(words: readonly string[], unwanted: Phrases): readonly string[] {
  const rest: string[] = []
  for (let at = 0; at < words.length;) {
    const length = phraseLengthAt(unwanted, words, at)
    if (length === 0) rest.push(words[at] ?? '')
    at += Math.max(length, 1)
  }
  return rest
}
