import { readFile, rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { exitCode, fail, runCommand } from './command-line.ts'
import { endingSentence, filesOf, type ShownTurn, speechLine } from './show-call.ts'

const usage = 'Usage: npm run call -- --scenario NAME | --wav FILE'

await runCommand(usage, async () => {
  const { values } = parseArgs({ options: { scenario: { type: 'string' }, wav: { type: 'string' } } })
  const { scenario, wav } = values
  if (scenario !== undefined && wav === undefined) return ring({ scenario, body: null })
  if (wav === undefined || scenario !== undefined) return fail(usage, exitCode.usage)
  const body = await readFile(wav).catch((error: Error) => error)
  return body instanceof Error
    ? fail(`Cannot read ${wav}: ${reasonOf(body)}`, exitCode.noInput)
    : ring({ body })
})

type Wanted = { readonly scenario?: string; readonly body: Buffer<ArrayBuffer> | null }

/** Rings a running rehearsal and shows the call; answers with an exit code. */
async function ring(wanted: Wanted): Promise<number> {
  const response = await firstAnswer(wanted)
  if (!response?.body) {
    return fail('No rehearsal is running: start one with npm start, without keys', exitCode.unavailable)
  }
  if (!response.ok) return fail(messageOf(await response.text()), exitCode.badInput)
  try {
    return await showCall(response.body)
  } catch {
    return fail('The rehearsal went away in the middle of the call', exitCode.unavailable)
  }
}

/** Asks the rehearsal on PORT, or without that the one that was started last; files of dead ones go. */
async function firstAnswer({ scenario, body }: Wanted): Promise<Response | undefined> {
  // Loaded only now, since it brings the whole server along: a wrong command line is answered at once.
  const { readControls } = await import('../app/controls.ts')
  const wantedPort = Number(process.env['PORT'] ?? 0)
  for (const control of await readControls()) {
    if (wantedPort !== 0 && control.port !== wantedPort) continue
    const url = new URL('/ring', control.url)
    if (scenario !== undefined) url.searchParams.set('scenario', scenario)
    const headers = { authorization: `Bearer ${control.key}` }
    const response = await fetch(url, { method: 'POST', headers, body }).catch(() => undefined)
    if (response) return response
    await rm(control.file, { force: true })
  }
  return undefined
}

type Entry =
  | ({ readonly kind: 'turn' } & ShownTurn)
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'end'
      readonly endedBy: string
      readonly durationMs: number
      readonly errors: readonly string[]
      readonly folder: string
    }

/** Shows one JSON line after the other, as they come. */
async function showCall(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<number> {
  const shown = new Map<number, string>()
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const entry = JSON.parse(line) as Entry
      if (entry.kind === 'turn') showTurn(entry, shown)
      else return showEnd(entry)
    }
  }
  throw new Error('The call has no end')
}

function showTurn(turn: ShownTurn, shown: Map<number, string>): void {
  const text = speechLine(turn)
  if (text === undefined || shown.get(turn.seq) === text) return
  shown.set(turn.seq, text)
  console.log(text)
}

function showEnd(entry: Exclude<Entry, { readonly kind: 'turn' }>): number {
  if (entry.kind === 'failed') return fail(`The call failed: ${entry.message}`, 1)
  const durationSeconds = Math.round(entry.durationMs / 1_000)
  console.log(`\n${endingSentence({ durationSeconds, by: entry.endedBy })}`)
  for (const file of filesOf(entry.folder)) console.log(`  ${file}`)
  for (const error of entry.errors) console.error(`Went wrong: ${error}`)
  return entry.errors.length === 0 ? 0 : 1
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file'
  return code === 'EISDIR' ? 'it is a folder' : error.message
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
