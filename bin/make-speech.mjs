#!/usr/bin/env node
/**
 * Makes every recording of the project from its words, with espeak-ng and sox:
 *
 *   node bin/run.mjs bin/make-speech.mjs           writes personas/clips/ and src/sim/speech/ anew
 *   node bin/run.mjs bin/make-speech.mjs --check   writes nothing; tells whether the files are what would be made
 *
 * The words come from src/prompts/sentences.ts (clips that callers hear) and src/sim/speech/script.json (lines of the
 * rehearsal). The same versions of the two programs give the same bytes. Exit codes of --check: 0 equal, 1 different,
 * 69 a program is missing, 75 other versions or another platform made the files, so that bytes cannot be compared.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clipKey, toneKey } from '../src/prompts/prompt-audio.ts'
import { sentenceKeys, sentenceLanguages, sentenceText } from '../src/prompts/sentences.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const recipe = 'node bin/run.mjs bin/make-speech.mjs'
const clipVoices = { en: 'en-us+f3', es: 'es+f3', de: 'de+f3' }
const clipRateHz = 8000
const activeLevel = 3277 // −20 dBFS: what the speech parts are brought to, the usual level of a telephone line
const peakLimit = 26028 // −2 dBFS
const silenceLevel = 328 // −40 dBFS, after levelling: a 10 ms frame below this is silence
const leadMs = 40
const tailMs = 80
// A server that ends a turn after 500 ms of silence must hear one line as one turn, its own hangover included.
const longestPauseMs = 200

const madeWith = { ...versions(), platform: `${process.platform}-${process.arch}` }
const checking = process.argv[2] === '--check'
const outputs = [
  { folder: join(root, 'personas/clips'), list: 'clips.json', entries: 'clips', made: makeClips() },
  { folder: join(root, 'src/sim/speech'), list: 'speech.json', entries: 'lines', made: makeLines() },
]
if (checking) check()
else for (const output of outputs) write(output)

/** One µ-law clip for every sentence in every language, and the soft tone. */
function makeClips() {
  const spoken = sentenceLanguages.flatMap((language) =>
    sentenceKeys.map((sentence) => {
      const voice = clipVoices[language]
      const text = sentenceText(sentence, language)
      const file = `${language}/${sentence.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ulaw`
      const samples = speak({ text, voice, wordsPerMinute: 165, rateHz: clipRateHz })
      return {
        key: clipKey(sentence, language),
        file,
        text,
        voice,
        ...lengthOf(samples, clipRateHz),
        samples,
      }
    }),
  )
  const samples = softTone()
  const tone = { key: toneKey, file: 'tone.ulaw', text: '', voice: 'none', ...lengthOf(samples, clipRateHz) }
  return [...spoken, { ...tone, samples }].map(({ samples: pcm, ...entry }) => sealed(entry, toUlaw(pcm)))
}

/** One WAV for every line of the rehearsal's script. */
function makeLines() {
  const script = JSON.parse(readFileSync(join(root, 'src/sim/speech/script.json'), 'utf8'))
  return script.lines.map(({ id, speaker, text }) => {
    const { voice, wordsPerMinute, rateHz } = script.voices[speaker]
    const samples = speak({ text, voice, wordsPerMinute, rateHz })
    const entry = { id, speaker, file: `${id}.wav`, text, voice, rateHz, ...lengthOf(samples, rateHz) }
    return sealed(entry, toWav(samples, rateHz))
  })
}

function sealed(entry, bytes) {
  return { entry: { ...entry, sha256: createHash('sha256').update(bytes).digest('hex') }, bytes }
}

function lengthOf(samples, rateHz) {
  return { durationMs: Math.round((samples.length / rateHz) * 1000) }
}

/** Speaks, resamples, brings the result to the common level, trims it and shortens its long pauses. */
function speak({ text, voice, wordsPerMinute, rateHz }) {
  const wav = run('espeak-ng', ['-v', voice, '-s', String(wordsPerMinute), '--stdout', text])
  // -D: no dither, so that the same input gives the same output. The gain leaves room for the filter's overshoot.
  const sink = ['-t', 'raw', '-r', String(rateHz), '-c', '1', '-b', '16', '-e', 'signed-integer', '-L', '-']
  const effects = ['gain', '-3', 'highpass', '120', 'rate', '-v']
  const raw = run('sox', ['-D', '-t', 'wav', '-', ...sink, ...effects], wav)
  const samples = new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length))
  return withoutLongPauses(levelled(samples, rateHz), rateHz)
}

/** Root mean square of each whole 10 ms. */
function framesOf(samples, rateHz) {
  const frameSamples = rateHz / 100
  return Array.from({ length: Math.floor(samples.length / frameSamples) }, (_, index) => {
    const frame = samples.subarray(index * frameSamples, (index + 1) * frameSamples)
    return Math.sqrt(frame.reduce((sum, sample) => sum + sample * sample, 0) / frameSamples)
  })
}

/** Keeps leadMs before the first sound, tailMs after the last, and at most longestPauseMs of every pause between. */
function withoutLongPauses(samples, rateHz) {
  const sounding = framesOf(samples, rateHz).map((level) => level >= silenceLevel)
  const first = sounding.indexOf(true)
  const last = sounding.lastIndexOf(true)
  if (first < 0) throw new Error('Cannot use what espeak-ng made: it is silent')
  const from = Math.max(0, first - leadMs / 10)
  const to = Math.min(sounding.length, last + 1 + tailMs / 10)
  const keep = []
  for (let frame = from; frame < to;) {
    let end = frame + 1
    while (end < to && sounding[end] === sounding[frame]) end++
    const inner = !sounding[frame] && frame > first && end <= last
    const kept = inner ? Math.min(end - frame, longestPauseMs / 10) : end - frame
    // The middle of a pause is dropped: what fades into it and out of it stays.
    const half = Math.ceil(kept / 2)
    keep.push([frame, frame + half], [end - (kept - half), end])
    frame = end
  }
  const frameSamples = rateHz / 100
  return Int16Array.from(keep.flatMap(([a, b]) => [...samples.subarray(a * frameSamples, b * frameSamples)]))
}

function levelled(samples, rateHz) {
  const active = framesOf(samples, rateHz).filter((level) => level >= silenceLevel / 4)
  const level = Math.sqrt(active.reduce((sum, value) => sum + value * value, 0) / active.length)
  const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0)
  const gain = Math.min(activeLevel / level, peakLimit / peak)
  return samples.map((sample) => Math.round(sample * gain))
}

/** Two soft notes, a second in all, for a sentence that has no clip. */
function softTone() {
  const noteSamples = clipRateHz / 2
  return Int16Array.from({ length: 2 * noteSamples }, (_, index) => {
    const at = index % noteSamples
    const swell = Math.sin((Math.PI * at) / noteSamples) ** 2
    const frequencyHz = index < noteSamples ? 440 : 554
    return Math.round(2200 * swell * Math.sin((2 * Math.PI * frequencyHz * at) / clipRateHz))
  })
}

/** G.711 µ-law as ITU-T's reference code does it; not the product's table, so that the two can be compared. */
function toUlaw(samples) {
  return Buffer.from(
    Array.from(samples, (sample) => {
      const magnitude = Math.min((sample < 0 ? ~sample : sample) + 132, 32767)
      const segment = Math.max(0, 31 - Math.clz32(magnitude) - 7)
      const step = (magnitude >> (segment + 3)) & 15
      return ~((sample < 0 ? 128 : 0) | (segment << 4) | step) & 255
    }),
  )
}

/** A WAV file with the shortest header: PCM, 16 bit, mono. */
function toWav(samples, rateHz) {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(36 + samples.length * 2, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rateHz, 24)
  header.writeUInt32LE(rateHz * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(samples.length * 2, 40)
  const data = Buffer.alloc(samples.length * 2)
  samples.forEach((sample, index) => data.writeInt16LE(sample, index * 2))
  return Buffer.concat([header, data])
}

/** Files that are no longer in a list are removed with their folder's old content. */
function write({ folder, list, entries, made }) {
  const old = readList(folder, list)?.[entries] ?? []
  for (const { file } of old) rmSync(join(folder, file), { force: true })
  for (const { entry, bytes } of made) {
    mkdirSync(dirname(join(folder, entry.file)), { recursive: true })
    writeFileSync(join(folder, entry.file), bytes)
  }
  const content = { recipe, madeWith, [entries]: made.map(({ entry }) => entry) }
  writeFileSync(join(folder, list), `${JSON.stringify(content, null, 2)}\n`)
  const kilobytes = Math.round(made.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1000)
  process.stdout.write(`${join(folder, list)}: ${made.length} recordings, ${kilobytes} kB\n`)
}

function check() {
  for (const { folder, list, entries, made } of outputs) {
    const stored = readList(folder, list)
    const expected = JSON.stringify(madeWith)
    if (stored && JSON.stringify(stored.madeWith) !== expected) {
      finish(
        75,
        `Cannot compare ${list}: it was made with ${JSON.stringify(stored.madeWith)}, here is ${expected}`,
      )
    }
    const different = made.filter(({ entry, bytes }, index) => {
      const same = JSON.stringify(stored?.[entries][index]) === JSON.stringify(entry)
      return !same || !bytes.equals(readFileSync(join(folder, entry.file)))
    })
    if (different.length > 0 || stored?.[entries].length !== made.length) {
      const names = different.map(({ entry }) => entry.file).join(', ')
      finish(1, `Make the recordings anew with ${recipe}: ${list} differs: ${names}`)
    }
  }
  finish(0, 'Every recording is what its words give')
}

function readList(folder, list) {
  try {
    return JSON.parse(readFileSync(join(folder, list), 'utf8'))
  } catch {
    return undefined
  }
}

function versions() {
  const espeak = spawnSync('espeak-ng', ['--version'], { encoding: 'utf8' })
  const sox = spawnSync('sox', ['--version'], { encoding: 'utf8' })
  const missing = [espeak.error && 'espeak-ng', sox.error && 'sox'].filter(Boolean)
  if (missing.length > 0) {
    finish(
      69,
      `Cannot make speech without ${missing.join(' and ')}: install with apt-get install ${missing.join(' ')}`,
    )
  }
  return { 'espeak-ng': versionIn(espeak.stdout), sox: versionIn(sox.stdout) }
}

function versionIn(text) {
  return /\d+(\.\d+)+/.exec(text)?.[0] ?? 'unknown'
}

function run(program, args, input) {
  const options = { input, maxBuffer: 16 * 1024 * 1024, timeout: 30_000 }
  const { status, error, stdout, stderr } = spawnSync(program, args, options)
  if (error) throw new Error(`Cannot run ${program}`, { cause: error })
  if (status !== 0) throw new Error(`Cannot make speech: ${program} ended with ${status}: ${String(stderr)}`)
  return stdout
}

function finish(code, sentence) {
  process.stdout.write(`${sentence}\n`)
  process.exit(code)
}
