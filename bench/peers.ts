/**
 * Compares the kernel with other people's resamplers, in one process on the same frames: npm run bench:peers. They are
 * installed into a temporary folder, which is removed in the end, and never come near the lock file. What they are given
 * and give back is PCM16; the kernel's figure includes µ-law besides.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createAudioEngine } from '../src/audio/engine.ts'
import { FRAME_PCM_BYTES, FRAME_ULAW_BYTES } from '../src/audio/frame.ts'
import { toTable } from './report.ts'
import type { Row } from './report.ts'
import type { Case } from './rounds.ts'
import { leastMicros } from './rounds.ts'

/** A package to compare with, pinned, and how to make its two cases from what it exports. */
type Peer = {
  readonly packageName: string
  readonly version: string
  readonly cases: (exports: Record<string, unknown>) => Promise<readonly Case[]>
}

const UP_FRAME = new Int16Array(160).map((_, at) => 8000 * Math.sin(at / 3))
const DOWN_FRAME = new Int16Array(480).map((_, at) => 8000 * Math.sin(at / 9))

/** As much of each peer as is used. */
type LivekitModule = {
  readonly AudioFrame: new (data: Int16Array, rateHz: number, channels: number, samples: number) => object
  readonly AudioResampler: new (fromHz: number, toHz: number) => { push(frame: object): readonly object[] }
}
type SpeexClass = {
  new (channels: number, fromHz: number, toHz: number, quality: number): { processChunk(pcm: Buffer): Buffer }
  readonly initPromise: Promise<unknown>
}

const peers: readonly Peer[] = [
  {
    packageName: '@livekit/rtc-node',
    version: '1.1.0',
    async cases(exports) {
      const { AudioFrame, AudioResampler } = exports as LivekitModule
      const up = new AudioResampler(8000, 24_000)
      const down = new AudioResampler(24_000, 8000)
      const upFrame = new AudioFrame(UP_FRAME, 8000, 1, UP_FRAME.length)
      const downFrame = new AudioFrame(DOWN_FRAME, 24_000, 1, DOWN_FRAME.length)
      return [
        { name: '@livekit/rtc-node up', work: () => up.push(upFrame).length },
        { name: '@livekit/rtc-node down', work: () => down.push(downFrame).length },
      ]
    },
  },
  {
    packageName: 'speex-resampler',
    version: '3.0.1',
    async cases(exports) {
      // A CommonJS package: its default export is a property of what import() calls the default.
      const { default: SpeexResampler } = exports['default'] as { default: SpeexClass }
      await SpeexResampler.initPromise
      const up = new SpeexResampler(1, 8000, 24_000, 3)
      const down = new SpeexResampler(1, 24_000, 8000, 3)
      const upFrame = Buffer.from(UP_FRAME.buffer)
      const downFrame = Buffer.from(DOWN_FRAME.buffer)
      return [
        { name: 'speex-resampler q3 up', work: () => up.processChunk(upFrame).length },
        { name: 'speex-resampler q3 down', work: () => down.processChunk(downFrame).length },
      ]
    },
  },
]

const folder = mkdtempSync(join(tmpdir(), 'bench-peers-'))
try {
  const found = (await Promise.all(peers.map((peer) => tryPeer(peer)))).flat()
  if (found.length > 0) report(found)
  else console.error('Nothing to compare with: no peer could be installed')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
// A native peer has threads of its own, which would keep this process alive.
process.exit()

/** The cases of a peer, or none and a line that says why. */
async function tryPeer({ packageName, version, cases }: Peer): Promise<readonly Case[]> {
  const place = join(folder, packageName.replace('/', '-'))
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '--prefix', place]
  const npm = spawnSync('npm', ['install', ...flags, `${packageName}@${version}`], { encoding: 'utf8' })
  if (npm.status !== 0) {
    const reason = npm.stderr.trim().split('\n').at(0) ?? npm.error?.message
    console.error(`Could not install ${packageName}@${version}: ${reason}`)
    return []
  }
  try {
    const file = createRequire(join(place, 'package.json')).resolve(packageName)
    return await cases((await import(pathToFileURL(file).href)) as Record<string, unknown>)
  } catch (cause) {
    console.error(`Could not load ${packageName}@${version}: ${String(cause)}`)
    return []
  }
}

/** How many times as long each peer takes as the kernel, in the same direction and by either filter. */
function report(found: readonly Case[]): void {
  const strict = createAudioEngine({ downlink: 'strict' })
  const thirdBand = createAudioEngine({ downlink: 'third-band' })
  const up = strict.openUplink()
  const downs = { strict: strict.openDownlink(), thirdBand: thirdBand.openDownlink() }
  const micros = leastMicros(
    [
      { name: 'kernel up', work: () => up.push(FRAME_ULAW_BYTES) },
      { name: 'kernel down, strict', work: () => downs.strict.push(FRAME_PCM_BYTES) },
      { name: 'kernel down, third-band', work: () => downs.thirdBand.push(FRAME_PCM_BYTES) },
      ...found,
    ],
    { rounds: 25, frames: 1000 },
  )
  const rows = [...micros].flatMap(([name, cost]): Row[] => {
    if (name.startsWith('kernel')) return [{ name, micros: cost }]
    const rivals = name.endsWith('up') ? ['kernel up'] : ['kernel down, third-band', 'kernel down, strict']
    return rivals.map((against) => ({
      name,
      micros: cost,
      against,
      ratio: cost / micros.get(against)!,
      bar: { kind: 'at least', ratio: 20 },
    }))
  })
  console.log(
    process.argv.includes('--json')
      ? JSON.stringify({ rows }, null, 2)
      : toTable([{ title: 'Resamplers, 20 ms a frame', rows }]),
  )
}
