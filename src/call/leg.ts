import { probeDoubted } from './doubt.ts'
import { giveUpModel } from './ending.ts'
import type { CallEvent, Heard } from './event.ts'
import { fillerSaid } from './filler.ts'
import { withoutFloor } from './floor.ts'
import { rotationTimer } from './rotation.ts'
import { interrupt, playClip, playOwed, withTurns } from './sounding.ts'
import { type CallState, chain, isSounding, isWorking, type Step, unchanged, withFloor } from './state.ts'
import { awaitsCallerText, breakOff, giveUpLost, hasLost } from './transcript.ts'
import { AFTER_SILENCE_MS, due, notDue, oweResumption } from './waiting.ts'

/** A caller waits no longer for what becomes of the call: a flood that would take longer to hear is cut off. */
const MOST_QUEUED_MS = 12_000

/** A provider tells of a turn in what it was sent at once within this. */
const LISTENING_MS = 500

type Of<Kind extends CallEvent['kind']> = Extract<CallEvent, { kind: Kind }>

/** The session agreed: audio flows. Before the provider ends it, another one takes its place. */
export function onSessionReady(state: CallState, event: Of<'sessionReady'>): Step {
  const listening = event.spokenTo === true && state.replyOwed !== undefined
  const agreed: CallState = {
    ...state,
    session: 'ready',
    leg: { ...state.leg, rotation: 'none', listening },
  }
  const timers: Step['effects'] = listening
    ? [...rotationTimer(state, event.lastsMs), { kind: 'setTimer', name: 'listened', delayMs: LISTENING_MS }]
    : rotationTimer(state, event.lastsMs)
  return chain(agreed, (now) => ({ state: now, effects: timers }), probeDoubted)
}

/** A session that has found no turn by now will not: what is owed is asked for. */
export function onListened(state: CallState): Step {
  return unchanged({ ...state, leg: { ...state.leg, listening: false } })
}

/** The session is gone: another one is dialled where that can help, and what was owed to the caller stays owed. */
export function onSessionLost(state: CallState, event: Of<'sessionLost'>): Step {
  const log = { kind: 'log', level: 'warn', event: 'modelLost', fields: { code: event.code } } as const
  const goesOn = state.phase === 'live' || (state.phase === 'ringing' && event.retryable)
  const step = chain(
    state,
    (now) => withoutSession(now, event.heard),
    (now) => withoutFlood(now, event),
    (now) => (goesOn ? redial(now, event) : unchanged(now)),
  )
  return { state: step.state, effects: [log, ...step.effects] }
}

/** Audio that a session flooded the call with is not what a caller is to hear for a minute: the next thing comes now. */
function withoutFlood(state: CallState, { code, heard, atMs }: Of<'sessionLost'>): Step {
  const unheardMs = heard.reduce((sum, one) => sum + one.sentMs - one.heardMs, 0)
  if (state.phase !== 'live' || code !== 'flooded' || unheardMs <= MOST_QUEUED_MS) return unchanged(state)
  return chain(
    state,
    (now) => {
      const quiet = interrupt(now, heard)
      // The session that would have to be told how much was heard is gone; the next one is told by the record.
      const effects = quiet.effects.filter(({ kind }) => kind !== 'truncateReply')
      // Also where the reply had come to its end: the caller did not hear it. An open turn is answered by itself.
      return { state: quiet.state.leg.turnOpen ? quiet.state : oweResumption(quiet.state), effects }
    },
    (now) => playOwed(now, atMs),
  )
}

/**
 * What only the session could have ended is over with it. What is being played is played to its end: the caller is to
 * notice as little as possible. A turn that was not understood is told to the next session as sound, and that one
 * answers it by itself; any other reply that was due has to be asked for.
 */
export function withoutSession(state: CallState, heard: readonly Heard[]): Step {
  const { turns, leg } = state
  const turnOpen = turns.callerSpeaking || turns.committing || awaitsCallerText(state.transcript)
  const midReply = turns.replies.some((reply) => !reply.dropped)
  const owed = midReply || turns.replyDue === 'asked'
  const broken = breakOff(state.transcript, { midReply, heard })
  const lost: CallState = {
    ...state,
    session: 'closed',
    leg: {
      ...leg,
      rotation: 'none',
      listening: false,
      turnOpen: turnOpen || leg.turnOpen,
      doubted: turnOpen || leg.doubted,
    },
    turns: { ...turns, replies: [], callerSpeaking: false, committing: false },
  }
  const owes = state.phase === 'detached' || (state.phase === 'live' && owed && !turnOpen)
  const silent = withoutFloor(lost)
  return withTurns(owes ? oweResumption(silent) : silent, broken)
}

function redial(state: CallState, event: Of<'sessionLost'>): Step {
  const { leg, rules } = state
  const delayMs = rules.redialDelaysMs[leg.tries]
  if (!event.retryable || delayMs === undefined || leg.losses >= rules.maxLosses) {
    return state.phase === 'live' ? giveUpModel(state, event.atMs) : unchanged(state)
  }
  return {
    state: { ...state, leg: { ...leg, tries: leg.tries + 1, losses: leg.losses + 1 } },
    // Spread by a quarter either way: calls that lost their sessions together do not dial together.
    effects: [{ kind: 'setTimer', name: 'redial', delayMs: delayMs * (0.75 + event.chance / 2) }],
  }
}

/** The pause before the next try is over. */
export function onRedial(state: CallState): Step {
  const wanted = state.phase === 'live' || state.phase === 'ringing'
  return wanted && state.session === 'closed' ? dial(state, wasHeard(state)) : unchanged(state)
}

/** Dials a session; one that comes before anything was said knows nothing of the call. */
export function dial(state: CallState, resumed: boolean): Step {
  return { state: { ...state, session: 'opening' }, effects: [{ kind: 'openSession', resumed }] }
}

/**
 * No reply was heard in time: first a sentence that asks for patience, then the model counts as lost. While a tool
 * runs it is not the model that is waited for; tools have a deadline of their own.
 */
export function onReplyOverdue(state: CallState, event: Of<'timer'>): Step {
  if (state.phase !== 'live' || !state.turns.replyDue) return unchanged(state)
  // These words were taken for those that the model is late to tell of, and are new ones.
  if (state.turns.callerSpeaking) return notDue(state)
  const patience = (now: CallState) => chain(now, fillerSaid, (then) => playClip(then, 'hold', event.atMs))
  // What has not begun by now need not come: a question does not wait for it any longer.
  if (event.name === 'hold') return patience(withFloor(state, { isReplyComing: false }))
  if (!isWorking(state)) {
    return event.name === 'decision' ? giveUpModel(state, event.atMs) : redialSilent(state, event)
  }
  // When the tool ends, a reply is due anew.
  if (event.name === 'decision') return unchanged(state)
  return chain(state, patience, (now) => ({
    state: now,
    effects: [{ kind: 'setTimer', name: 'silentModel', delayMs: state.rules.silentModelMs }],
  }))
}

/** A reply was due and the open session let the caller wait: it counts as lost, once; the next one is the last. */
function redialSilent(state: CallState, { heard, atMs }: Of<'timer'>): Step {
  const { leg } = state
  const again = { kind: 'setTimer', name: 'silentModel', delayMs: AFTER_SILENCE_MS } as const
  if (leg.silent || leg.losses >= state.rules.maxLosses) return giveUpModel(state, atMs)
  const silent = { ...state, leg: { ...leg, silent: true, losses: leg.losses + 1 } }
  // A session that is being dialled already is given the rest of its time.
  if (state.session !== 'ready') return { state: silent, effects: [again] }
  const lost = withoutSession(silent, heard)
  const dialled = dial(
    leg.doubted || lost.state.leg.turnOpen ? lost.state : oweResumption(lost.state),
    wasHeard(state),
  )
  return {
    state: dialled.state,
    effects: [
      { kind: 'log', level: 'warn', event: 'modelLost', fields: { code: 'silent' } },
      { kind: 'closeSession', reason: 'silent' },
      ...lost.effects,
      ...dialled.effects,
      again,
    ],
  }
}

function wasHeard({ everLive, replyOwed }: CallState): boolean {
  return everLive && replyOwed !== 'greeting'
}

/** The model was heard: what went wrong before is forgiven. */
export function legWorks(state: CallState): Step {
  const { leg } = state
  // Also where the next session told of one turn of several: the others will not come any more.
  const lost = hasLost(state.transcript)
  if (leg.tries === 0 && !leg.silent && !leg.turnOpen && !lost) return unchanged(state)
  const works = { ...state, leg: { ...leg, tries: 0, silent: false, turnOpen: false } }
  return lost ? withTurns(works, giveUpLost(state.transcript)) : unchanged(works)
}

/** While there is no session and something is owed, the caller does not wait without a bound. */
export function watchLeg(state: CallState): Step {
  const { phase, session, turns, replyOwed, leg } = state
  const owed = replyOwed !== undefined || leg.turnOpen || leg.doubted
  const silent = phase === 'live' && session !== 'ready' && !turns.callerSpeaking && !isSounding(state)
  return silent && owed && !turns.replyDue ? due(state, 'working') : unchanged(state)
}
