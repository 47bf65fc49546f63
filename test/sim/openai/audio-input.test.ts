import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RealtimeAudioInputTurnDetection } from 'openai/resources/realtime/realtime'
import { encodeAudio } from '../../../src/sim/openai/audio-format.ts'
import { SessionDriver, tone } from './session-driver.ts'

function withTurns(turn_detection: RealtimeAudioInputTurnDetection | null): SessionDriver {
  const driver = new SessionDriver()
  driver.send({ type: 'session.update', session: { type: 'realtime', audio: { input: { turn_detection } } } })
  driver.take()
  return driver
}

function positions(driver: SessionDriver): number[] {
  return driver.events.flatMap((event) => {
    if (event.type === 'input_audio_buffer.speech_started') return [event.audio_start_ms]
    return event.type === 'input_audio_buffer.speech_stopped' ? [event.audio_end_ms] : []
  })
}

const quiet = { create_response: false, interrupt_response: false }

describe('AudioInput, turns by audio position', () => {
  it('reports the start with its padding and the end with its silence', () => {
    const driver = withTurns({
      type: 'server_vad',
      prefix_padding_ms: 300,
      silence_duration_ms: 500,
      ...quiet,
    })
    driver.silence(1000).speak(700).silence(490)
    expect(positions(driver)).toEqual([700])
    driver.silence(10)
    expect(positions(driver)).toEqual([700, 2200])
  })

  it.each([
    [0, 200, [1000, 1900]],
    [100, 400, [900, 2100]],
    [2000, 1000, [0, 2700]],
  ])(
    'follows prefix_padding_ms %i and silence_duration_ms %i',
    (prefix_padding_ms, silence_duration_ms, expected) => {
      const driver = withTurns({ type: 'server_vad', prefix_padding_ms, silence_duration_ms, ...quiet })
      driver.silence(1000).speak(700).silence(1000)
      expect(positions(driver)).toEqual(expected)
    },
  )

  it.each([
    ['low', 3700],
    ['medium', 2700],
    ['auto', 2700],
    ['high', 2200],
  ] as const)('waits longer, when semantic_vad is less eager: %s', (eagerness, endMs) => {
    const driver = withTurns({ type: 'semantic_vad', eagerness, ...quiet })
    driver.silence(1000).speak(700).silence(3000)
    expect(positions(driver)).toEqual([700, endMs])
  })

  it('does not reach with its padding into the turn before', () => {
    const driver = withTurns({
      type: 'server_vad',
      prefix_padding_ms: 1000,
      silence_duration_ms: 200,
      ...quiet,
    })
    driver.speak(300).silence(300).speak(300).silence(300)
    expect(positions(driver)).toEqual([0, 500, 500, 1100])
  })

  it('hears no turn in a click, nor in what is below the threshold', () => {
    const driver = withTurns({ type: 'server_vad', threshold: 1, ...quiet })
    driver.silence(500).speak(20).silence(500)
    const whisper = Int16Array.from({ length: 24_000 }, (_, index) => Math.round(1500 * Math.sin(index / 10)))
    driver.append(encodeAudio(whisper, { type: 'audio/pcm', rate: 24_000 }))
    expect(positions(driver)).toEqual([])
    const sensitive = withTurns({ type: 'server_vad', threshold: 0.5, ...quiet })
    sensitive.append(encodeAudio(whisper, { type: 'audio/pcm', rate: 24_000 }))
    expect(positions(sensitive)).toEqual([0])
  })

  it('has the same positions, however the audio is divided', () => {
    const audio = Buffer.concat([
      new Uint8Array(48 * 400),
      tone(500),
      new Uint8Array(48 * 700),
      tone(300),
      new Uint8Array(48 * 900),
    ])
    const whole = withTurns({ type: 'server_vad', ...quiet }).append(audio)
    const expected = positions(whole)
    expect(expected).toHaveLength(4)
    const property = fc.property(
      fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 5, maxLength: 40 }),
      (cuts) => {
        const driver = withTurns({ type: 'server_vad', ...quiet })
        let offset = 0
        for (const cut of cuts) {
          if (offset < audio.length) driver.append(audio.subarray(offset, offset + cut * 2)).wait(cut)
          offset += cut * 2
        }
        if (offset < audio.length) driver.append(audio.subarray(offset))
        expect(positions(driver)).toEqual(expected)
      },
    )
    fc.assert(property, { seed: 7, numRuns: 40 })
  })

  it('counts µ-law at 8 kHz as it counts PCM at 24 kHz', () => {
    const driver = new SessionDriver()
    const input = {
      format: { type: 'audio/pcmu' as const },
      turn_detection: { type: 'server_vad' as const, ...quiet },
    }
    driver.send({ type: 'session.update', session: { type: 'realtime', audio: { input } } })
    const loud = Int16Array.from({ length: 24 * 600 }, (_, index) =>
      Math.round(12_000 * Math.sin(index / 20)),
    )
    const silence = new Uint8Array(8 * 1000).fill(0xff)
    driver
      .append(silence)
      .append(encodeAudio(loud, { type: 'audio/pcmu' }))
      .append(silence)
    expect(positions(driver)).toEqual([700, 2100])
    expect(driver.record.appendedMs).toBe(2600)
    expect(driver.record.appended.map((run) => [run.format.type, run.bytes.length])).toEqual([
      ['audio/pcmu', 20_800],
    ])
    expect(driver.record.appendedPcm24k()).toHaveLength(24 * 2600)
  })

  it('commits exactly the padded turn', () => {
    const driver = withTurns({
      type: 'server_vad',
      prefix_padding_ms: 200,
      silence_duration_ms: 300,
      ...quiet,
    })
    driver.silence(5000).speak(400).silence(300)
    const { item_id } = driver.last('input_audio_buffer.committed')
    driver.send({ type: 'conversation.item.retrieve', item_id })
    const { item } = driver.last('conversation.item.retrieved')
    const content = item.type === 'message' && item.role === 'user' ? item.content[0] : undefined
    expect(Buffer.from(content?.audio ?? '', 'base64')).toHaveLength(48 * (200 + 400 + 300))
  })
})

describe('AudioInput, the buffer', () => {
  it('commits by hand from 100 ms on, and asks for no response', () => {
    const driver = withTurns(null)
    driver.speak(99).send({ type: 'input_audio_buffer.commit' })
    expect(driver.lastError().code).toBe('input_audio_buffer_commit_empty')
    expect(driver.last('error').error.message).toContain('only has 99.00ms')
    driver.take()
    driver.speak(1).send({ type: 'input_audio_buffer.commit' }).wait(5000)
    expect(driver.takeTypes()).toEqual([
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
    ])
    driver.send({ type: 'input_audio_buffer.commit' })
    expect(driver.last('error').error.message).toContain('only has 0.00ms')
  })

  it('has nothing for the client to commit, while turn detection is on', () => {
    const driver = withTurns({ type: 'server_vad', ...quiet })
    driver.speak(500).send({ type: 'input_audio_buffer.commit' })
    expect(driver.lastError().code).toBe('input_audio_buffer_commit_empty')
  })

  it('forgets speech under way at a clear, and goes on counting', () => {
    const driver = withTurns({
      type: 'server_vad',
      prefix_padding_ms: 300,
      silence_duration_ms: 200,
      ...quiet,
    })
    driver.speak(500).send({ type: 'input_audio_buffer.clear' })
    driver.silence(400).speak(200).silence(200)
    expect(driver.takeTypes()).toEqual([
      'input_audio_buffer.speech_started',
      'input_audio_buffer.cleared',
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
    ])
    expect(positions(driver)).toEqual([0, 600, 1300])
  })

  it.each([
    ['wrong letters', 'AA%A'],
    ['missing padding', 'AAA'],
    ['letters of the URL alphabet', 'AA_-'],
    ['a line break', 'AAAA\nAAAA'],
    ['half a sample', Buffer.alloc(3).toString('base64')],
  ])('refuses audio with %s', (_name, audio) => {
    const driver = withTurns(null)
    driver.send({ type: 'input_audio_buffer.append', audio })
    expect(driver.lastError()).toEqual({ code: 'invalid_value', param: 'audio' })
    expect(driver.record.appendedMs).toBe(0)
  })

  it('refuses more than 15 MiB in one event', () => {
    const driver = withTurns(null)
    driver.append(new Uint8Array(15 * 1024 * 1024))
    expect(driver.all('error')).toEqual([])
    driver.append(new Uint8Array(15 * 1024 * 1024 + 6))
    expect(driver.lastError()).toEqual({ code: 'string_above_max_length', param: 'audio' })
  })

  it('acknowledges nothing that it takes', () => {
    const driver = withTurns(null)
    driver.speak(1000)
    expect(driver.take()).toEqual([])
  })
})
