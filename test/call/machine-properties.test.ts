import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Effect } from '../../src/call/effect.ts'
import type { Heard } from '../../src/call/event.ts'
import { step } from '../../src/call/machine.ts'
import { initialState } from '../../src/call/state.ts'
import { rules } from './support/rules.ts'
import { must, type Timeless, World } from './support/world.ts'

type Act = (world: World) => void

const reply: Act = (world) => {
  if (!world.ready || !world.sessionOpen) return
  const responseId = world.id('resp')
  world.replies.add(responseId)
  world.feed({ kind: 'responseStarted', responseId })
}

const audio: Act = (world) => {
  const responseId = [...world.replies].at(-1)
  const known = world.state.turns.replies.find((one) => one.responseId === responseId)
  if (responseId === undefined || !known || known.dropped) return
  const itemId = world.id('item')
  world.feed({ kind: 'replyStarted', responseId, itemId })
  world.feed({ kind: 'replyText', responseId, itemId, text: 'Some words. ', final: false })
  world.send({ kind: 'reply', itemId, responseId }, 3_000)
}

function replyDone(status: 'completed' | 'cancelled' | 'failed' | 'incomplete', retryable = true): Act {
  return (world) => {
    const responseId = [...world.replies].at(-1)
    if (responseId === undefined) return
    world.replies.delete(responseId)
    world.complete(responseId)
    world.feed({ kind: 'responseDone', responseId, status, retryable })
  }
}

const speak: Act = (world) => {
  if (!world.ready) return
  const itemId = world.id('turn')
  world.feed({ kind: 'speechStarted', itemId, heard: world.heard() })
  if (world.atMs % 3 === 0) return
  world.pass(700)
  world.feed({ kind: 'speechStopped', itemId })
  world.feed({ kind: 'turnCommitted', itemId })
}

const stopSpeaking: Act = (world) => {
  if (!world.ready || !world.state.turns.callerSpeaking) return
  const itemId = world.id('turn')
  world.feed({ kind: 'speechStopped', itemId })
  world.feed({ kind: 'turnCommitted', itemId })
  world.feed({ kind: 'callerTranscript', itemId, text: 'Hello', final: true })
}

function tool(next?: 'endCall'): Act {
  return (world) => {
    const responseId = [...world.replies].at(-1)
    if (responseId === undefined) return
    const callId = world.id('call')
    const before = world.count('runTool')
    world.feed({ kind: 'toolRequested', responseId, callId, name: 'x', arguments: '{}' })
    if (world.count('runTool') === before) return
    world.pass(next ? 10 : 4_000)
    world.feed({
      kind: 'toolFinished',
      callId,
      outcome: { status: 'done', output: '{}', ...(next && { next }) },
    })
  }
}

const acts: Readonly<Record<string, Act>> = {
  attach: (world) => {
    if (world.attached || !['ringing', 'detached', 'hangingUp'].includes(world.state.phase)) return
    world.attached = true
    world.feed({ kind: 'streamStarted', streamSid: world.id('MZ'), sessionAlive: world.sessionOpen })
  },
  ready: (world) => {
    if (!world.sessionOpen || world.ready) return
    world.ready = true
    world.feed({ kind: 'sessionReady', sessionId: world.id('sess'), lastsMs: 20_000 })
  },
  lose: (world) => {
    if (!world.sessionOpen) return
    const heard = world.heard()
    world.sessionOpen = false
    world.ready = false
    world.replies.clear()
    const chance = (world.atMs % 10) / 10
    world.feed({ kind: 'sessionLost', code: '1006', retryable: world.atMs % 4 > 0, heard, chance })
    if (!world.sessionOpen) world.loseSession()
  },
  nextReady: (world) => {
    if (world.next !== 'opening') return
    world.next = 'ready'
    world.feed({ kind: 'nextReady', lastsMs: 20_000 })
  },
  nextLost: (world) => {
    if (world.next === 'none') return
    world.next = 'none'
    world.feed({ kind: 'nextLost', code: '1006' })
  },
  breakOff: (world) => world.end('closed'),
  stop: (world) => world.end('stop'),
  mediaSilence: (world) => world.end('mediaSilence'),
  completed: (world) => world.feed({ kind: 'statusChanged', status: 'completed', heard: world.heard() }),
  hangUpDone: (world) => {
    if (world.count('hangUp') > 0) world.feed({ kind: 'hangUpDone', ok: true, heard: world.heard() })
  },
  shutdown: (world) => world.feed({ kind: 'shutdown', heard: world.heard() }),
  cutOff: (world) => {
    const { phase } = world.state
    world.feed({ kind: 'cutOff', heard: world.heard() })
    must(world.state.phase === 'over', 'a call that is cut off is over')
    const isGone = phase === 'wrapUp' || phase === 'over'
    must(isGone || world.count('hangUp') === 1, 'a call that is cut off is hung up')
  },
  speak,
  stopSpeaking,
  reply,
  audio,
  replied: (world) => {
    reply(world)
    audio(world)
    replyDone('completed')(world)
  },
  done: replyDone('completed'),
  cancelled: replyDone('cancelled'),
  failed: replyDone('failed'),
  fatal: replyDone('failed', false),
  tool: tool(),
  endCall: tool('endCall'),
  question: (world) => {
    world.feed({ kind: 'confirmationsMoved', standing: { isOpen: true, isAsking: true, isRunning: false } })
    const saying = { id: world.id('q'), purpose: 'question', text: 'Shall I?' } as const
    world.feed({ kind: 'sayingWanted', saying })
  },
  announcement: (world) => {
    const saying = { id: world.id('say'), purpose: 'announcement', text: world.id('Sorry') } as const
    world.feed({ kind: 'sayingWanted', saying })
  },
  spoken: (world) => {
    const id = world.sayings.shift()
    if (id === undefined || !world.ready) return
    const responseId = world.id('resp')
    world.replies.add(responseId)
    world.feed({ kind: 'responseStarted', responseId, id })
    audio(world)
    replyDone('completed')(world)
  },
  stopped: (world) => {
    const { saying, due } = world.state.floor
    const id = saying?.id ?? due[0]?.id
    if (id !== undefined) world.feed({ kind: 'sayingStopped', id, heard: world.heard() })
  },
  answered: (world) => {
    world.feed({ kind: 'confirmationsMoved', standing: { isOpen: false, isAsking: false, isRunning: true } })
    world.pass(700)
    world.feed({ kind: 'confirmationsMoved', standing: { isOpen: false, isAsking: false, isRunning: false } })
    const told = [{ callId: 'call_1', tool: 'x', status: 'done' }] as const
    world.feed({ kind: 'outcomes', outcomes: { told, brought: [] } })
  },
  murmur: (world) => {
    if (world.attached) world.feed({ kind: 'callerPaused', beganAtMs: world.atMs - 500 })
  },
  answer: (world) => {
    if (!world.ready || !world.probed) return
    world.probed = false
    world.feed({ kind: 'sessionAnswered' })
  },
  key: (world) => world.feed({ kind: 'dtmf', digit: '1' }),
  short: (world) => world.pass(300),
  longer: (world) => world.pass(3_100),
  long: (world) => world.pass(14_000),
}

/** What ends a call is rarer than what happens in one, or few calls would last. */
const endings = new Set(['stop', 'completed', 'shutdown', 'cutOff', 'mediaSilence', 'fatal'])
const anAct = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...Object.keys(acts).filter((name) => !endings.has(name))) },
  { weight: 1, arbitrary: fc.constantFrom(...endings) },
)

describe('step() whatever happens', () => {
  it('every call ends once, is completely recorded, and keeps nobody in silence', { timeout: 30_000 }, () => {
    const lived = new Set<string>()
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.array(anAct, { maxLength: 50, size: 'max' }),
        (greets, begins, script) => {
          const world = new World(greets)
          for (const name of begins ? ['attach', 'ready', ...script] : script) {
            acts[name]?.(world)
            lived.add(world.state.phase)
          }
          // Nothing more comes from outside: timers alone bring every call to its end.
          world.pass(rules.nonceTtlMs + 200_000 + 60_000)
          expect(world.state.phase).toBe('over')
          const open = world.state.transcript.entries.filter((one) => one.speaker === 'agent' && !one.settled)
          expect(open).toEqual([])
        },
      ),
      { seed: 20_261_120, numRuns: 1_000 },
    )
    expect([...lived].toSorted()).toEqual([
      'closing',
      'detached',
      'handedOver',
      'hangingUp',
      'live',
      'over',
      'ringing',
      'wrapUp',
    ])
  })

  it('no order of events breaks it', () => {
    const utterance = { kind: 'reply', itemId: 'item_1', responseId: 'resp_1' } as const
    const heard: readonly Heard[] = [{ utterance, sentMs: 900, heardMs: 300, complete: false }]
    const of = { itemId: 'item_1', responseId: 'resp_1' }
    const anEvent = fc.constantFrom<Timeless>(
      { kind: 'streamStarted', streamSid: 'MZ1', sessionAlive: true },
      { kind: 'streamStarted', streamSid: 'MZ1', sessionAlive: false },
      ...(['stop', 'closed', 'protocolError', 'shutdown'] as const).map(
        (reason) => ({ kind: 'streamEnded', reason, heard }) as const,
      ),
      { kind: 'sessionReady', sessionId: 'sess_1' },
      { kind: 'sessionReady', sessionId: 'sess_2', spokenTo: true },
      { kind: 'sessionLost', code: 'x', retryable: false, heard, chance: 0 },
      { kind: 'sessionLost', code: 'x', retryable: true, heard, chance: 0.9 },
      { kind: 'nextReady' },
      { kind: 'nextLost', code: 'x' },
      { kind: 'callerPaused', beganAtMs: 1 },
      { kind: 'sessionAnswered' },
      { kind: 'speechStarted', itemId: 'item_2', heard },
      { kind: 'speechStopped', itemId: 'item_2' },
      { kind: 'turnCommitted', itemId: 'item_2' },
      { kind: 'callerTranscript', itemId: 'item_2', text: 'Hi', final: true },
      { kind: 'callerTranscriptFailed', itemId: 'item_2', code: 'x' },
      { kind: 'responseStarted', responseId: 'resp_1' },
      { kind: 'replyStarted', ...of },
      { kind: 'replySounding', ...of, deltaAtMs: 1 },
      { kind: 'replyStalled', ...of },
      { kind: 'responseDone', responseId: 'resp_1', status: 'failed', retryable: true },
      { kind: 'firstHeard', utterance },
      { kind: 'utteranceHeard', utterance, heardMs: 900, quiet: true },
      { kind: 'toolRequested', responseId: 'resp_1', callId: 'call_1', name: 'x', arguments: '{}' },
      { kind: 'toolFinished', callId: 'call_1', outcome: { status: 'done', output: '{}', next: 'endCall' } },
      { kind: 'toolFinished', callId: 'call_1', outcome: { status: 'waits', output: '{}', say: 'PIN' } },
      { kind: 'sayingWanted', saying: { id: 'q1', purpose: 'question', text: 'Shall I?' } },
      { kind: 'sayingStopped', id: 'q1', heard },
      { kind: 'responseStarted', responseId: 'resp_2', id: 'q1' },
      { kind: 'responseDone', responseId: 'resp_2', status: 'completed', retryable: false },
      ...[true, false].map(
        (on) =>
          ({ kind: 'confirmationsMoved', standing: { isOpen: on, isAsking: on, isRunning: !on } }) as const,
      ),
      { kind: 'callerProven' },
      { kind: 'outcomes', outcomes: { told: [], brought: [] } },
      { kind: 'eventRefused', code: 'x', id: 'q1' },
      { kind: 'statusChanged', status: 'completed', heard },
      { kind: 'hangUpDone', ok: false, heard },
      { kind: 'shutdown', heard },
      { kind: 'cutOff', heard },
      ...(
        [
          'unclaimed',
          'detachedSession',
          'reattach',
          'idle',
          'hold',
          'filler',
          'question',
          'silentModel',
          'decision',
          'lengthReached',
          'closing',
          'redial',
          'listened',
          'rotate',
          'handedOver',
        ] as const
      ).map((name) => ({ kind: 'timer', name, heard }) as const),
    )
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 80 }), (events) => {
        let state = initialState(rules)
        const did: Effect['kind'][] = []
        for (const [atMs, event] of events.entries()) {
          const next = step(state, { ...event, atMs })
          must(state.phase !== 'over' || next.effects.length === 0, 'nothing is done after the end')
          state = next.state
          did.push(...next.effects.map(({ kind }) => kind))
        }
        expect(did.filter((kind) => kind === 'finish')).toHaveLength(state.phase === 'over' ? 1 : 0)
        expect(did.filter((kind) => kind === 'hangUp').length).toBeLessThanOrEqual(1)
      }),
      { seed: 20_261_121, numRuns: 2_000 },
    )
  })
})
