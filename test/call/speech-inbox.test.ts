import { describe, expect, it } from 'vitest'
import { type Circumstances, SpeechInbox, type Told } from '../../src/call/speech-inbox.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'

const atMs = 0
const responseId = 'resp_1'
const reply = { responseId, itemId: 'item_1', atMs } as const
const words = { kind: 'callerTranscript', itemId: 'turn_1', text: 'Yes.', final: true, atMs } as const
const begins = { kind: 'responseStarted', responseId, atMs } as const
const started = { kind: 'replyStarted', ...reply } as const
const word = { kind: 'replyText', ...reply, text: 'Well', final: false } as const
const sounds = { kind: 'replySounding', ...reply, deltaAtMs: 0 } as const
const ends = { kind: 'responseDone', responseId, status: 'cancelled', retryable: false, atMs } as const
const speaks = { kind: 'speechStarted', itemId: 'turn_2', atMs } as const
const pauses = { kind: 'speechStopped', itemId: 'turn_2', atMs } as const

function start(own: Partial<Circumstances> = {}) {
  const clock = new VirtualClock()
  const seen: string[] = []
  const next: { do?: () => void } = {}
  const inbox = new SpeechInbox({
    clock,
    call: {
      mayAnythingWait: () => true,
      isWanted: () => true,
      silence: (event) => {
        seen.push('silence')
        return { event: { ...event, heard: [] }, isSilenced: true }
      },
      onThrown: (error) => void seen.push(String(error)),
      ...own,
    },
    take: (event, isSilenced) => {
      seen.push(isSilenced ? `${event.kind} after silence` : event.kind)
      next.do?.()
    },
  })
  const post = (...events: readonly Told[]) => events.forEach((event) => inbox.post(event))
  return { clock, seen, inbox, post, next }
}

describe('SpeechInbox', () => {
  it('lets what stands before a sound wait, and takes it in order within 20 ms', () => {
    const { clock, seen, post } = start()
    clock.advance(7)
    post(words, begins, started, word, sounds, word)
    expect(seen).toEqual([])
    clock.advance(12)
    expect(seen).toEqual([])
    clock.advance(1)
    expect(seen).toEqual([words, begins, started, word, sounds, word].map(({ kind }) => kind))
    expect(clock.pendingTimers()).toBe(0)
  })

  it('silences first, and takes the interruption and the end of the reply later', () => {
    const { clock, seen, post } = start()
    post(speaks, ends)
    expect(seen).toEqual(['silence'])
    clock.advance(20)
    expect(seen).toEqual(['silence', 'speechStarted after silence', 'responseDone'])
  })

  it('takes what waits before it asks for silence: it may be what is to be silenced', () => {
    const { seen, post } = start()
    post(begins, sounds, speaks)
    expect(seen).toEqual(['responseStarted', 'replySounding', 'silence'])
  })

  it('lets nothing wait that silences nobody', () => {
    const { clock, seen, post } = start({
      silence: (event) => ({ event: { ...event, heard: [] }, isSilenced: false }),
    })
    post(speaks, ends)
    expect(seen).toEqual(['speechStarted', 'responseDone'])
    expect(clock.pendingTimers()).toBe(0)
  })

  it('takes everything else at once, behind what waits', () => {
    const { seen, post } = start()
    post(sounds, pauses)
    expect(seen).toEqual(['replySounding', 'speechStopped'])
    post(word, ends)
    expect(seen.slice(2)).toEqual(['replyText', 'responseDone'])
  })

  it('takes a response that is not wanted at once, before its audio comes', () => {
    const { seen, post } = start({ isWanted: () => false })
    post(words, begins)
    expect(seen).toEqual(['callerTranscript', 'responseStarted'])
  })

  it('asks whether a response is wanted only when nothing waits that could change it', () => {
    const { seen, post } = start()
    post(speaks, begins)
    expect(seen).toEqual(['silence', 'speechStarted after silence', 'responseStarted'])
  })

  it('lets nothing wait where every word may count', () => {
    const { clock, seen, post } = start({ mayAnythingWait: () => false })
    post(words, begins, sounds, speaks)
    expect(seen).toEqual([
      'callerTranscript',
      'responseStarted',
      'replySounding',
      'silence',
      'speechStarted after silence',
    ])
    expect(clock.pendingTimers()).toBe(0)
  })

  it('lets 32 wait at most', () => {
    const { seen, post } = start()
    post(...Array.from({ length: 32 }, () => sounds))
    expect(seen).toHaveLength(0)
    post(sounds)
    expect(seen).toHaveLength(33)
  })

  it('settles on demand, and not while it hands over: what waits must not overtake', () => {
    const { seen, inbox, post, next } = start()
    post(begins, sounds)
    next.do = () => inbox.settle()
    inbox.settle()
    expect(seen).toEqual(['responseStarted', 'replySounding'])
    post(pauses)
    expect(seen).toHaveLength(3)
  })

  it('goes on after an event that could not be taken', () => {
    const { seen, inbox, post, next } = start()
    post(begins, sounds)
    next.do = () => {
      throw new Error('not taken')
    }
    expect(() => inbox.settle()).toThrow('not taken')
    delete next.do
    inbox.settle()
    expect(seen).toEqual(['responseStarted', 'replySounding'])
  })

  it('tells of what is thrown when nobody is there to catch it', () => {
    const { clock, seen, post, next } = start()
    post(sounds)
    next.do = () => {
      throw new Error('not taken')
    }
    clock.advance(20)
    expect(seen).toEqual(['replySounding', 'Error: not taken'])
  })

  it.each([speaks, pauses])('tells nothing more once what waited has ended the session: $kind', (event) => {
    const { seen, inbox, post, next } = start()
    post(begins, ends)
    next.do = () => {
      if (seen.length === 2) inbox.clear()
    }
    post(event)
    expect(seen).toEqual(['responseStarted', 'responseDone'])
  })

  it('lets nothing wait of a call that silence has ended', () => {
    const ended: { inbox?: SpeechInbox } = {}
    const { clock, seen, inbox, post } = start({
      silence: (event) => {
        ended.inbox?.clear()
        return { event: { ...event, heard: [] }, isSilenced: true }
      },
    })
    ended.inbox = inbox
    post(speaks)
    expect(clock.pendingTimers()).toBe(0)
    expect(seen).toEqual([])
  })

  it('clear() forgets what waits, and its timer', () => {
    const { clock, seen, inbox, post } = start()
    post(begins, sounds)
    inbox.clear()
    expect(clock.pendingTimers()).toBe(0)
    post(sounds)
    clock.advance(20)
    expect(seen).toEqual(['replySounding'])
  })
})
