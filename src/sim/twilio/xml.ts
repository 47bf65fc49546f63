const MAX_DEPTH = 16
const MAX_CHARACTERS = 65_536
const NAME = /[A-Za-z_][\w.-]*/y
const SPACE = /[ \t\r\n]*/y
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** An element of a document; text between elements is kept as it stood. */
export type XmlElement = {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly (XmlElement | string)[]
}

/** A document that is not well formed, with the place of the fault. */
export class XmlError extends Error {
  readonly code = 'ERR_XML'
}

/**
 * Parses a small XML document strictly: one root, closed tags, unique quoted attributes, the five named and all
 * numeric references, comments, CDATA. Document types and processing instructions are refused.
 * @param text at most 65,536 characters, 16 levels deep
 * @throws XmlError for anything else
 * Source: XML 1.0 (fifth edition), without §2.6 and §2.8 doctypedecl
 */
export function parseXml(text: string): XmlElement {
  const reader = new Reader(text.replace(/^\uFEFF/, ''))
  return reader.document()
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    if (text.length > MAX_CHARACTERS) this.#fail(`${text.length} characters are more than ${MAX_CHARACTERS}`)
    const bad = text.search(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u)
    if (bad >= 0) {
      this.#at = bad
      this.#fail('a character is not allowed in XML')
    }
  }

  document(): XmlElement {
    if (/^<\?xml[ \t\r\n]/.test(this.#text)) {
      const declaration =
        /^<\?xml\s+version=(["'])1\.\d\1(\s+encoding=(["'])[A-Za-z][\w.-]*\3)?(\s+standalone=(["'])(yes|no)\5)?\s*\?>/
      const found = declaration.exec(this.#text)
      if (!found) this.#fail('its declaration is malformed')
      this.#at = found[0].length
    }
    this.#misc()
    if (this.#text[this.#at] !== '<') this.#fail('it has no root element')
    const root = this.#element(1)
    this.#misc()
    if (this.#at < this.#text.length) this.#fail('something follows its root element')
    return root
  }

  #element(depth: number): XmlElement {
    if (depth > MAX_DEPTH) this.#fail(`it is nested deeper than ${MAX_DEPTH}`)
    this.#expect('<')
    const name = this.#name()
    const attributes = this.#attributes()
    if (this.#skip('/>')) return { name, attributes, children: [] }
    this.#expect('>')
    const children: (XmlElement | string)[] = []
    while (!this.#skip('</')) {
      if (this.#comment()) continue
      children.push(
        this.#cdata() ?? (this.#text[this.#at] === '<' ? this.#element(depth + 1) : this.#characters()),
      )
    }
    const closing = this.#name()
    if (closing !== name) this.#fail(`<${name}> is closed by </${closing}>`)
    this.#space()
    this.#expect('>')
    return { name, attributes, children }
  }

  #attributes(): Map<string, string> {
    const attributes = new Map<string, string>()
    for (;;) {
      const spaced = this.#space()
      const next = this.#text[this.#at]
      if (next === '>' || next === '/' || next === undefined) return attributes
      if (!spaced) this.#fail('a space is missing before an attribute')
      const name = this.#name()
      this.#space()
      this.#expect('=')
      this.#space()
      const quote = this.#text[this.#at]
      if (quote !== '"' && quote !== "'") this.#fail(`the value of ${name} is not quoted`)
      const end = this.#text.indexOf(quote, this.#at + 1)
      if (end < 0) this.#fail(`the value of ${name} does not end`)
      const raw = this.#text.slice(this.#at + 1, end)
      if (raw.includes('<')) this.#fail(`the value of ${name} holds <`)
      if (attributes.has(name)) this.#fail(`${name} is given twice`)
      // §3.3.3: white space in a value reads as spaces unless it was written as a reference.
      attributes.set(name, this.#decode(raw.replace(/\r\n|[\t\r\n]/g, ' ')))
      this.#at = end + 1
    }
  }

  #characters(): string {
    const end = this.#text.indexOf('<', this.#at)
    if (end < 0) this.#fail('an element is not closed')
    const raw = this.#text.slice(this.#at, end)
    if (raw.includes(']]>')) this.#fail('text holds ]]>')
    const text = this.#decode(raw.replace(/\r\n?/g, '\n'))
    this.#at = end
    return text
  }

  #cdata(): string | undefined {
    if (!this.#skip('<![CDATA[')) return undefined
    return this.#until(']]>', 'a CDATA section')
  }

  #comment(): boolean {
    if (!this.#skip('<!--')) return false
    if (this.#until('-->', 'a comment').includes('--')) this.#fail('a comment holds --')
    return true
  }

  #misc(): void {
    do this.#space()
    while (this.#comment())
  }

  #decode(raw: string): string {
    return raw.replace(/&([^;]*;?)/g, (_, body: string) => {
      const named = body.endsWith(';') ? NAMED[body.slice(0, -1)] : undefined
      if (named) return named
      const number = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));$/.exec(body)
      const code = number ? Number.parseInt(number[1] ?? number[2] ?? '', number[1] ? 16 : 10) : -1
      const allowed =
        code === 9 ||
        code === 10 ||
        code === 13 ||
        (code >= 0x20 && code <= 0xd7ff) ||
        (code >= 0xe000 && code <= 0xfffd)
      if (!allowed && !(code >= 0x10000 && code <= 0x10ffff))
        this.#fail(`&${body.slice(0, 12)} is no reference`)
      return String.fromCodePoint(code)
    })
  }

  #name(): string {
    NAME.lastIndex = this.#at
    const name = NAME.exec(this.#text)?.[0]
    if (name === undefined) this.#fail('a name is missing')
    this.#at += name.length
    return name
  }

  #space(): boolean {
    SPACE.lastIndex = this.#at
    const length = SPACE.exec(this.#text)?.[0].length ?? 0
    this.#at += length
    return length > 0
  }

  #until(end: string, what: string): string {
    const found = this.#text.indexOf(end, this.#at)
    if (found < 0) this.#fail(`${what} does not end`)
    const inside = this.#text.slice(this.#at, found)
    this.#at = found + end.length
    return inside
  }

  #skip(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  #expect(token: string): void {
    if (!this.#skip(token)) this.#fail(`${token} is missing`)
  }

  #fail(fault: string): never {
    throw new XmlError(`Cannot parse XML at character ${this.#at}: ${fault}`)
  }
}
