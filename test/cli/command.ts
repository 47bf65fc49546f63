import type { Records } from '../../src/storage/open-storage.ts'
import { ringingCall, startedAtMs, turnOf } from '../storage/records.ts'
import { type Outcome, startScript } from '../support/server-process.ts'

/** Runs a command of src/cli to its end. */
export function run(
  script: string,
  home: string,
  options: { env: Readonly<Record<string, string>>; args: readonly string[] },
): Promise<Outcome> {
  return startScript({ script: `cli/${script}.ts`, home, ...options }).outcome
}

/** A call of somebody, which is over. */
export async function callOf(records: Records, from: string): Promise<string> {
  const ended = { endedAtMs: startedAtMs + 9, ending: 'callerHungUp', status: 'completed' } as const
  const call = { ...ringingCall(), from, ...ended }
  const turn = records.calls.putTurn(turnOf(call.callSid, 0, 'my secret garden'))
  await Promise.all([records.calls.insertCall(call), turn, records.calls.flush()])
  return call.callSid
}
