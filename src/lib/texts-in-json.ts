/**
 * Every string and number in a JSON text, as people would read them: in the text itself a line break is two characters
 * that look like a word. Of a text that is no JSON it is the text.
 */
export function textsInJson(json: string): readonly string[] {
  let waiting: unknown[]
  try {
    waiting = [JSON.parse(json)]
  } catch {
    return [json]
  }
  const texts: string[] = []
  // A list and no recursion: how deep it goes is up to whoever wrote it.
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value === 'string' || typeof value === 'number') texts.push(String(value))
    else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) waiting.push(name, member)
    }
  }
  return texts
}
