import { createAudioEngine } from '../src/audio/engine.ts'
import { FRAME_PCM_BYTES, FRAME_ULAW_BYTES } from '../src/audio/frame.ts'
import { bytesDown, bytesUp, deltaMessage, jsonDown, jsonUp, mediaMessage } from './messages.ts'
import type { Row, Section } from './report.ts'
import type { Case } from './rounds.ts'
import { leastMicros } from './rounds.ts'
import { tightToyDown, tightToyUp, toyDown, toyUp } from './toy.ts'

/** A ratio to be reported: one case of a section against another. */
type Comparison = { readonly name: string; readonly against: string; readonly bar?: Row['bar'] }

const atMost = (ratio: number): Row['bar'] => ({ kind: 'at most', ratio })

const strict = createAudioEngine({ downlink: 'strict' })
const thirdBand = createAudioEngine({ downlink: 'third-band' })

/** The cost of resampling and of whole messages, per frame of 20 ms. */
export function audioSections(): readonly Section[] {
  const core = leastMicros(coreCases(), { rounds: 99, frames: 2_000 })
  const integer = leastMicros(integerCases(), { rounds: 25, frames: 200 })
  const messages = leastMicros(messageCases(), { rounds: 99, frames: 2_000 })
  return [
    {
      title: `Core: µ-law 8 kHz ↔ PCM16 24 kHz, kernel ${strict.kind}`,
      rows: rows(core, [
        { name: 'up', against: 'toy up', bar: atMost(0.65) },
        { name: 'down, third-band', against: 'toy down', bar: atMost(1.6) },
        { name: 'down, strict', against: 'toy down', bar: atMost(2.5) },
        { name: 'up', against: 'tight toy up' },
        { name: 'down, third-band', against: 'tight toy down' },
        { name: 'down, strict', against: 'tight toy down' },
      ]),
    },
    { title: 'The same in plain integers', rows: rows(integer, []) },
    {
      title: 'Messages: websocket bytes in → websocket bytes out',
      rows: rows(messages, [
        { name: 'bytes up', against: 'JSON up, same sizes', bar: atMost(0.65) },
        { name: 'bytes down, third-band', against: 'JSON down, same sizes', bar: atMost(0.8) },
        { name: 'bytes down, strict', against: 'JSON down, same sizes', bar: atMost(0.8) },
        { name: 'bytes up', against: 'JSON up, µ-law passed on' },
        { name: 'bytes down, third-band', against: 'JSON down, µ-law passed on' },
        { name: 'bytes down, strict', against: 'JSON down, µ-law passed on' },
      ]),
    },
  ]
}

/** A frame of something that keeps every branch busy: noise over a tone. */
function testFrame(): { readonly ulaw: Buffer; readonly pcm: Buffer } {
  const ulaw = Buffer.alloc(FRAME_ULAW_BYTES)
  const pcm = Buffer.alloc(FRAME_PCM_BYTES)
  for (let at = 0; at < ulaw.length; at++) ulaw[at] = (at * 7919) >> 3
  for (let at = 0; at < pcm.length; at += 2) {
    pcm.writeInt16LE(Math.round(8000 * Math.sin(at / 14)) + ((at * 7919) % 3000), at)
  }
  return { ulaw, pcm }
}

function coreCases(): readonly Case[] {
  const { ulaw, pcm } = testFrame()
  const samples = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2)
  const keptPcm = new Int16Array(samples.length)
  const keptUlaw = new Uint8Array(ulaw.length)
  return [
    { name: 'toy up', work: () => toyUp(ulaw).length },
    { name: 'toy down', work: () => toyDown(samples).length },
    { name: 'tight toy up', work: () => (tightToyUp(ulaw, keptPcm), keptPcm[0]!) },
    { name: 'tight toy down', work: () => (tightToyDown(samples, keptUlaw), keptUlaw[0]!) },
    ...streamCases(strict, { up: 'up', down: 'down, strict' }),
    ...streamCases(thirdBand, { down: 'down, third-band' }),
  ]
}

function integerCases(): readonly Case[] {
  return [
    ...streamCases(createAudioEngine({ kind: 'integer', downlink: 'strict' }), {
      up: 'up',
      down: 'down, strict',
    }),
    ...streamCases(createAudioEngine({ kind: 'integer', downlink: 'third-band' }), {
      down: 'down, third-band',
    }),
  ]
}

function streamCases(
  engine: ReturnType<typeof createAudioEngine>,
  names: { readonly up?: string; readonly down: string },
): readonly Case[] {
  const { ulaw, pcm } = testFrame()
  const up = engine.openUplink()
  const down = engine.openDownlink()
  engine.ulawIn.set(ulaw)
  engine.pcmIn.set(pcm)
  return [
    ...(names.up === undefined ? [] : [{ name: names.up, work: () => up.push(FRAME_ULAW_BYTES) }]),
    { name: names.down, work: () => down.push(FRAME_PCM_BYTES) },
  ]
}

function messageCases(): readonly Case[] {
  const { ulaw, pcm } = testFrame()
  const media = mediaMessage(ulaw)
  const delta = deltaMessage(pcm)
  const ulawDelta = deltaMessage(ulaw)
  const up = bytesUp(strict, strict.openUplink())
  const downStrict = bytesDown(strict, strict.openDownlink())
  const downThirdBand = bytesDown(thirdBand, thirdBand.openDownlink())
  return [
    { name: 'JSON up, same sizes', work: () => jsonUp(media, pcm).length },
    { name: 'JSON down, same sizes', work: () => jsonDown(delta, ulaw).length },
    { name: 'JSON up, µ-law passed on', work: () => jsonUp(media).length },
    { name: 'JSON down, µ-law passed on', work: () => jsonDown(ulawDelta).length },
    { name: 'bytes up', work: () => up(media).length },
    { name: 'bytes down, third-band', work: () => downThirdBand(delta).length },
    { name: 'bytes down, strict', work: () => downStrict(delta).length },
  ]
}

/** Each comparison as a row of its own, and before them the cases that nothing is said about. */
function rows(micros: ReadonlyMap<string, number>, comparisons: readonly Comparison[]): readonly Row[] {
  const compared = new Set(comparisons.map(({ name }) => name))
  const plain = [...micros].flatMap(([name, cost]) => (compared.has(name) ? [] : [{ name, micros: cost }]))
  return [
    ...plain,
    ...comparisons.map((comparison) => {
      const cost = micros.get(comparison.name) ?? NaN
      return { ...comparison, micros: cost, ratio: cost / (micros.get(comparison.against) ?? NaN) }
    }),
  ]
}
