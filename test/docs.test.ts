import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
}

const pages = [
  ...['README.md', 'CHANGELOG.md'].map((name) => join(root, name)).filter((file) => existsSync(file)),
  ...markdownBelow(join(root, 'docs')),
].map((file) => ({ file, name: relative(root, file), text: readFileSync(file, 'utf8') }))

function withoutCodeBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '')
}

/** Targets of links and pictures that are no web addresses, each with its anchor. */
function relativeLinks(text: string): string[] {
  const targets = [...withoutCodeBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '')
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...withoutCodeBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function isBroken(page: { readonly file: string; readonly text: string }, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page.file : join(dirname(page.file), path)
  if (!existsSync(target)) return true
  return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor)
}

/** Files and folders of the project that a text names. */
function namedPaths(text: string): string[] {
  const pattern = /(?<![\w./-])((?:src|test|bin|docs|personas|bench)\/[\w./-]*)/g
  return [...text.matchAll(pattern)].map(([, path = '']) => path.replace(/[.,]+$/, ''))
}

describe('the documents', () => {
  it('include the pages that the style asks for', () => {
    const names = pages.map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining(['docs/architecture.md', 'docs/live.md', 'docs/seeds.md', 'CHANGELOG.md']),
    )
  })

  it('relativeLinks() and isBroken() find a link to nowhere and an anchor to nowhere', () => {
    const page = {
      file: join(root, 'docs/x.md'),
      text: '# One two\n[a](no.md) [b](#one-two) [c](#three) [d](https://e)',
    }
    expect(relativeLinks(page.text)).toEqual(['no.md', '#one-two', '#three'])
    expect(isBroken(page, 'no.md')).toBe(true)
    expect(isBroken(page, 'live.md#backup-none')).toBe(true)
    expect(isBroken(page, 'live.md')).toBe(false)
  })

  it('have no broken relative link', () => {
    const broken = pages.flatMap((page) =>
      relativeLinks(page.text)
        .filter((link) => isBroken(page, link))
        .map((link) => `${page.name}: ${link}`),
    )
    expect(broken).toEqual([])
    expect(pages.flatMap(({ text }) => relativeLinks(text)).length).toBeGreaterThan(3)
  })

  it('name only files and folders that exist', () => {
    expect(namedPaths('see `src/nowhere.ts`, test/.')).toEqual(['src/nowhere.ts', 'test/'])
    const missing = pages.flatMap(({ name, text }) =>
      namedPaths(text)
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${name}: ${path}`),
    )
    expect(missing).toEqual([])
  })

  it('in adr/ are one page each, with their number and the four parts of a decision', () => {
    const records = pages.filter(({ name }) => name.startsWith('docs/adr/'))
    expect(records.filter(({ name }) => !/\/\d{4}(-[a-z0-9]+)+\.md$/.test(name))).toEqual([])
    const parts = [/context/i, /choice|decision/i, /reject/i, /change our mind/i]
    const odd = records.filter(({ name, text }) => {
      const number = /(\d{4})-/.exec(name)?.[1] ?? ''
      const whole = text.startsWith(`# ${number} `) && parts.every((part) => part.test(text))
      return !whole || text.split(/\s+/).length > 700
    })
    expect(odd.map(({ name }) => name)).toEqual([])
  })

  it('README.md has at most 900 words', (context) => {
    const readme = pages.find(({ name }) => name === 'README.md')
    if (!readme) context.skip('there is no README.md')
    const words = withoutCodeBlocks(readme?.text ?? '')
      .split(/\s+/)
      .filter(Boolean)
    expect(words.length).toBeLessThanOrEqual(900)
  })
})

type Row = { readonly room: string; readonly values: readonly string[]; readonly types: readonly string[] }

function quoted(list: string): string[] {
  return [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => name).toSorted()
}

/** The rows of the object `rooms` in the source of the architecture test. */
function enforcedRows(source: string): Row[] {
  const pure = /const pure = \[(.*?)\]/.exec(source)?.[1] ?? ''
  const row = /^ {2}'?([\w.]+)'?: \{ values: \[(.*?)\](?:, types: \[(.*?)\])? \},$/gm
  return [...source.matchAll(row)].map(([, room = '', values = '', types = '']) => ({
    room,
    values: quoted(values),
    types: quoted(types.replace('...pure', pure)),
  }))
}

/** The rows of the table on the page: room, what lives there, what it may import. */
function writtenRows(page: string): Row[] {
  return [...page.matchAll(/^\| `([\w.]+)`\s*\|[^|]*\|([^|]*)\|$/gm)].map(([, room = '', cell = '']) => {
    const words = cell.trim().replace('everything', '*').replace('nothing', '')
    const types = [...words.matchAll(/type (\S+?)(?:,|$)/g)].map(([, name = '']) => name)
    const values = words
      .replaceAll(/type \S+/g, '')
      .split(' ')
      .filter(Boolean)
    return { room, values: values.toSorted(), types: types.toSorted() }
  })
}

describe('the room table of docs/architecture.md', () => {
  it('is the one that test/architecture.test.ts enforces', () => {
    const enforced = enforcedRows(readFileSync(join(root, 'test/architecture.test.ts'), 'utf8'))
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    expect(enforced.length).toBeGreaterThan(20)
    expect(writtenRows(page)).toEqual(enforced)
  })
})
