import type { Fields } from './signature.ts'
import type { TwimlDocument, Verb } from './twiml.ts'
import { parseTwiml } from './twiml.ts'
import { runConnect } from './verb-connect.ts'
import { runDial } from './verb-dial.ts'
import { runGather } from './verb-gather.ts'
import type { CallStatus, DocumentSource, EndedBy, VerbHost, VerbOutcome, VerbRun } from './verb-host.ts'
import { goTo } from './verb-host.ts'
import { runRecord } from './verb-record.ts'
import { runSound, speak } from './verb-say.ts'
import { XmlError } from './xml.ts'

/** A document that redirects to itself must not run for ever. */
const MOST_DOCUMENTS = 200
const APOLOGY = 'We are sorry, an application error has occurred. Goodbye.'

type Fetched =
  | { readonly ok: true; readonly document: TwimlDocument; readonly url: string | undefined }
  | { readonly ok: false; readonly errorCode: number; readonly reason: string }

/** How the documents of a call came to their end; `aborted` when something else has taken over. */
export type RunEnd =
  | { readonly kind: 'aborted' }
  | { readonly kind: 'ended'; readonly endedBy: EndedBy; readonly status: CallStatus }

/**
 * Runs documents one after another until one ends the call. A document that cannot be had or read is replaced by
 * that of the fallback URL, told ErrorCode and ErrorUrl; without one the caller hears an apology and the call ends.
 */
export async function runDocuments(
  host: VerbHost,
  first: DocumentSource,
  signal: AbortSignal,
): Promise<RunEnd> {
  let source = first
  for (let count = 0; count < MOST_DOCUMENTS; count++) {
    const fetched = await fetchWithFallback(host, source)
    if (signal.aborted) return { kind: 'aborted' }
    const run: VerbRun = { host, signal, documentUrl: fetched.ok ? fetched.url : undefined }
    const outcome: VerbOutcome = fetched.ok
      ? await runVerbs(run, fetched.document.verbs)
      : { kind: 'failed', ...fetched }
    if (signal.aborted) return { kind: 'aborted' }
    switch (outcome.kind) {
      case 'document':
        source = outcome.source
        break
      case 'next':
        return { kind: 'ended', endedBy: 'twiml', status: 'completed' }
      case 'end':
        return { kind: 'ended', endedBy: outcome.endedBy, status: outcome.status }
      case 'failed':
        return await apologise(run, outcome)
    }
  }
  return await apologise(
    { host, signal, documentUrl: undefined },
    { errorCode: 12_000, reason: `More than ${MOST_DOCUMENTS} documents in one call` },
  )
}

async function apologise(
  run: VerbRun,
  failure: { readonly errorCode: number; readonly reason: string },
): Promise<RunEnd> {
  run.host.trouble(failure.errorCode, failure.reason)
  await speak(run, 'error', APOLOGY)
  return run.signal.aborted
    ? { kind: 'aborted' }
    : { kind: 'ended', endedBy: 'webhookFailed', status: 'completed' }
}

async function fetchWithFallback(host: VerbHost, source: DocumentSource): Promise<Fetched> {
  const fetched = await fetchDocument(host, source, 'voice')
  if (fetched.ok || !host.fallback || !host.isLive()) return fetched
  host.trouble(fetched.errorCode, fetched.reason)
  const fields: Fields = [
    ...(source.kind === 'url' ? source.fields : []),
    ['ErrorCode', `${fetched.errorCode}`],
    ['ErrorUrl', source.kind === 'url' ? source.url : ''],
  ]
  return await fetchDocument(host, { kind: 'url', ...host.fallback, fields }, 'fallback')
}

async function fetchDocument(
  host: VerbHost,
  source: DocumentSource,
  purpose: 'voice' | 'fallback',
): Promise<Fetched> {
  if (source.kind === 'inline') return parseDocument(host, source.twiml, undefined)
  const { url, method } = source
  const fields = host.fields(source.fields)
  const result = await host.world.sendWebhook({ purpose, url, method, fields, callSid: host.sid })
  if (!result.ok) return result
  if (!/^(text|application)\/xml\b/i.test(result.contentType)) {
    return {
      ok: false,
      errorCode: 12_300,
      reason: `Content type is ${result.contentType || 'missing'}, not XML`,
    }
  }
  return parseDocument(host, result.body, url)
}

function parseDocument(host: VerbHost, text: string, url: string | undefined): Fetched {
  try {
    const document = parseTwiml(text)
    for (const warning of document.warnings) host.trouble(12_200, warning)
    return { ok: true, document, url }
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    return { ok: false, errorCode: 12_100, reason: error.message }
  }
}

async function runVerbs(run: VerbRun, verbs: readonly Verb[]): Promise<VerbOutcome> {
  for (const [index, verb] of verbs.entries()) {
    const outcome = await runVerb(run, verb, index === 0)
    if (run.signal.aborted || outcome.kind !== 'next') return outcome
  }
  return { kind: 'next' }
}

async function runVerb(run: VerbRun, verb: Verb, isFirst: boolean): Promise<VerbOutcome> {
  switch (verb.kind) {
    case 'say':
    case 'play':
    case 'pause':
      await runSound(run, verb)
      return { kind: 'next' }
    case 'connect':
      return await runConnect(run, verb)
    case 'gather':
      return await runGather(run, verb)
    case 'record':
      return await runRecord(run, verb)
    case 'dial':
      return await runDial(run, verb)
    case 'redirect':
      return goTo(run, { url: verb.url, method: verb.method }, [])
    case 'reject':
      return reject(run, verb.reason, isFirst)
    case 'hangup':
      return { kind: 'end', endedBy: 'twiml', status: 'completed' }
  }
}

/** A call can be rejected only before anything else has happened to it. */
function reject(run: VerbRun, reason: 'rejected' | 'busy', isFirst: boolean): VerbOutcome {
  if (isFirst && !run.host.isAnswered()) {
    return { kind: 'end', endedBy: 'rejected', status: reason === 'busy' ? 'busy' : 'no-answer' }
  }
  run.host.trouble(12_200, '<Reject> is not the first verb of an incoming call')
  return { kind: 'next' }
}
