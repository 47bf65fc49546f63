/** What one result may cost the model, in UTF-16 code units of JSON text. */
const MAX_RESULT_LENGTH = 8_000
const MAX_DEPTH = 8
const MAX_ITEMS = 200

/** A result as the model may see it. `isCut` when it was too long: then `value` is the beginning of its JSON text. */
export type CleanResult = { readonly value: unknown; readonly text: string; readonly isCut: boolean }

/**
 * Takes out of a result what could hide or control anything (control and format characters, lone surrogates, values
 * without a JSON form), and cuts it to a size.
 */
export function cleanResult(result: unknown): CleanResult {
  const value = cleanValue(result, 0)
  const text = JSON.stringify(value)
  if (text.length <= MAX_RESULT_LENGTH) return { value, text, isCut: false }
  const start = text.slice(0, MAX_RESULT_LENGTH).toWellFormed()
  return { value: start, text: start, isCut: true }
}

/** A text without what could hide or control anything; line feeds and tabs stay. */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/(?![\n\t])\p{Cc}/gu, ' ')
    .replace(/[\p{Cf}\p{Co}\p{Cn}]/gu, '')
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) return null
  if (Array.isArray(value))
    return value.slice(0, MAX_ITEMS).map((item: unknown) => cleanValue(item, depth + 1))
  const entries = Object.entries(value).slice(0, MAX_ITEMS)
  return Object.fromEntries(
    entries
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [cleanText(key), cleanValue(item, depth + 1)]),
  )
}
