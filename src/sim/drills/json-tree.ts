/**
 * JSON as a text has it and not as a program reads it: names may occur twice, numbers may be written in any way, and
 * what is no JSON at all can stand in it.
 */
export type JsonTree = JsonText | JsonList | JsonMembers

/** A value as it is written: a number, a word, a text in its quotes, or anything else. */
export type JsonText = { readonly kind: 'text'; readonly text: string }
type JsonList = { readonly kind: 'list'; readonly items: JsonTree[] }
/** An object; names as they are written, in their quotes. */
export type JsonMembers = { readonly kind: 'members'; readonly members: JsonMember[] }
type JsonMember = { name: string; value: JsonTree }

/** A place in a tree whose value can be exchanged. */
export type JsonPlace = {
  /** Name of the member, without its quotes; empty in a list. */
  readonly name: string
  readonly holder: JsonList | JsonMembers
  readonly index: number
}

/** The tree of a value. */
export function treeOf(value: unknown): JsonTree {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(treeOf) }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, each]) => ({
      name: JSON.stringify(name),
      value: treeOf(each),
    }))
    return { kind: 'members', members }
  }
  return textOf(value)
}

/** A leaf as JSON writes it. */
export function textOf(value: unknown): JsonText {
  return { kind: 'text', text: JSON.stringify(value) ?? 'null' }
}

/** The text of a tree. @param gap goes between any two signs of it */
export function writeTree(tree: JsonTree, gap = ''): string {
  switch (tree.kind) {
    case 'text':
      return tree.text
    case 'list':
      return `[${gap}${tree.items.map((item) => writeTree(item, gap)).join(`${gap},${gap}`)}${gap}]`
    case 'members': {
      const written = tree.members.map(({ name, value }) => `${name}${gap}:${gap}${writeTree(value, gap)}`)
      return `{${gap}${written.join(`${gap},${gap}`)}${gap}}`
    }
  }
}

/** Every place of a tree below its root. */
export function placesIn(tree: JsonTree): readonly JsonPlace[] {
  switch (tree.kind) {
    case 'text':
      return []
    case 'list':
      return tree.items.flatMap((item, index) => [{ name: '', holder: tree, index }, ...placesIn(item)])
    case 'members':
      return tree.members.flatMap(({ name, value }, index) => [
        { name: name.replaceAll('"', ''), holder: tree, index },
        ...placesIn(value),
      ])
  }
}

/** What stands at a place. */
export function valueAt({ holder, index }: JsonPlace): JsonTree {
  const found = holder.kind === 'list' ? holder.items[index] : holder.members[index]?.value
  return found ?? textOf(null)
}

/** Puts another value there. */
export function putAt({ holder, index }: JsonPlace, value: JsonTree): void {
  if (holder.kind === 'list') {
    holder.items[index] = value
    return
  }
  const member = holder.members[index]
  if (member) member.value = value
}
