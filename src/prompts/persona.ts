import { z } from 'zod'

/** Longest persona file that is read, in characters: prompts are paid for in every session. */
const longestFile = 16_000
const longestInstructions = 8000

const head = z.strictObject({
  /** What the agent is called, and calls itself. */
  name: z.string().regex(/^\S.{0,59}$/u, 'must be 1 to 60 characters'),
  /** Language of the fixed sentences and, at first, of the conversation. */
  language: z.string().regex(/^[a-z]{2}$/, 'must be an ISO 639-1 code such as en'),
  /** A voice of the speech engine; without it the configured one speaks. */
  voice: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'must be the name of a voice such as marin')
    .optional(),
  /** Who greets: `clip` plays the fixed greeting, `model` lets the model greet in its own words. */
  greeting: z.enum(['clip', 'model'], 'must be clip or model').default('clip'),
  /** What callers are told when no model can be reached; a fixed sentence when unset. */
  apology: z
    .string()
    .regex(/^\S.{0,299}$/u, 'must be 1 to 300 characters')
    .optional(),
  /** Names of tools, separated by commas. */
  tools: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .pipe(
      z
        .array(
          z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be names such as end_call, separated by commas'),
        )
        .max(32, 'must be at most 32 names')
        .refine((names) => new Set(names).size === names.length, 'must not name a tool twice'),
    ),
})

/** A prompt, a voice and the names of the tools that go with them. */
export type Persona = z.infer<typeof head> & {
  /** The file's name without its ending. */
  readonly id: string
  /** The persona's own part of the session instructions. */
  readonly instructions: string
}

/** A persona, or every problem of its file as a sentence that names file and field. */
export type PersonaParsing =
  | { readonly ok: true; readonly persona: Persona }
  | { readonly ok: false; readonly problems: readonly string[] }

/**
 * Reads a persona file: between two lines of three dashes one `field: value` a line, below them the instructions.
 * @param file name of the file, for its id and for messages
 * @param text content of the file
 */
export function parsePersona(file: string, text: string): PersonaParsing {
  const id = /(?:^|[\\/])([a-z0-9]+(?:-[a-z0-9]+)*)\.md$/.exec(file)?.[1]
  if (!id) return refused(file, 'its name must be in kebab-case and end in .md')
  if (text.length > longestFile)
    return refused(file, `${text.length} characters are more than ${longestFile}`)
  const parts = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text.replace(/^\uFEFF/, ''))
  if (!parts) return refused(file, 'it must begin with fields between two lines of ---')
  const fields = readFields(parts[1] ?? '')
  const instructions = (parts[2] ?? '').trim().replaceAll('\r\n', '\n')
  const parsed = head.safeParse(fields.values)
  const problems = [
    ...fields.problems,
    ...(parsed.error?.issues ?? []).flatMap(issueSentences),
    ...instructionProblems(instructions),
  ]
  if (!parsed.success || problems.length > 0) {
    return { ok: false, problems: problems.map((problem) => sentence(file, problem)) }
  }
  return { ok: true, persona: { ...parsed.data, id, instructions } }
}

/**
 * The tools of a persona that exist: one that is named but not known here is not offered to the model.
 * @param known names of the tools that this server has
 */
export function offeredTools(persona: Persona, known: readonly string[]): readonly string[] {
  return persona.tools.filter((name) => known.includes(name))
}

function readFields(block: string): { values: Record<string, string>; problems: string[] } {
  const values = new Map<string, string>()
  const problems: string[] = []
  for (const [index, line] of block.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const [, field, value] = /^([A-Za-z]+):\s*(.*?)\s*$/.exec(line) ?? []
    if (field === undefined || value === undefined) {
      problems.push(`line ${index + 2} is not "field: value"`)
    } else if (values.has(field)) {
      problems.push(`${field} is given twice`)
    } else {
      values.set(field, value)
    }
  }
  return { values: Object.fromEntries(values), problems }
}

function issueSentences(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${key} is not a field of a persona`)
  const field = String(issue.path[0])
  // Every value is text, so a wrong type can only be a field that is not there.
  return [issue.code === 'invalid_type' ? `${field} is missing` : `${field} ${issue.message}`]
}

function instructionProblems(instructions: string): string[] {
  if (instructions === '') return ['the instructions below the fields are missing']
  if (instructions.length <= longestInstructions) return []
  return [
    `the instructions must be at most ${longestInstructions} characters, and have ${instructions.length}`,
  ]
}

function refused(file: string, problem: string): PersonaParsing {
  return { ok: false, problems: [sentence(file, problem)] }
}

function sentence(file: string, problem: string): string {
  return `Cannot use persona ${file}: ${problem}`
}
