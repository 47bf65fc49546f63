import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { levelDbfs } from '../../../src/sim/audio/g711.ts'
import { untouched } from '../../../src/sim/caller/network.ts'
import type { CallerAct } from '../../../src/sim/caller/runner.ts'
import { CallerRunner } from '../../../src/sim/caller/runner.ts'
import type { CallerScriptInput } from '../../../src/sim/caller/script.ts'
import { callerScript } from '../../../src/sim/caller/script.ts'
import { tone } from '../../../src/sim/caller/sounds.ts'

const silence = new Uint8Array(160).fill(0xff)
const voice = tone({ frequenciesHz: [400], durationMs: 20, dbfs: -15 })
const clips: Record<string, Int16Array> = { hello: new Int16Array(400).fill(8_000) }

type Frame = { readonly said: Uint8Array; readonly acts: readonly CallerAct[] }

function runner(steps: CallerScriptInput['steps'], seed = 7): (heard: Uint8Array) => Frame {
  const caller = new CallerRunner({
    script: callerScript.parse({ steps }),
    speech: (clip) => clips[clip],
    seed,
  })
  return (heard) => {
    const said = new Uint8Array(160)
    return { acts: caller.frame(heard, said), said }
  }
}

/** Runs frames until something of a kind happens; the number of frames it took. */
function framesUntil(
  frame: (heard: Uint8Array) => Frame,
  heard: Uint8Array,
  kind: CallerAct['kind'],
): number {
  for (let count = 0; count < 2_000; count++)
    if (frame(heard).acts.some((act) => act.kind === kind)) return count
  return -1
}

describe('CallerRunner', () => {
  it('speaks a clip, padded with line noise to whole frames, then the next step', () => {
    const frame = runner([{ do: 'speak', clip: 'hello', text: 'Hello' }, { do: 'hangUp' }])
    expect(frame(silence).acts).toEqual([{ kind: 'speaking', clip: 'hello', text: 'Hello' }])
    expect(levelDbfs(frame(silence).said)).toBeGreaterThan(-15)
    const last = frame(silence).said
    expect(new Set(last.subarray(80))).toEqual(new Set([0xff, 0x7f]))
    expect(frame(silence).acts).toEqual([{ kind: 'hangUp' }])
  })

  it('pause takes its time in frames', () => {
    expect(framesUntil(runner([{ do: 'pause', ms: 100 }, { do: 'hangUp' }]), silence, 'hangUp')).toBe(5)
  })

  it('noise has the level asked for', () => {
    const { said } = runner([{ do: 'noise', ms: 200, dbfs: -30 }])(silence)
    expect(levelDbfs(said)).toBeGreaterThan(-32)
    expect(levelDbfs(said)).toBeLessThan(-28)
  })

  it('waitForReply is met once the voice of one utterance has lasted, short gaps included', () => {
    const frame = runner([{ do: 'waitForReply', ms: 200 }, { do: 'hangUp' }])
    for (let count = 0; count < 5; count++) expect(frame(voice).acts).toEqual([])
    for (let count = 0; count < 10; count++) expect(frame(silence).acts).toEqual([])
    for (let count = 0; count < 4; count++) expect(frame(voice).acts).toEqual([])
    expect(frame(voice).acts).toEqual([{ kind: 'hangUp' }])
  })

  it('waitForReply does not add up two utterances', () => {
    const frame = runner([{ do: 'waitForReply', ms: 200 }, { do: 'hangUp' }])
    for (let count = 0; count < 5; count++) frame(voice)
    for (let count = 0; count < 25; count++) frame(silence)
    expect(framesUntil(frame, voice, 'hangUp')).toBe(9)
  })

  it('waitForQuiet is met after the other side was silent for the time', () => {
    const frame = runner([{ do: 'waitForQuiet', ms: 300 }, { do: 'hangUp' }])
    for (let count = 0; count < 50; count++) expect(frame(voice).acts).toEqual([])
    expect(framesUntil(frame, silence, 'hangUp')).toBe(14)
  })

  it('a wait fails with its reason after withinMs', () => {
    const frame = runner([{ do: 'waitForReply', ms: 100, withinMs: 1_000 }])
    expect(framesUntil(frame, silence, 'failed')).toBe(50)
    const again = runner([
      { do: 'pause', ms: 20 },
      { do: 'waitForEnd', withinMs: 20 },
    ])
    const acts = [again(silence), again(silence), again(silence)].flatMap((each) => each.acts)
    expect(acts).toEqual([{ kind: 'failed', reason: 'Gave up waitForEnd at step 2: nothing within 20 ms' }])
  })

  it('press gives one key message per key and its tone in the audio', () => {
    const frame = runner([{ do: 'press', digits: '5w#' }, { do: 'hangUp' }])
    const frames = Array.from({ length: 46 }, () => frame(silence))
    const keys = frames.flatMap(({ acts }, index) => acts.map((act) => ({ index, act })))
    expect(keys).toEqual([
      { index: 0, act: { kind: 'key', digit: '5' } },
      { index: 35, act: { kind: 'key', digit: '#' } },
      { index: 45, act: { kind: 'hangUp' } },
    ])
    expect(levelDbfs(frames[2]?.said ?? silence)).toBeGreaterThan(-12)
    expect(levelDbfs(frames[7]?.said ?? voice)).toBe(-Infinity)
  })

  it('names a clip that is missing', () => {
    const { acts } = runner([{ do: 'speak', clip: 'nothing', text: '' }])(silence)
    expect(acts).toEqual([{ kind: 'failed', reason: 'Cannot speak nothing: there is no such clip' }])
  })

  it('stays on the line after the last step and gives up after 20 s', () => {
    expect(framesUntil(runner([]), silence, 'failed')).toBe(1_000)
  })

  it('marks each frame that the carrier loses', () => {
    const frame = runner([{ do: 'lose', ms: 60 }, { do: 'hangUp' }])
    const acts = Array.from({ length: 4 }, () => frame(silence).acts)
    const lost: CallerAct = { kind: 'network', fate: { ...untouched, lost: true } }
    expect(acts).toEqual([[{ kind: 'spell', spell: 'lose' }, lost], [lost], [lost], [{ kind: 'hangUp' }]])
  })

  it('lets spells last over the steps that follow, and says nothing else because of them', () => {
    const steps: CallerScriptInput['steps'] = [
      { do: 'speak', clip: 'hello', text: '' },
      { do: 'pause', ms: 500 },
    ]
    const spells: CallerScriptInput['steps'] = [
      { do: 'repeatMedia', ms: 100 },
      { do: 'randomLoss', ms: 300, share: 0.5 },
      { do: 'jumpClock', byMs: -400 },
    ]
    const plain = runner(steps)
    const spoilt = runner([...spells, ...steps])
    const fates = Array.from({ length: 20 }, () => {
      const { said, acts } = spoilt(silence)
      expect(said).toEqual(plain(silence).said)
      return acts.find((act) => act.kind === 'network')?.fate
    })
    expect(fates.map((fate) => fate?.repeated)).toEqual(fates.map((_, index) => index < 5))
    expect(fates.slice(15).some((fate) => fate?.lost)).toBe(false)
    const lost = fates.filter((fate) => fate?.lost).length
    expect(lost).toBeGreaterThan(2)
    expect(lost).toBeLessThan(13)
    expect(fates.every((fate) => fate?.clockMs === -400)).toBe(true)
  })

  it.each([{ do: 'freeze' }, { do: 'secondStart' }, { do: 'sendHuge', bytes: 4_194_304 }] as const)(
    '$do takes no time and the script goes on',
    (step) => {
      const { do: kind, ...rest } = step
      const frame = runner([step, { do: 'speak', clip: 'hello', text: 'Hello' }])
      expect(frame(silence).acts).toEqual([
        { kind, ...rest },
        { kind: 'speaking', clip: 'hello', text: 'Hello' },
      ])
    },
  )

  it('is over after a hang-up without stop', () => {
    const frame = runner([{ do: 'hangUpWithoutStop' }])
    expect(frame(silence).acts).toEqual([{ kind: 'hangUpWithoutStop' }])
    expect(frame(silence).acts).toEqual([])
  })

  it('says the same for the same seed and something else for another', () => {
    const say = (seed: number): Uint8Array => runner([{ do: 'pause', ms: 500 }], seed)(silence).said
    expect(say(1)).toEqual(say(1))
    expect(say(1)).not.toEqual(say(2))
  })
})

describe('callerScript', () => {
  it('fills in the default of every wait', () => {
    expect(callerScript.parse({ steps: [{ do: 'waitForEnd' }] }).steps).toEqual([
      { do: 'waitForEnd', withinMs: 20_000 },
    ])
  })

  it('parses what it has parsed, also through JSON', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('pause'), ms: fc.nat(3_600_000) }),
      fc.record({ do: fc.constant('speak'), clip: fc.string({ minLength: 1 }), text: fc.string() }),
      fc.record({ do: fc.constant('press'), digits: fc.stringMatching(/^[0-9*#A-Dw]{1,64}$/) }),
      fc.record({ do: fc.constant('waitForReply'), ms: fc.nat(1_000) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const parsed = callerScript.parse({ steps })
        expect(callerScript.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed)
      }),
      { seed: 11, numRuns: 100 },
    )
  })

  it.each([
    [{ do: 'sing' }],
    [{ do: 'pause' }],
    [{ do: 'pause', ms: -1 }],
    [{ do: 'press', digits: '5x' }],
    [{ do: 'hangUp', now: true }],
  ])('refuses %j', (step) => {
    expect(callerScript.safeParse({ steps: [step] }).success).toBe(false)
  })
})
