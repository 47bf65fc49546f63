import { isOptOutKept } from '../policy/opt-out.ts'
import type { OptOutSource } from '../ports/permissions.ts'
import type { Records } from '../storage/open-storage.ts'
import type { Parts } from './parts.ts'

/** That somebody wants to hear no more of us. */
export type OptOut = {
  /** E.164. */
  readonly number: string
  /** Whether it is certain that the number is theirs. */
  readonly isProven: boolean
  readonly source: Exclude<OptOutSource, 'operator'>
  /** The call on which it became known. */
  readonly session: string
}

/** Keeps opt-outs, and records each without the number. What it makes answers false for one that is not kept. */
export function optOutKeeper(
  { config, clock }: Pick<Parts, 'config' | 'clock'>,
  records: Pick<Records, 'audit' | 'effects' | 'people' | 'permissions'>,
): (optOut: OptOut) => Promise<boolean> {
  const { audit, effects, people, permissions } = records
  const { phoneNumbers } = config.owner
  return async ({ number, isProven, source, session }) => {
    const wasTried = await effects.wasTried(number)
    if (!isOptOutKept({ number, isProven, wasTried }, phoneNumbers)) return false
    await permissions.optOut(number, { source, nowMs: Math.round(clock.wallMs()) })
    const actor = await people.idOf(number)
    await audit.record({ kind: 'opt_out', actor, strength: 'S0', session, data: { source } })
    return true
  }
}
