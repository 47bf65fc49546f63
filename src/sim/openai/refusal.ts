import type { z } from 'zod'

/** Why the server refuses a client event: what the `error` event will carry. */
export type Refusal = {
  readonly type: 'invalid_request_error' | 'server_error'
  readonly code: string | null
  readonly message: string
  /** Where in the event, as `session.tools[0].name`; null when it is not about one field. */
  readonly param: string | null
}

type Issue = z.core.$ZodIssue

/** A refusal of the common kind, an invalid request. */
export function refusal(code: string, message: string, param: string | null = null): Refusal {
  return { type: 'invalid_request_error', code, message, param }
}

/**
 * Turns what zod found into the one error that the server would send. A missing field is reported before an unknown
 * one, and both before a wrong value.
 * @param raw the client event as it came
 */
export function refusalOfIssues(issues: readonly Issue[], raw: unknown): Refusal {
  const refusals = issues.map((issue) => refusalOf(issue, raw))
  const first =
    refusals.find((one) => one.code === 'missing_required_parameter') ??
    refusals.find((one) => one.code === 'unknown_parameter') ??
    refusals[0]
  return first ?? refusal('invalid_value', 'Invalid event')
}

/** Writes a path as the API does: names joined by dots, indexes in brackets. */
export function paramOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')
}

function refusalOf(issue: Issue, raw: unknown): Refusal {
  const param = paramOf(issue.path)
  const value = valueAt(raw, issue.path)
  if (value === undefined && issue.code !== 'unrecognized_keys') {
    return refusal('missing_required_parameter', `Missing required parameter: '${param}'.`, param)
  }
  switch (issue.code) {
    case 'unrecognized_keys': {
      const unknown = paramOf([...issue.path, issue.keys[0] ?? ''])
      return refusal('unknown_parameter', `Unknown parameter: '${unknown}'.`, unknown)
    }
    case 'invalid_type':
      return wrongType(param, issue.expected, value)
    case 'too_small':
    case 'too_big':
      return outOfBounds(issue, param, value)
    case 'invalid_value':
      return issue.values.some((allowed) => typeof allowed === typeof value)
        ? wrongValue(param, value, issue.values)
        : wrongType(param, 'string', value)
    case 'invalid_union':
      return unionRefusal(issue, raw)
    case 'invalid_key':
      return refusalOf({ ...(issue.issues[0] ?? issue), path: issue.path }, raw)
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
    case 'custom':
      return refusal('invalid_value', `Invalid '${param}': ${issue.message}`, param)
  }
}

function unionRefusal(issue: Extract<Issue, { code: 'invalid_union' }>, raw: unknown): Refusal {
  const param = paramOf(issue.path)
  const value = valueAt(raw, issue.path)
  if (issue.errors.length === 0) {
    const options = 'options' in issue && Array.isArray(issue.options) ? (issue.options as unknown[]) : []
    return typeof value === 'string' ? wrongValue(param, value, options) : wrongType(param, 'string', value)
  }
  const branches = issue.errors.map((errors) =>
    errors.map((error) => ({ ...error, path: [...issue.path, ...error.path] })),
  )
  // The branch that got past the first look is the one that was meant.
  const meant =
    branches.find((errors) => errors.every((error) => error.path.length > issue.path.length)) ??
    branches.find((errors) =>
      errors.some((error) => error.code === 'too_big' || error.code === 'too_small'),
    ) ??
    branches.find((errors) => errors.some((error) => error.code === 'unrecognized_keys')) ??
    branches.find((errors) =>
      errors.some(
        (error) => error.code === 'invalid_value' && error.values.some((one) => typeof one === typeof value),
      ),
    )
  return meant ? refusalOfIssues(meant, raw) : wrongType(param, 'another type', value)
}

function wrongType(param: string, expected: string, value: unknown): Refusal {
  const message = `Invalid type for '${param}': expected ${expected}, but got ${typeName(value)} instead.`
  return refusal('invalid_type', message, param)
}

function wrongValue(param: string, value: unknown, allowed: readonly unknown[]): Refusal {
  const supported = allowed.map((one) => `'${String(one)}'`).join(', ')
  const message = `Invalid value: '${String(value).slice(0, 100)}'. Supported values are: ${supported}.`
  return refusal('invalid_value', message, param)
}

function outOfBounds(
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
  param: string,
  value: unknown,
): Refusal {
  const below = issue.code === 'too_small'
  const limit = String(below ? issue.minimum : issue.maximum)
  const side = below ? 'below_min' : 'above_max'
  const end = below ? 'least' : 'most'
  if (issue.origin === 'string') {
    const message = `Invalid '${param}': string too ${below ? 'short' : 'long'}. Expected ${limit} characters at the ${end}.`
    return refusal(`string_${side}_length`, message, param)
  }
  if (issue.origin === 'array') {
    const message = `Invalid '${param}': array too ${below ? 'short' : 'long'}. Expected ${limit} items at the ${end}.`
    return refusal(`array_${side}_length`, message, param)
  }
  const kind = Number.isInteger(value) && Number.isInteger(Number(limit)) ? 'integer' : 'decimal'
  const bound = below
    ? 'below minimum value. Expected a value >='
    : 'above maximum value. Expected a value <='
  return refusal(
    `${kind}_${side}_value`,
    `Invalid '${param}': ${kind} ${bound} ${limit}, but got ${String(value)} instead.`,
    param,
  )
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = raw
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, key)
  }
  return value
}
