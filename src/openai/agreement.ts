import type { RealtimeSessionCreateRequest } from 'openai/resources/realtime/realtime'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import { jsonField } from './json-field.ts'

/** What the provider's session differs in from the one that was asked, as paths without values. */
export type SessionComparison = {
  /** The call must not begin: the caller would meet another agent, or noise. */
  readonly disagreements: readonly string[]
  /** Worth knowing, not worth silence. */
  readonly differences: readonly string[]
}

/**
 * Compares the session that `session.updated` echoes with the one that was asked. Both formats, the voice, the turn
 * detection with every value we set, the tools' names and the instructions must agree; all else is a difference.
 * @param echoed the `session` object of the event, unchecked
 */
export function compareSession(asked: RealtimeSessionCreateRequest, echoed: unknown): SessionComparison {
  return {
    disagreements: [
      ...unequal(asked, echoed, ['audio', 'input', 'format']),
      ...unequal(asked, echoed, ['audio', 'output', 'format']),
      ...(sameVoice(asked, echoed) ? [] : ['audio.output.voice']),
      ...turnDisagreements(asked, echoed),
      ...(sameTools(asked, echoed) ? [] : ['tools']),
      ...(jsonField(echoed, 'instructions') === asked.instructions ? [] : ['instructions']),
    ],
    differences: [
      ...unequal(asked, echoed, ['output_modalities']),
      ...unequal(asked, echoed, ['audio', 'input', 'noise_reduction']),
      ...unequal(asked, echoed, ['audio', 'input', 'transcription']),
      ...unequal(asked, echoed, ['audio', 'output', 'speed']),
      ...unequal(asked, echoed, ['tool_choice']),
      ...unequal(asked, echoed, ['max_output_tokens']),
      ...unequal(asked, echoed, ['truncation']),
      ...unequal(asked, echoed, ['tracing']),
      ...(asked.reasoning ? unequal(asked, echoed, ['reasoning']) : []),
      ...(asked.parallel_tool_calls === undefined ? [] : unequal(asked, echoed, ['parallel_tool_calls'])),
    ],
  }
}

/** Compares a later echo of a session that once agreed: what it leaves out has not changed. */
export function compareLater(asked: RealtimeSessionCreateRequest, echoed: unknown): SessionComparison {
  return compareSession(asked, Object.assign({}, asked, echoed))
}

/** Counts and logs what was found to be unlike. */
export function reportSession(
  { disagreements, differences }: SessionComparison,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): void {
  if (differences.length > 0) {
    metrics.count('protocol_faults_total', { source: 'openai', reason: 'sessionDiffers' }, differences.length)
    log.event('warn', 'sessionDiffers', { missing: differences })
  }
  if (disagreements.length > 0) {
    metrics.count('protocol_faults_total', { source: 'openai', reason: 'sessionDisagrees' })
    log.event('error', 'sessionDisagrees', { missing: disagreements })
  }
}

function turnDisagreements(asked: RealtimeSessionCreateRequest, echoed: unknown): string[] {
  const path = ['audio', 'input', 'turn_detection']
  const eagerness = [...path, 'eagerness']
  // The documentation calls auto "equivalent to medium": either name may come back.
  const isMedium = (session: unknown) => /^(auto|medium)$/.test(String(jsonField(session, ...eagerness)))
  const sameEagerness = isMedium(asked) && isMedium(echoed)
  return unequal(asked, echoed, path).filter((found) => !(sameEagerness && found === eagerness.join('.')))
}

function sameVoice(asked: RealtimeSessionCreateRequest, echoed: unknown): boolean {
  return voiceName(asked) === voiceName(echoed)
}

/** A custom voice may come back as its object or as its bare id. */
function voiceName(session: unknown): unknown {
  const voice = jsonField(session, 'audio', 'output', 'voice')
  return jsonField(voice, 'id') ?? voice
}

function sameTools(asked: RealtimeSessionCreateRequest, echoed: unknown): boolean {
  const [wanted, got] = [toolNames(asked), toolNames(echoed)]
  return wanted.size === got.size && wanted.isSubsetOf(got)
}

function toolNames(session: unknown): ReadonlySet<unknown> {
  const tools = jsonField(session, 'tools')
  return new Set(Array.isArray(tools) ? tools.map((tool) => jsonField(tool, 'name')) : [])
}

/** Paths below `path` whose asked value does not come back. Fields that only the echo has are no matter. */
function unequal(asked: unknown, echoed: unknown, path: readonly string[]): string[] {
  const want = jsonField(asked, ...path) ?? null
  const got = jsonField(echoed, ...path) ?? null
  if (typeof want === 'object' && want !== null && typeof got === 'object' && got !== null) {
    return Object.keys(want).flatMap((name) => unequal(asked, echoed, [...path, name]))
  }
  // Fractions may have been through 32-bit floats on the other side.
  const close = typeof want === 'number' && typeof got === 'number' && Math.abs(want - got) < 1e-6
  return close || want === got ? [] : [path.join('.')]
}
