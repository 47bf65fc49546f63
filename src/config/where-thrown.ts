/** Causes that are followed: an error may be its own. */
const MAX_DEPTH = 5

/**
 * Where an error arose, and those that caused it: name, code and frames of each. Their messages are left out, as they
 * may quote what somebody said, sent, or was sent by a database.
 */
export function whereThrown(error: unknown): string {
  const lines: string[] = []
  let current = error
  for (let depth = 0; depth < MAX_DEPTH && current !== undefined; depth += 1) {
    if (depth > 0) lines.push('caused by')
    if (!(current instanceof Error)) return [...lines, typeof current].join('\n')
    const code: unknown = 'code' in current ? current.code : undefined
    const isName = typeof code === 'number' || (typeof code === 'string' && /^\w{1,40}$/.test(code))
    lines.push(isName ? `${current.name} ${code}` : current.name, ...framesOf(current))
    current = current.cause
  }
  return lines.join('\n')
}

/** A message may have lines that look like frames, and stands before them. */
function framesOf({ stack = '', message }: Error): readonly string[] {
  const from = stack.indexOf(message)
  const rest = from < 0 ? stack : stack.slice(from + message.length)
  return rest.split('\n').filter((line) => /^ {4}at /.test(line))
}
