import type { AuditData, AuditEvent } from '../ports/audit.ts'

/** Answers what may be kept of a field's value, or undefined to leave it out. */
type FieldRule = (value: unknown) => string | number | readonly string[] | undefined

const maxWords = 20
const maxCount = 999_999_999

/** Ids of Twilio, of OpenAI and of ours, and UUIDs; a prefix before nothing but digits could be a number in disguise. */
const idShape =
  /^([A-Z]{2}[0-9a-f]{32}|[a-z]{2,16}_(?![0-9]+$)[A-Za-z0-9_-]{8,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/
const id = shaped(idShape)
const hash = shaped(/^[0-9a-f]{64}$/)
/** A code has no space in it, as a sentence has, and no five digits in a row, as a number has. */
const word = shaped(/^(?!.*[0-9]{5})[A-Za-z][A-Za-z0-9_.-]{0,63}$/)
/** A word, or the number of an error: of Twilio's, or of HTTP. No number of anybody is so short. */
const code = shaped(/^((?!.*[0-9]{5})[A-Za-z][A-Za-z0-9_.-]{0,63}|[1-9][0-9]{2,4})$/)
const version = shaped(/^(?!.*[0-9]{5})[0-9][0-9A-Za-z.+-]{0,31}$/)
const words: FieldRule = (value) =>
  Array.isArray(value)
    ? value
        .slice(0, maxWords)
        .filter((item) => word(item) !== undefined)
        .map(String)
    : undefined
/** What is larger is no count and no length here, but could be a number without its plus sign. */
const count: FieldRule = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) <= maxCount ? value : undefined

/** INVARIANT: a record holds nothing but these, whatever an object at run time carries. */
const dataRules: { readonly [Name in keyof Required<AuditData>]: FieldRule } = {
  person: id,
  destination: id,
  proposal: id,
  confirmation: id,
  intent: id,
  item: id,
  response: id,
  notice: id,
  provider: id,
  state: word,
  from: word,
  decision: word,
  reason: word,
  reasons: words,
  code,
  means: word,
  source: word,
  taint: word,
  risk: word,
  mode: word,
  version,
  setting: word,
  key: word,
  count,
  attempts: count,
  elapsedMs: count,
  audioMs: count,
  removedTo: count,
  removedHash: hash,
  textHash: hash,
  configHash: hash,
  omitted: count,
}

const ruleOf: ReadonlyMap<string, FieldRule> = new Map(Object.entries(dataRules))
const actor = shaped(/^(server|key:[A-Za-z][A-Za-z0-9_.-]{0,63})$/)
const strength = shaped(/^S[0-4]$/)
const tool = shaped(/^(?!.*[0-9]{5})[a-z][a-z0-9_]{0,63}$/)

/**
 * An event as it may be kept for years: ids, codes, counts and hashes. Everything else is left out, and that it was is
 * told by `omitted`, the number of fields.
 */
export function auditRedaction(event: AuditEvent): AuditEvent {
  const head = kept(
    {
      actor: event.actor,
      strength: event.strength,
      session: event.session,
      tool: event.tool,
      argumentsHash: event.argumentsHash,
    },
    headRules,
  )
  const data = kept(event.data ?? {}, ruleOf)
  const omitted = head.omitted + data.omitted
  return {
    kind: event.kind,
    ...head.fields,
    data: { ...data.fields, ...(omitted > 0 && { omitted }) },
  }
}

const headRules: ReadonlyMap<string, FieldRule> = new Map([
  ['actor', (value: unknown) => actor(value) ?? id(value)],
  ['strength', strength],
  ['session', id],
  ['tool', tool],
  ['argumentsHash', hash],
])

function kept(
  fields: object,
  rules: ReadonlyMap<string, FieldRule>,
): { readonly fields: Record<string, unknown>; readonly omitted: number } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  const allowed = entries.flatMap(([name, value]) => {
    const written = rules.get(name)?.(value)
    return written === undefined ? [] : [[name, written] as const]
  })
  return { fields: Object.fromEntries(allowed), omitted: entries.length - allowed.length }
}

function shaped(shape: RegExp): (value: unknown) => string | undefined {
  return (value) => (typeof value === 'string' && shape.test(value) ? value : undefined)
}
