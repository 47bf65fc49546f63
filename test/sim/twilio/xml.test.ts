import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseXml, XmlError } from '../../../src/sim/twilio/xml.ts'

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** What parsing throws, or undefined. */
function thrownBy(text: string): unknown {
  try {
    parseXml(text)
    return undefined
  } catch (error) {
    return error
  }
}

describe('parseXml()', () => {
  it('reads elements, attributes, text, references, comments and CDATA', () => {
    const root = parseXml(
      '<?xml version="1.0" encoding="UTF-8"?><!-- a --><R a="1" b=\'&lt;"\'>x &amp; &#x41;&#66;<!-- b --><E/><![CDATA[<&>]]></R> ',
    )
    expect(root.name).toBe('R')
    expect([...root.attributes]).toEqual([
      ['a', '1'],
      ['b', '<"'],
    ])
    expect(root.children).toEqual(['x & AB', { name: 'E', attributes: new Map(), children: [] }, '<&>'])
  })

  it('reads white space in a value as spaces and line ends in text as newlines', () => {
    const root = parseXml('<R a="1\n2\t3&#10;4">a\r\nb</R>')
    expect(root.attributes.get('a')).toBe('1 2 3\n4')
    expect(root.children).toEqual(['a\nb'])
  })

  it.each([
    ['', 'it has no root element'],
    ['text', 'it has no root element'],
    ['<A>', 'an element is not closed'],
    ['<A></B>', '<A> is closed by </B>'],
    ['<A/><B/>', 'something follows its root element'],
    ['<A/>text', 'something follows its root element'],
    ['<A b=1/>', 'the value of b is not quoted'],
    ['<A b/>', '= is missing'],
    ['<A b="1" b="2"/>', 'b is given twice'],
    ['<A b="1"c="2"/>', 'a space is missing'],
    ['<A b="<"/>', 'the value of b holds <'],
    ['<A>&nbsp;</A>', '&nbsp; is no reference'],
    ['<A>a & b</A>', 'is no reference'],
    ['<A>&#0;</A>', '&#0; is no reference'],
    ['<A>&#xD800;</A>', 'is no reference'],
    ['<A>\u0007</A>', 'a character is not allowed'],
    ['<A>\uD800</A>', 'a character is not allowed'],
    ['<A>]]></A>', 'text holds ]]>'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><A/>', 'a name is missing'],
    ['<?php a ?><A/>', 'a name is missing'],
    ['<?xml version="2.0"?><A/>', 'its declaration is malformed'],
    [' <?xml version="1.0"?><A/>', 'a name is missing'],
    ['<!-- a -- b --><A/>', 'a comment holds --'],
    ['<A><!-- </A>', 'a comment does not end'],
    ['<A><![CDATA[ </A>', 'a CDATA section does not end'],
    [`${'<A>'.repeat(20)}${'</A>'.repeat(20)}`, 'nested deeper than 16'],
    [`<A>${'x'.repeat(66_000)}</A>`, 'are more than 65536'],
  ])('refuses %j', (text, fault) => {
    expect(() => parseXml(text)).toThrow(fault)
  })

  it('throws nothing but XmlError, whatever it is given', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      '"',
      "'",
      '=',
      ' ',
      'A',
      'b',
      '&',
      ';',
      '#',
      '!',
      '-',
      '[',
      ']',
      '?',
      '&#65;',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const thrown = thrownBy(`<A>${pieces.join('')}</A>`)
        expect(thrown === undefined || thrown instanceof XmlError).toBe(true)
      }),
      { seed: 5, numRuns: 2_000 },
    )
  })

  it('gives back any text and value that was escaped', () => {
    const anything = fc
      .string({ unit: 'grapheme', maxLength: 50 })
      .filter((text) => !/[^\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text))
    fc.assert(
      fc.property(anything, (text) => {
        const root = parseXml(`<A b="${escape(text)}">${escape(text)}</A>`)
        expect(root.attributes.get('b')).toBe(text)
        expect(root.children).toEqual(text ? [text] : [])
      }),
      { seed: 6, numRuns: 300 },
    )
  })
})
