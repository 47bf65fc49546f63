import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Which rooms each room may import from. `types` means: only with `import type`. Source of the table: docs/architecture.md. */
const pure = ['audio', 'policy', 'prompts', 'desk'] as const
const rooms: Readonly<
  Record<string, { readonly values: readonly string[]; readonly types?: readonly string[] }>
> = {
  'main.ts': { values: ['app.ts', 'config'] },
  'app.ts': { values: ['*'] },
  app: { values: ['*'] },
  config: { values: ['lib'] },
  lib: { values: [] },
  audio: { values: [] },
  policy: { values: ['lib'] },
  prompts: { values: ['lib'] },
  desk: { values: ['lib'] },
  ports: { values: [], types: ['lib', ...pure] },
  gate: { values: ['lib', 'policy', 'ports'] },
  call: { values: ['lib', 'audio', 'policy', 'prompts', 'gate', 'ports'] },
  chat: { values: ['lib', 'policy', 'prompts', 'gate', 'ports'] },
  tools: { values: ['lib', 'ports', 'desk'] },
  twilio: { values: ['lib', 'ports', 'audio'] },
  openai: { values: ['lib', 'ports', 'audio'] },
  mail: { values: ['lib', 'ports'] },
  calendar: { values: ['lib', 'ports'] },
  research: { values: ['lib', 'ports'] },
  storage: { values: ['lib', 'ports'] },
  http: { values: ['lib', 'ports', 'call', 'chat'] },
  ops: { values: ['lib', 'ports'] },
  sim: { values: ['lib'] },
  cli: { values: ['app', 'config', 'lib'] },
  web: { values: [] },
}

const root = join(import.meta.dirname, '..')
const source = join(root, 'src')
const files = walk(source).filter((file) => file.endsWith('.ts') && !file.includes('/assembly/'))
const importPattern =
  /(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]/g

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
  )
}

function roomOf(file: string): string {
  return relative(source, file).split('/')[0] ?? ''
}

/** Every edge that leaves its room against the table, as "from → to". */
function forbiddenImports(file: string, text: string): string[] {
  const from = roomOf(file)
  const rule = rooms[from]
  if (!rule) return [`${from} is not a room of the table`]
  const found: string[] = []
  for (const [, typeOnly, fromPath, dynamicPath] of text.matchAll(importPattern)) {
    const target = join(file, '..', fromPath ?? dynamicPath ?? '')
    const to = roomOf(target)
    const outside = relative(source, target).startsWith('..')
    const allowed = [from, ...rule.values, ...(typeOnly ? (rule.types ?? []) : [])]
    if (outside || !(allowed.includes(to) || rule.values.includes('*')))
      found.push(`${relative(root, file)} → ${to}`)
  }
  return found
}

describe('the room table', () => {
  it('finds source files to check', () => {
    expect(files.length).toBeGreaterThan(0)
  })

  it('forbiddenImports() reports an edge that the table does not allow', () => {
    expect(
      forbiddenImports(join(source, 'audio/x.ts'), "import { a } from '../call/machine.ts'"),
    ).toHaveLength(1)
    expect(forbiddenImports(join(source, 'ports/x.ts'), "import { a } from '../lib/clock.ts'")).toHaveLength(
      1,
    )
    expect(
      forbiddenImports(join(source, 'ports/x.ts'), "import type { A } from '../lib/clock.ts'"),
    ).toHaveLength(0)
    expect(forbiddenImports(join(source, 'sim/x.ts'), "await import('../audio/mulaw.ts')")).toHaveLength(1)
  })

  it('holds for every import', () => {
    expect(files.flatMap((file) => forbiddenImports(file, readFileSync(file, 'utf8')))).toEqual([])
  })
})

describe('every source file', () => {
  it('is named in kebab-case and not after a drawer of odds and ends', () => {
    const names = files.map((file) => basename(file, '.ts'))
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?$/.test(name))).toEqual([])
    expect(names.filter((name) => /^(index|utils?|helpers?|manager|common)$/.test(name))).toEqual([])
  })

  it('has at most 300 non-blank lines', () => {
    const long = files.filter(
      (file) =>
        readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line.trim()).length > 300,
    )
    expect(long.map((file) => relative(root, file))).toEqual([])
  })

  it('exports by name and mutes no rule', () => {
    const texts = files.map((file) => ({ file: relative(root, file), text: readFileSync(file, 'utf8') }))
    expect(texts.filter(({ text }) => /^export default/m.test(text)).map(({ file }) => file)).toEqual([])
    const muted = /@ts-(ignore|expect-error|nocheck)|(oxlint|eslint)-disable|prettier-ignore/
    expect(texts.filter(({ text }) => muted.test(text)).map(({ file }) => file)).toEqual([])
  })

  it('documents every exported function, class, constant and type', () => {
    const bare = files.flatMap((file) => {
      const lines = readFileSync(file, 'utf8').split('\n')
      return lines.flatMap((line, index) => {
        const exported = /^export (async )?(function\*?|class|const|type|interface) (\w+)/.exec(line)
        return exported && !/\*\/\s*$/.test(lines[index - 1] ?? '')
          ? [`${relative(root, file)}: ${exported[3]}`]
          : []
      })
    })
    expect(bare).toEqual([])
  })
})
