import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseClipManifest } from '../../src/prompts/clip-manifest.ts'
import { clipKey, PromptAudioError, toneKey } from '../../src/prompts/prompt-audio.ts'
import { sentenceKeys, sentenceLanguages, sentenceText } from '../../src/prompts/sentences.ts'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'personas/clips')
const { clips } = parseClipManifest(readFileSync(join(folder, 'clips.json'), 'utf8'))
const files = clips.map((clip) => ({ ...clip, bytes: readFileSync(join(folder, clip.file)) }))
const spoken = files.filter(({ key }) => key !== toneKey)

/** µ-law to linear by the formula of G.711, for measuring only. */
function linear(byte: number): number {
  const code = ~byte & 0xff
  const magnitude = ((((code & 15) << 3) + 132) << ((code >> 4) & 7)) - 132
  return code & 128 ? -magnitude : magnitude
}

function levelDb(bytes: Uint8Array): number {
  const power = bytes.reduce((sum, byte) => sum + linear(byte) ** 2, 0) / bytes.length
  return 20 * Math.log10(Math.sqrt(power) / 32_768)
}

function silentMs(bytes: Iterable<number>): number {
  let samples = 0
  for (const byte of bytes) {
    if (Math.abs(linear(byte)) > 700) break
    samples++
  }
  return samples / 8
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe('the prepared clips', () => {
  it('are one for every sentence in every language, and the tone', () => {
    const wanted = sentenceLanguages.flatMap((language) => sentenceKeys.map((key) => clipKey(key, language)))
    expect(clips.map(({ key }) => key)).toEqual([...wanted, toneKey])
  })

  it('say what the sentences say: a changed text needs a new clip, see the recipe in clips.json', () => {
    const texts = sentenceLanguages.flatMap((language) =>
      sentenceKeys.map((key) => sentenceText(key, language)),
    )
    expect(clips.map(({ text }) => text)).toEqual([...texts, ''])
  })

  it('are the files that the list names, byte for byte, and no others', () => {
    expect(files.filter((file) => sha256(file.bytes) !== file.sha256).map(({ file }) => file)).toEqual([])
    expect(files.filter((file) => Math.round(file.bytes.length / 8) !== file.durationMs)).toEqual([])
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const found = names.filter((name) => /\.(ulaw|json|wav)$/.test(name))
    expect(found.toSorted()).toEqual([...clips.map(({ file }) => file), 'clips.json'].toSorted())
  })

  it('are modest: at most 1.2 MB together, 8 s each, the disclosure 6 s', () => {
    expect(files.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(1_200_000)
    expect(clips.filter(({ durationMs }) => durationMs > 8000)).toEqual([])
    const disclosures = clips.filter(({ key }) => key.endsWith('/disclosure'))
    expect(disclosures.filter(({ durationMs }) => durationMs > 6000)).toEqual([])
  })

  it('are all about as loud as a telephone voice, and the tone is softer', () => {
    expect(spoken.filter(({ bytes }) => Math.abs(levelDb(bytes) + 21) > 3).map(({ key }) => key)).toEqual([])
    const tone = files.find(({ key }) => key === toneKey)
    expect(levelDb(tone?.bytes ?? new Uint8Array())).toBeLessThan(-26)
  })

  it('begin and end within 100 ms of their words', () => {
    const late = spoken.filter(({ bytes }) => silentMs(bytes) > 100 || silentMs(bytes.toReversed()) > 100)
    expect(late.map(({ key, bytes }) => [key, silentMs(bytes), silentMs(bytes.toReversed())])).toEqual([])
  })
})

function refusalOf(text: string): unknown {
  try {
    return parseClipManifest(text)
  } catch (error) {
    return error instanceof PromptAudioError ? `${error.code}: ${error.message}` : error
  }
}

describe('parseClipManifest()', () => {
  const entry = {
    key: 'en/hold',
    file: 'en/hold.ulaw',
    text: 'One moment, please.',
    voice: 'v',
    durationMs: 1,
    sha256: 'a'.repeat(64),
  }
  const list = (change: object) =>
    JSON.stringify({ recipe: 'r', madeWith: {}, clips: [{ ...entry, ...change }] })

  it('reads a list', () => {
    expect(parseClipManifest(list({})).clips).toEqual([entry])
  })

  it('throws bad_manifest naming the field, when a file lies outside the folder or a field is wrong', () => {
    const outside = ['../x.ulaw', '/etc/x.ulaw', 'en/../../x.ulaw', 'en/hold.wav']
    for (const file of outside) {
      expect(refusalOf(list({ file }))).toMatch(/^bad_manifest: .*: clips\.0\.file is not as expected$/)
    }
    expect(refusalOf(list({ sha256: 'short' }))).toMatch(/^bad_manifest: .*clips\.0\.sha256/)
    expect(refusalOf(list({ extra: 1 }))).toMatch(/^bad_manifest: .*clips\.0 /)
    expect(refusalOf('{')).toMatch(/^bad_manifest: .*the whole text/)
  })
})

describe('bin/make-speech.mjs', () => {
  it('--check finds every recording equal to what its words give', { timeout: 60_000 }, (context) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'bin/make-speech.mjs'), '--check'],
      { encoding: 'utf8' },
    )
    if (status === 69 || status === 75) context.skip(stdout.trim())
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 })
  })
})
