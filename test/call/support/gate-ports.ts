import { randomBytes } from 'node:crypto'
import type { CallGatePorts } from '../../../src/call/plan.ts'
import { consentLexicons } from '../../../src/policy/consent.ts'
import type { EffectStorage } from '../../../src/ports/effects.ts'

const nothing = async (): Promise<never> => {
  throw new Error('Nothing is kept here')
}

/** Where nothing can be kept: whatever needs a record does not happen. */
const noEffects: EffectStorage = {
  insertProposal: nothing,
  findProposal: nothing,
  moveConfirmation: nothing,
  findConfirmation: nothing,
  claimIntent: nothing,
  settleIntent: nothing,
  reconcileIntent: nothing,
  findIntent: nothing,
  unresolved: nothing,
  showUnresolved: nothing,
  untold: async () => [],
  markTold: nothing,
  effectsSince: nothing,
  wasReached: nothing,
  wasTried: nothing,
  closeLeftovers: nothing,
}

/** What gates of calls work with where no effect is possible; a test brings what it needs. */
export function gatePorts(own: Partial<CallGatePorts> = {}): CallGatePorts {
  const head = { seq: 1, hash: '0'.repeat(64) }
  return {
    audit: {
      record: async () => head,
      head: async () => head,
      verify: nothing,
      page: async () => [],
    },
    effects: noEffects,
    notices: { untold: async () => ({ count: 0, untilMs: 0 }), markTold: nothing },
    people: {
      idOf: async () => 'person_0a1b2c3d4e5f60718293a4b5',
      pinTries: async () => 0,
      countPinTry: async () => 1,
    },
    newHex: (digits) => randomBytes(digits / 2).toString('hex'),
    verification: 'stir_or_pin',
    firstDestinations: 'allow',
    desk: {
      channel: 'voice',
      ttlMs: 30_000,
      transcribes: true,
      hasVoice: false,
      lexicons: consentLexicons(['en']),
    },
    optOut: () => Promise.resolve(true),
    factsFor: () => ({
      reach: async () => ({ verdict: { ok: true }, isFirst: false, name: 'Ann' }),
      event: async () => undefined,
    }),
    ownerTimeZone: 'Europe/London',
    isPin: undefined,
    ...own,
  }
}
