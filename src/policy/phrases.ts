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
    const first = text.replace(/ .*/, '')
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

/** Whether any of the phrases occurs anywhere. */
export function contains(words: readonly string[], wanted: Phrases): boolean {
  return words.some((word, at) => lengthAt(words, { word, at }, wanted) > 0)
}

/** The words with every phrase replaced, read from left to right, the longest phrase first; by nothing if not told. */
export function replaced(
  words: readonly string[],
  unwanted: Phrases,
  by: readonly string[] = [],
): readonly string[] {
  const result: string[] = []
  let inPhrase = 0
  for (const [at, word] of words.entries()) {
    if (inPhrase > 0) inPhrase -= 1
    else {
      const length = lengthAt(words, { word, at }, unwanted)
      result.push(...(length === 0 ? [word] : by))
      inPhrase = Math.max(length - 1, 0)
    }
  }
  return result
}

/** How many words the longest phrase has that begins at a word; 0 where none does. */
function lengthAt(
  words: readonly string[],
  { word, at }: { readonly word: string; readonly at: number },
  wanted: Phrases,
): number {
  const found = wanted.byFirstWord
    .get(word)
    ?.find((phrase) => phrase.every((part, offset) => words[at + offset] === part))
  return found?.length ?? 0
}
