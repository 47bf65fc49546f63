import type { ToolSample } from './tool-samples.ts'

/** What arguments are, read as strictly as can be. */
export type Verdict =
  { readonly ok: true; readonly input: Readonly<Record<string, unknown>> } | { readonly ok: false }

const MOST_CHARACTERS = 8_192

/** Says whether a text is good as the arguments of a tool. Knows nothing of how the product reads them. */
export function judgeArguments(text: string, { fields, optional = [], together }: ToolSample): Verdict {
  if (text.length > MOST_CHARACTERS) return { ok: false }
  const input = parsed(text)
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return { ok: false }
  if (namesTwice(text)) return { ok: false }
  const entries = Object.entries(input)
  const isKnown = entries.every(
    ([name, value]) => Object.hasOwn(fields, name) && fields[name]?.(value) === true,
  )
  const isWhole = Object.keys(fields).every((name) => optional.includes(name) || Object.hasOwn(input, name))
  const named = Object.fromEntries(entries)
  const isGood = isKnown && isWhole && (together?.(named) ?? true)
  return isGood ? { ok: true, input: named } : { ok: false }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether any object of a text that is JSON has a name twice. */
function namesTwice(text: string): boolean {
  const signs = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g) ?? []
  const open: string[][] = []
  for (const [at, sign] of signs.entries()) {
    if (sign === '{' || sign === '[') open.push([])
    else if (sign === '}' || sign === ']') open.pop()
    else if (sign !== ':' && signs[at + 1] === ':') {
      const name = String(JSON.parse(sign))
      if (open.at(-1)?.includes(name) === true) return true
      open.at(-1)?.push(name)
    }
  }
  return false
}
