import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { offeredTools, parsePersona } from '../../src/prompts/persona.ts'
import type { PersonaParsing } from '../../src/prompts/persona.ts'

const folder = join(import.meta.dirname, '../../personas')

function personaText(fields: readonly string[], body = 'Be kind.'): string {
  return ['---', ...fields, '---', '', body, ''].join('\n')
}

function problemsOf(parsing: PersonaParsing): readonly string[] {
  return parsing.ok ? [] : parsing.problems
}

describe('parsePersona()', () => {
  it('reads every field, and the instructions below them', () => {
    const fields = [
      'name: Ada Lovelace',
      'language: de',
      'voice: marin',
      'greeting: model',
      'tools: end_call, take_message',
    ]
    expect(parsePersona('personas/front-desk.md', personaText(fields, 'Be kind.\n\nBe brief.'))).toEqual({
      ok: true,
      persona: {
        id: 'front-desk',
        name: 'Ada Lovelace',
        language: 'de',
        voice: 'marin',
        greeting: 'model',
        tools: ['end_call', 'take_message'],
        instructions: 'Be kind.\n\nBe brief.',
      },
    })
  })

  it('gives a clip as greeting and no tools, when they are not named', () => {
    const parsing = parsePersona('a.md', personaText(['name: A', 'language: en']))
    expect(parsing).toMatchObject({ ok: true, persona: { greeting: 'clip', tools: [] } })
    expect(parsing.ok && 'voice' in parsing.persona).toBe(false)
  })

  it('reads lines that end in CR LF, and a byte order mark', () => {
    const text = `\uFEFF${personaText(['name: A', 'language: en'], 'One.\nTwo.').replaceAll('\n', '\r\n')}`
    expect(parsePersona('a.md', text)).toMatchObject({
      ok: true,
      persona: { name: 'A', instructions: 'One.\nTwo.' },
    })
  })

  it('names the file and every field that is wrong, all at once', () => {
    const fields = [
      'language: English',
      'voice: Marin!',
      'greeting: song',
      'tools: end_call, End Call',
      'colour: red',
      'just words',
    ]
    expect(problemsOf(parsePersona('a.md', personaText(fields, '')))).toEqual([
      'Cannot use persona a.md: line 7 is not "field: value"',
      'Cannot use persona a.md: name is missing',
      'Cannot use persona a.md: language must be an ISO 639-1 code such as en',
      'Cannot use persona a.md: voice must be the name of a voice such as marin',
      'Cannot use persona a.md: greeting must be clip or model',
      'Cannot use persona a.md: tools must be names such as end_call, separated by commas',
      'Cannot use persona a.md: colour is not a field of a persona',
      'Cannot use persona a.md: the instructions below the fields are missing',
    ])
  })

  it('refuses a field that is given twice, and a tool that is named twice', () => {
    const fields = ['name: A', 'name: B', 'language: en', 'tools: end_call, end_call']
    expect(problemsOf(parsePersona('a.md', personaText(fields)))).toEqual([
      'Cannot use persona a.md: name is given twice',
      'Cannot use persona a.md: tools must not name a tool twice',
    ])
  })

  it('refuses names and texts that are not a persona file', () => {
    expect(problemsOf(parsePersona('A B.md', personaText([])))[0]).toMatch(/kebab-case/)
    expect(problemsOf(parsePersona('a.json', personaText([])))[0]).toMatch(/kebab-case/)
    expect(problemsOf(parsePersona('a.md', 'Be kind.'))[0]).toMatch(/between two lines of ---/)
  })

  it('refuses more than 16,000 characters, and more than 8,000 of instructions', () => {
    const fields = ['name: A', 'language: en']
    expect(parsePersona('a.md', personaText(fields, 'x'.repeat(8000))).ok).toBe(true)
    expect(problemsOf(parsePersona('a.md', personaText(fields, 'x'.repeat(8001))))[0]).toMatch(/have 8001/)
    expect(problemsOf(parsePersona('a.md', 'x'.repeat(16_001)))[0]).toMatch(/16001 characters/)
  })

  it('answers for any text, and every problem names the file', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('---', 'name: A', 'language: en', '__proto__: x', 'tools: ,', ''),
    )
    const lines = fc.array(line, { maxLength: 12 })
    fc.assert(
      fc.property(lines, (some) => {
        const parsing = parsePersona('some.md', ['---', ...some].join('\n'))
        const problems = problemsOf(parsing)
        expect(problems.every((problem) => problem.startsWith('Cannot use persona some.md: '))).toBe(true)
        expect(parsing.ok).toBe(problems.length === 0)
      }),
      { seed: 20_261_120, numRuns: 500 },
    )
  })
})

describe('the personas of the project', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'))

  it('all parse, can end a call, and have the default one among them', () => {
    const parsed = files.map((name) => parsePersona(name, readFileSync(join(folder, name), 'utf8')))
    expect(parsed.flatMap(problemsOf)).toEqual([])
    const personas = parsed.flatMap((parsing) => (parsing.ok ? [parsing.persona] : []))
    expect(personas.map(({ id }) => id).toSorted()).toEqual(['assistant', 'shopping-guard', 'sophie'])
    expect(personas.filter(({ tools }) => !tools.includes('end_call'))).toEqual([])
  })
})

describe('offeredTools()', () => {
  it('leaves out what this server does not have, and never adds what the persona does not name', () => {
    const parsing = parsePersona('a.md', personaText(['name: A', 'language: en', 'tools: end_call, fly']))
    if (!parsing.ok) throw new Error(parsing.problems.join())
    expect(offeredTools(parsing.persona, ['end_call', 'make_call'])).toEqual(['end_call'])
  })
})
