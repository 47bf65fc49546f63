import type { ReplyRequest } from '../ports/speech.ts'
import type { CallParts } from './call-parts.ts'
import type { Effect } from './effect.ts'

type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

/** The one place where a call touches the world: it does what a step asks for, and decides nothing. */
export class Performer {
  readonly #parts: CallParts
  readonly #finish: (effect: Of<'finish'>) => void
  #hangUpOrdered = false

  /** @param finish completes the call; the record and the registry are its matter */
  constructor(parts: CallParts, finish: (effect: Of<'finish'>) => void) {
    this.#parts = parts
    this.#finish = finish
  }

  /** @param eventAtMs when the event arrived that led to this */
  perform(effect: Effect, eventAtMs: number): void {
    const { media, line, timers, tools, gate, recorder, history, stream, log, ports } = this.#parts
    switch (effect.kind) {
      case 'playClip':
        return this.#playClip(effect)
      case 'clearPlayback':
        return this.#clearPlayback(eventAtMs)
      case 'dropReply':
        return media.drop(effect.responseId)
      case 'truncateReply':
        log.event('info', 'truncated', { itemId: effect.itemId, heardMs: effect.heardMs })
        return line.current()?.truncate(effect.itemId, effect.heardMs)
      case 'cancelReply':
        return line.current()?.cancelReply(effect.responseId)
      case 'requestReply':
        return line.current()?.requestReply({ purpose: effect.purpose })
      case 'say':
        return line.current()?.requestReply(exactly(effect))
      case 'tellModel':
        return tools.told(effect.outcomes)
      case 'endGate':
        return gate.end(effect.reason)
      case 'openSession':
        return line.open(effect.resumed)
      case 'openNext':
        return line.openNext()
      case 'switchSession':
        return this.#switchSession()
      case 'closeSession':
        return this.#closeSession(effect.reason)
      case 'probeSession':
        return line.current()?.probe()
      case 'forgetCaller':
        return media.forgetCaller(effect.turnIsOpen)
      case 'padSilence':
        return media.padSilence(effect.ms)
      case 'runTool':
        return ports.background('tool', tools.run(effect))
      case 'answerTool':
        return tools.answer(effect)
      case 'setTimer':
        return timers.set(effect.name, effect.delayMs)
      case 'cancelTimer':
        return timers.cancel(effect.name)
      case 'recordTurn':
        history.turn(effect.turn)
        return recorder.turn(effect.turn)
      case 'observe':
        return ports.metrics.observe(effect.name, effect.valueMs)
      case 'log':
        return log.event(effect.level, effect.event, effect.fields)
      case 'closeStream':
        return stream.leave(effect.reason)?.close(effect.code, effect.reason)
      case 'hangUp':
        return this.hangUp()
      case 'finish':
        return this.#finish(effect)
    }
  }

  /** Orders the hang-up at the network, once, whoever asks. */
  hangUp(): void {
    if (this.#hangUpOrdered) return
    this.#hangUpOrdered = true
    this.#parts.ports.background('hangUp', this.#hangUp())
  }

  /** Throws away what is queued for the caller; the gate has still to be told. */
  silence(eventAtMs: number): void {
    const { playback, media, ports } = this.#parts
    playback.clear()
    media.cleared()
    ports.metrics.count('interruptions_total')
    ports.metrics.observe('barge_in_clear_ms', this.#parts.nowMs() - eventAtMs)
  }

  async #hangUp(): Promise<void> {
    const { ports, plan, post } = this.#parts
    const outcome = await ports.telephony.hangUp(plan.callSid)
    const code = outcome.ok ? {} : { code: outcome.code }
    const { heard, atMs } = { heard: this.#parts.heard(), atMs: this.#parts.nowMs() }
    post({ kind: 'hangUpDone', ok: outcome.ok, ...code, heard, atMs })
  }

  #playClip({ sentence, clipId }: Of<'playClip'>): void {
    const { playback, ports, plan, log, post } = this.#parts
    const atMs = this.#parts.nowMs()
    const utterance = { kind: 'clip', clipId, sentence } as const
    const { ulaw } = ports.promptAudio.clip(sentence, plan.language)
    log.event('info', 'sentencePlayed', { name: sentence })
    if (playback.send(utterance, ulaw, atMs)) return playback.complete(utterance, atMs)
    // Nothing can be played any more: the sentence counts as over, so that nobody waits for it.
    post({ kind: 'utteranceHeard', utterance, heardMs: 0, quiet: true, atMs })
  }

  #clearPlayback(eventAtMs: number): void {
    this.silence(eventAtMs)
    this.#parts.gate.cleared()
  }

  #switchSession(): void {
    const { media, line } = this.#parts
    media.sessionGone()
    const session = line.switch()
    if (session) media.sessionReady(session)
  }

  #closeSession(reason: string): void {
    const { media, line, gate, playback, inbox } = this.#parts
    inbox.clear()
    media.sessionGone()
    line.close(reason)
    gate.end('modelLost')
    playback.completeReplies(undefined, this.#parts.nowMs())
  }
}

/** The order to say words of ours and no others. They hold no double quotes. */
function exactly({ id, purpose, text }: Of<'say'>): ReplyRequest {
  const instructions = `Say exactly this and nothing else: "${text}"`
  return { id, purpose, instructions, toolChoice: 'none' }
}
