import type { Random } from '../caller/random.ts'
import {
  type JsonMembers,
  type JsonPlace,
  type JsonTree,
  placesIn,
  putAt,
  textOf,
  treeOf,
  valueAt,
  writeTree,
} from './json-tree.ts'
import { nesting, oddBase64, oddNumber, oddText, oddWord, pick } from './odd-values.ts'

/** Members that hold base64, whatever the protocol. */
const AUDIO_NAMES: ReadonlySet<string> = new Set(['payload', 'delta', 'audio'])
/** Changes that are made to one message, at most. */
const MOST_CHANGES = 3
/** Of so many mutated messages one is also spoilt as bytes. */
const BYTES_EVERY = 6

/** A message as bytes, and what was done to it. */
export type MutatedJson = { readonly bytes: Buffer; readonly mutations: readonly string[] }

/**
 * A JSON message with one to three changes to its structure, and at times to its bytes. It may still be what it was:
 * order and escapes mean nothing.
 */
export function mutatedJson(message: unknown, random: Random): MutatedJson {
  const tree = treeOf(message)
  const names = Array.from({ length: 1 + random.whole(MOST_CHANGES) }, () => pick(random, treeNames))
  for (const name of names) changes[name]?.(tree, random)
  const bytes = Buffer.from(writeTree(tree, names.includes('spaces') ? gapOf(random) : ''))
  if (random.whole(BYTES_EVERY) > 0) return { bytes, mutations: names }
  const name = pick(random, byteNames)
  return { bytes: byteChanges[name]?.(bytes, random) ?? bytes, mutations: [...names, name] }
}

/** The same message written otherwise, with members that nobody knows: it must still mean what it meant. */
export function reshapedJson(message: unknown, random: Random): Buffer {
  const tree = treeOf(message)
  const names = Array.from({ length: 1 + random.whole(MOST_CHANGES) }, () => pick(random, harmlessNames))
  for (const name of names) changes[name]?.(tree, random)
  return Buffer.from(writeTree(tree, names.includes('spaces') ? gapOf(random) : ''))
}

type TreeChange = (tree: JsonTree, random: Random) => void
type ByteChange = (bytes: Buffer, random: Random) => Buffer

const changes: Readonly<Record<string, TreeChange>> = {
  'a lost field': (tree, random) => remove(somePlace(tree, random)),
  'a repeated field': (tree, random) => {
    const place = somePlace(tree, random)
    const again = random.whole(2) === 0 ? oddLeaf(random) : valueAtOrNull(place)
    if (place?.holder.kind !== 'members') return
    const member = place.holder.members[place.index]
    if (member) place.holder.members.splice(random.whole(place.index + 2), 0, { ...member, value: again })
  },
  'a renamed field': (tree, random) => {
    const place = somePlace(tree, random)
    const member = place?.holder.kind === 'members' ? place.holder.members[place.index] : undefined
    if (member) member.name = otherName(member.name, random)
  },
  'another type': (tree, random) => put(tree, random, () => ({ kind: 'text', text: oddWord(random) })),
  'a wrapped value': (tree, random) =>
    put(tree, random, (value) =>
      random.whole(2) === 0
        ? { kind: 'list', items: [value] }
        : { kind: 'members', members: [{ name: '"value"', value }] },
    ),
  'a number as a text': (tree, random) =>
    put(tree, random, (value) =>
      value.kind === 'text' && /^"[0-9]+"$/.test(value.text)
        ? { kind: 'text', text: value.text.slice(1, -1) }
        : textOf(oddNumber(random)),
    ),
  'an edge number': (tree, random) => put(tree, random, () => ({ kind: 'text', text: oddNumber(random) })),
  'an odd text': (tree, random) => put(tree, random, () => ({ kind: 'text', text: oddText(random) })),
  'deep nesting': (tree, random) => {
    const deep = { kind: 'text', text: nesting(random) } as const
    if (random.whole(3) === 0) put(tree, random, () => deep)
    else addMember(tree, random, { name: '"deep"', value: deep })
  },
  'a new field': (tree, random) =>
    addMember(tree, random, { name: otherName('"extra"', random), value: oddLeaf(random) }),
  'an unknown member': (tree, random) =>
    addMember(tree, random, {
      name: '"unknown"',
      value: textOf(pick(random, [0, -1.5, true, null, 'é', ''])),
    }),
  'odd audio': (tree, random) => {
    const places = placesIn(tree).filter(({ name }) => AUDIO_NAMES.has(name))
    const place = places.length === 0 ? somePlace(tree, random) : pick(random, places)
    if (place) putAt(place, { kind: 'text', text: `"${oddBase64(random)}"` })
  },
  'exchanged values': (tree, random) => {
    const [one, other] = [somePlace(tree, random), somePlace(tree, random)]
    if (!one || !other) return
    const [first, second] = [valueAt(one), valueAt(other)]
    // Only leaves: a branch put into itself would have no end.
    if (first.kind !== 'text' || second.kind !== 'text') return
    putAt(one, second)
    putAt(other, first)
  },
  'another order': (tree, random) => {
    const holders = [tree, ...placesIn(tree).map(valueAt)].filter((each) => each.kind === 'members')
    if (holders.length === 0) return
    const { members } = pick(random, holders)
    for (let last = members.length - 1; last > 0; last--) {
      const at = random.whole(last + 1)
      const [one, other] = [members[last], members[at]]
      if (one && other) [members[last], members[at]] = [other, one]
    }
  },
  'escaped text': (tree, random) =>
    put(tree, random, (value) =>
      value.kind === 'text' && /^"[\x20-\x5b\x5d-\x7e]{1,64}"$/.test(value.text)
        ? { kind: 'text', text: `"${escaped(value.text.slice(1, -1), random)}"` }
        : value,
    ),
  spaces: () => undefined,
}

const byteChanges: Readonly<Record<string, ByteChange>> = {
  'a cut message': (bytes, random) => bytes.subarray(0, random.whole(bytes.length)),
  'changed bytes': (bytes, random) => {
    const changed = Buffer.from(bytes)
    for (let left = 1 + random.whole(4); left > 0 && changed.length > 0; left--) {
      changed[random.whole(changed.length)] =
        random.whole(4) === 0 ? random.whole(256) : 32 + random.whole(95)
    }
    return changed
  },
  'flipped bits': (bytes, random) => {
    const changed = Buffer.from(bytes)
    const at = random.whole(changed.length)
    changed[at] = (changed[at] ?? 0) ^ (1 << random.whole(7))
    return changed
  },
  'lost bytes': (bytes, random) => {
    const at = random.whole(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.whole(16))])
  },
  'more bytes': (bytes, random) => {
    const at = random.whole(bytes.length + 1)
    const more = Buffer.from(pick(random, [' ', '\0', '{', '}', '"', ',', '\ufeff', '\ud83d\ude00', 'null']))
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])
  },
  'said twice': (bytes) => Buffer.concat([bytes, bytes]),
  'a byte order mark': (bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes]),
  'bytes that are no UTF-8': (bytes, random) => {
    const at = random.whole(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), Buffer.of(0x80 + random.whole(128)), bytes.subarray(at)])
  },
  nothing: () => Buffer.alloc(0),
}

const treeNames = Object.keys(changes)
const harmlessNames = ['an unknown member', 'another order', 'escaped text', 'spaces']
const byteNames = Object.keys(byteChanges)

function gapOf(random: Random): string {
  return pick(random, [' ', '\n', '\t  ', '\r\n'])
}

function somePlace(tree: JsonTree, random: Random): JsonPlace | undefined {
  const places = placesIn(tree)
  return places[random.whole(places.length)]
}

function put(tree: JsonTree, random: Random, make: (value: JsonTree) => JsonTree): void {
  const place = somePlace(tree, random)
  if (place) putAt(place, make(valueAt(place)))
}

function remove(place: JsonPlace | undefined): void {
  if (place?.holder.kind === 'members') place.holder.members.splice(place.index, 1)
  if (place?.holder.kind === 'list') place.holder.items.splice(place.index, 1)
}

function valueAtOrNull(place: JsonPlace | undefined): JsonTree {
  return place ? valueAt(place) : textOf(null)
}

function addMember(tree: JsonTree, random: Random, member: JsonMembers['members'][number]): void {
  const holders = [tree, ...placesIn(tree).map(valueAt)].filter((each) => each.kind === 'members')
  if (holders.length === 0) return
  const { members } = pick(random, holders)
  members.splice(random.whole(members.length + 1), 0, member)
}

function oddLeaf(random: Random): JsonTree {
  const make = pick(random, [oddNumber, oddText, oddWord])
  return { kind: 'text', text: make(random) }
}

/** Another name, in its quotes. */
function otherName(name: string, random: Random): string {
  const bare = name.slice(1, -1)
  switch (random.whole(6)) {
    case 0:
      return '"__proto__"'
    case 1:
      return '"constructor"'
    case 2:
      return JSON.stringify(bare.toUpperCase())
    case 3:
      return JSON.stringify(`${bare}\u0000`)
    case 4:
      return `"${escaped(bare, random)}"`
    default:
      return JSON.stringify(bare.slice(1))
  }
}

/** The same text with some of its characters as escapes. */
function escaped(text: string, random: Random): string {
  return text.replaceAll(/[^"\\]/g, (character) =>
    random.whole(3) === 0 ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character,
  )
}
