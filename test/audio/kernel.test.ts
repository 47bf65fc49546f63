import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { MULAW_VALUES } from '../../src/audio/mulaw.ts'
import { noise } from './support/signals.ts'
import { engines, samplesOf, sendDown, sendUp } from './support/streams.ts'

const root = join(import.meta.dirname, '../..')

function randomBytes(seed: number, count: number): Uint8Array {
  const random = noise(seed)
  return Uint8Array.from({ length: count }, () => random() >>> 7)
}

function signChanges(samples: Int16Array): number {
  return samples.reduce((sum, sample, at) => sum + (at > 0 && sample < 0 !== samples[at - 1]! < 0 ? 1 : 0), 0)
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe('kernel.wasm', () => {
  it('is what its source compiles to, when compiled again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kernel-'))
    const built = join(folder, 'kernel.wasm')
    const asc = join(root, 'node_modules/assemblyscript/bin/asc.js')
    const config = join(root, 'src/audio/assembly/kernel.json')
    const run = spawnSync(process.execPath, [asc, '--config', config, '--outFile', built], {
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
    const same = readFileSync(built).equals(readFileSync(join(root, 'src/audio/kernel.wasm')))
    rmSync(folder, { recursive: true })
    expect(same, 'run npm run kernel and commit what it writes').toBe(true)
  })

  it.each(['strict', 'third-band'] as const)(
    'equals the integer reference to the bit, when given random pieces and the %s filter',
    (downlink) => {
      const kernel = createAudioEngine({ kind: 'wasm', downlink })
      const integer = createAudioEngine({ kind: 'integer', downlink })
      const pieces = fc.array(fc.uint8Array({ maxLength: 1500, size: 'max' }), { maxLength: 5, size: 'max' })
      fc.assert(
        fc.property(pieces, pieces, fc.boolean(), (ups, downs, extreme) => {
          using up = kernel.openUplink()
          using upToo = integer.openUplink()
          for (const piece of ups) {
            // Full scale of either sign is where a sum would wrap.
            const codes = extreme ? piece.map((byte) => byte & 0x80) : piece
            kernel.ulawIn.set(codes)
            integer.ulawIn.set(codes)
            const bytes = up.push(codes.length)
            expect(upToo.push(codes.length)).toBe(bytes)
            expect(kernel.pcmOut.compare(integer.pcmOut, 0, bytes, 0, bytes)).toBe(0)
          }
          using down = kernel.openDownlink()
          using downToo = integer.openDownlink()
          for (const piece of downs) {
            const pcm = extreme
              ? piece.map((byte, at) => (at & 1 ? (byte & 0x80) ^ 0x7f : -(byte >> 7)))
              : piece
            kernel.pcmIn.set(pcm)
            integer.pcmIn.set(pcm)
            const bytes = down.push(pcm.length)
            expect(downToo.push(pcm.length)).toBe(bytes)
            expect(kernel.ulawOut.compare(integer.ulawOut, 0, bytes, 0, bytes)).toBe(0)
          }
        }),
        // Not shrunk: pieces are long, and a first counter-example says enough.
        { seed: 20261120, numRuns: 100, endOnFailure: true },
      )
    },
  )

  it('equals the integer reference, when one push is longer than a slice of scratch', () => {
    const codes = randomBytes(3, 49_152)
    const pcm = randomBytes(4, 786_432)
    const [kernel, , integer] = engines()
    expect(sendUp(kernel!, codes, codes.length).equals(sendUp(integer!, codes, codes.length))).toBe(true)
    expect(sendDown(kernel!, pcm, pcm.length).equals(sendDown(integer!, pcm, pcm.length))).toBe(true)
  })
})

describe('every engine', () => {
  const codes = randomBytes(1, 40_000)
  const pcm = randomBytes(2, 240_000)

  // The whole output is pinned: arithmetic in integers is the same on every machine, so any change is a change of sound.
  it.each(
    engines().map((engine, at) => ({
      engine,
      kind: engine.kind,
      filter: at % 2 === 0 ? 'strict' : 'third-band',
      upDigest: '3da19cde44ec0f41619945691d15f3be5f30f6b49966fd73d8bdaefb032c2d0e',
      downDigest:
        at % 2 === 0
          ? '650a25a9db58bdc92f9ca494760308b0c66c6bc28b1d56b08c040ca1565f3602'
          : '26bbb4144c137355d6297ace6808a5cd35efae9765babaf8fc8ab58a78feecfd',
    })),
  )(
    'makes the same from one shot, frames and ragged pieces, when $kind with the $filter filter',
    ({ engine, upDigest, downDigest }) => {
      const random = noise(5)
      const ragged = () => 1 + (random() % 733)
      const ups = [codes.length, 160, ragged].map((cut) => digest(sendUp(engine, codes, cut)))
      const downs = [pcm.length, 960, ragged].map((cut) => digest(sendDown(engine, pcm, cut)))
      expect(ups).toEqual([upDigest, upDigest, upDigest])
      expect(downs).toEqual([downDigest, downDigest, downDigest])
    },
  )

  it.each(engines().map((engine) => ({ engine, kind: engine.kind })))(
    'clips instead of wrapping, when a square at full scale goes through ($kind)',
    ({ engine }) => {
      const half = [0x80, 0x00].map((code) => new Uint8Array(400).fill(code))
      const up = samplesOf(sendUp(engine, Buffer.concat([half[0]!, half[1]!])))
      // The filters overshoot beside the edge by more than 16 bits hold. Wrapped, that would be a change of sign.
      expect(Math.max(...up)).toBe(32_767)
      expect(signChanges(up.subarray(180))).toBe(1)
      const square = Int16Array.from({ length: 4800 }, (_, at) => (at % 2400 < 1200 ? 32_767 : -32_768))
      const down = Int16Array.from(
        sendDown(engine, new Uint8Array(square.buffer)),
        (code) => MULAW_VALUES[code]!,
      )
      expect(signChanges(down.subarray(60))).toBe(3)
    },
  )
})
