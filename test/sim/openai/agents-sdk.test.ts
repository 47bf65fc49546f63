import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startFakeOpenAi } from '../../../src/sim/openai/fake-openai.ts'
import type { FakeOpenAi } from '../../../src/sim/openai/fake-openai.ts'
import { tone } from './session-driver.ts'

const KEY = 'sk-rehearsal'

/** What the official client makes of every message: it emits `*` for all and the type only for what it knows. */
class Judge {
  readonly transport = new OpenAIRealtimeWebSocket()
  readonly seen: string[] = []
  readonly known: string[] = []
  readonly errors: unknown[] = []
  readonly #watched = new Set<string>()
  #wake: () => void = () => undefined

  constructor() {
    this.transport.on('error', (error) => this.errors.push(error))
    this.transport.on('*', (event: { type: string }) => {
      this.seen.push(event.type)
      if (!this.#watched.has(event.type)) {
        this.#watched.add(event.type)
        // The typed event follows the general one, so that a listener set here hears the first one too.
        this.transport.on(event.type as 'connected', () => this.known.push(event.type))
      }
      queueMicrotask(() => this.#wake())
    })
  }

  /** Waits until an event of that type has come so many times. */
  async until(type: string, count = 1): Promise<void> {
    while (this.seen.filter((one) => one === type).length < count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
  }
}

function speak(session: RealtimeSession, loudMs: number): void {
  // The default semantic detection takes a second of silence for the end of a turn.
  for (const audio of [tone(loudMs), new Uint8Array(48 * 1100)]) {
    session.sendAudio(audio.buffer.slice(0) as ArrayBuffer)
  }
}

describe('the official agents SDK as a client of startFakeOpenAi()', () => {
  it('understands every event of a spoken turn with a tool call and an interruption', async () => {
    await using fake: FakeOpenAi = await startFakeOpenAi({
      apiKeys: [KEY],
      seed: 'judge',
      scriptFor: () => ({
        extras: 'always',
        hears: ['when do you open on monday', 'no wait'],
        transcription: { when: 'during' },
        replies: [
          { preamble: 'Let me look that up.', calls: [{ name: 'get_hours', arguments: { day: 'monday' } }] },
          { say: 'On Monday we open at eight and close at six in the evening.', audioMs: 20_000 },
          { say: 'Yes, I am listening.' },
        ],
      }),
    })
    const days: string[] = []
    const getHours = tool({
      name: 'get_hours',
      description: 'Opening hours of one day',
      parameters: z.object({ day: z.string() }),
      execute: ({ day }) => {
        days.push(day)
        return '08:00-18:00'
      },
    })
    const judge = new Judge()
    const agent = new RealtimeAgent({
      name: 'bakery',
      instructions: 'Answer the phone of the bakery.',
      tools: [getHours],
    })
    const session = new RealtimeSession(agent, { transport: judge.transport, tracingDisabled: true })
    session.on('error', (error) => judge.errors.push(error))
    await session.connect({ apiKey: KEY, url: `${fake.realtimeUrl}?model=gpt-realtime-2.1` })

    await judge.until('session.updated')
    speak(session, 600)
    await judge.until('response.created', 2)
    await judge.until('response.output_audio.delta', 12)
    speak(session, 400)
    await judge.until('conversation.item.truncated')
    await judge.until('response.done', 3)
    await judge.until('conversation.item.retrieved', 2)
    session.close()

    expect(days).toEqual(['monday'])
    expect(judge.errors).toEqual([])
    expect(judge.seen).not.toContain('error')
    expect(judge.known).toEqual(judge.seen)
    expect(new Set(judge.seen).size).toBe(24)
    const [record] = fake.sessions
    expect(record?.refused).toEqual([])
    expect(record?.responses.map((one) => one.status)).toEqual(['completed', 'cancelled', 'completed'])
    expect(record?.truncations).toHaveLength(1)
    const spoken = record?.transcript.filter((line) => line.role === 'user').map((line) => line.text)
    expect(spoken).toEqual(['when do you open on monday', 'no wait'])
  })
})
