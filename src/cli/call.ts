import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { readControl } from '../app.ts'
import { speechLine } from './show-call.ts'

const usage = 'Usage: npm run call -- --scenario NAME | --wav FILE'

const { values } = parseArgs({ options: { scenario: { type: 'string' }, wav: { type: 'string' } } })
process.exitCode = await ring(values)

/** Rings a running rehearsal and shows the call; answers with an exit code. */
async function ring(wanted: { readonly scenario?: string; readonly wav?: string }): Promise<number> {
  if ((wanted.scenario === undefined) === (wanted.wav === undefined)) return fail(usage, 64)
  const control = await readControl()
  if (!control) return fail('No rehearsal is running: start one with npm start, without keys', 69)
  const url = new URL('/ring', control.url)
  if (wanted.scenario !== undefined) url.searchParams.set('scenario', wanted.scenario)
  const body = wanted.wav === undefined ? null : await readFile(wanted.wav)
  const headers = { authorization: `Bearer ${control.key}` }
  const response = await fetch(url, { method: 'POST', headers, body }).catch(() => undefined)
  if (!response?.body) return fail('The rehearsal does not answer: start it anew with npm start', 69)
  if (!response.ok) return fail(messageOf(await response.text()), 65)
  const shown = new Map<number, string>()
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) show(line, shown)
  }
  return 0
}

function show(line: string, shown: Map<number, string>): void {
  const entry = JSON.parse(line) as { kind: string; folder?: string } & Parameters<typeof speechLine>[0]
  if (entry.kind !== 'turn') {
    console.log(`\nEnded. ${entry.folder ?? ''}`)
    return
  }
  const text = speechLine(entry)
  if (text === undefined || shown.get(entry.seq) === text) return
  shown.set(entry.seq, text)
  console.log(text)
}

function messageOf(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) return String(parsed.message)
  } catch {
    // Not JSON: the text itself is the best there is.
  }
  return text
}

function fail(sentence: string, code: number): number {
  console.error(sentence)
  return code
}
