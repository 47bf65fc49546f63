/** Apostrophes as people and transcribers write them: typographic, modifier letters, accents used as apostrophes. */
const APOSTROPHES = /[\u2018\u2019\u201b\u02bc\u02b9\u00b4\u0060\u2032]/gu

/**
 * The words of a text, for comparison with word lists: compatibility forms unified (NFKC), lower case, straight
 * apostrophes, `don't` and `dont` as `do not`. White space, punctuation, brackets and invisible characters part words.
 * Any other sign that is no letter and no digit stands as a word of its own, so that it is not lost. Letters of every
 * script stay what they are: a look-alike makes another word. Linear in the text.
 */
export function wordsOf(text: string): readonly string[] {
  return text
    .replace(APOSTROPHES, "'")
    .normalize('NFKC')
    .toLowerCase()
    .replace(/n't(?![\p{L}\p{N}\p{M}'])/gu, ' not ')
    .replace(/(?<![\p{L}\p{N}\p{M}'])dont(?![\p{L}\p{N}\p{M}'])/gu, ' do not ')
    .replace(/[^\p{L}\p{N}\p{M}\p{P}\p{Z}\p{Cc}\p{Cf}]/gu, ' $& ')
    .replace(/(?![\p{L}\p{N}\p{M}'])[\p{P}\p{Z}\p{Cc}\p{Cf}]/gu, ' ')
    .split(' ')
    .map(withoutQuotes)
    .filter((word) => word !== '')
}

/** An apostrophe inside a word belongs to it; around it, it is a quotation mark. */
function withoutQuotes(word: string): string {
  let start = 0
  let end = word.length
  while (start < end && word[start] === "'") start += 1
  while (end > start && word[end - 1] === "'") end -= 1
  return word.slice(start, end)
}
