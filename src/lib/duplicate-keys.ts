/** What a scan found: nothing, the same key twice in one object, or more nesting than is read. */
export type KeyScan = 'unique' | 'duplicate' | 'tooDeep'

/** Deeper nesting is refused, so that nothing behind this scan can run out of stack. */
const MAX_DEPTH = 32

/**
 * Looks for a key that an object of a JSON text has twice: JSON.parse would silently keep the last one, and whoever
 * checked the first would have checked something else. Keys are compared as JSON.parse reads them, `\u0061` as `a`.
 * One pass, linear in the text. A text that is no JSON gets some answer; JSON.parse refuses it afterwards.
 */
export function scanKeys(json: string): KeyScan {
  /** One set of keys for every open object, undefined for every open list. */
  const open: (Set<string> | undefined)[] = []
  let at = 0
  while (at < json.length) {
    const mark = json[at]
    if (mark === '"') {
      const end = endOfString(json, at)
      const keys = open.at(-1)
      if (keys && isKey(json, end)) {
        const key = keyText(json.slice(at, end))
        if (keys.has(key)) return 'duplicate'
        keys.add(key)
      }
      at = end
      continue
    }
    if (mark === '{' || mark === '[') {
      if (open.length === MAX_DEPTH) return 'tooDeep'
      open.push(mark === '{' ? new Set() : undefined)
    } else if (mark === '}' || mark === ']') open.pop()
    at += 1
  }
  return 'unique'
}

/** The position behind the closing quote of a string that opens at `start`, or the end of an unfinished text. */
function endOfString(json: string, start: number): number {
  let at = start + 1
  while (at < json.length) {
    if (json[at] === '"') return at + 1
    at += json[at] === '\\' ? 2 : 1
  }
  return json.length
}

/** A string is a key when a colon follows; in a list or as a value none can. */
function isKey(json: string, end: number): boolean {
  let at = end
  // JSON's own four kinds of white space; the caller goes on from `end`, and no string follows before the colon.
  while (at < json.length && ' \t\n\r'.includes(json.charAt(at))) at += 1
  return json[at] === ':'
}

function keyText(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal
  }
}
