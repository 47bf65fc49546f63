import type { CallRules } from '../../../src/call/state.ts'

/** Rules of a call as the defaults have them, with sentences that name themselves. */
export const rules: CallRules = {
  opening: ['disclosure', 'greeting'],
  modelGreets: false,
  sentences: {
    disclosure: 'I am an assistant.',
    greeting: 'How can I help you?',
    ownerGreeting: 'Hello boss.',
    idlePrompt: 'Are you still there?',
    hold: 'One moment please.',
    busy: 'All lines are busy.',
    apology: 'Something went wrong.',
    timeAlmostUp: 'Our time is almost up.',
    goodbye: 'Goodbye.',
    handOver: 'Please stay on the line.',
    leaveMessage: 'Please leave a message.',
    connecting: 'I connect you.',
    messageTaken: 'Thank you.',
  },
  idleMs: 12_000,
  maxLengthMs: 3_600_000,
  warningMs: 30_000,
  holdMs: 2_500,
  silentModelMs: 8_000,
  unclaimedMs: 15_000,
  nonceTtlMs: 60_000,
  reattachMs: 10_000,
  redialDelaysMs: [100, 400, 1_000],
  maxLosses: 12,
  rotationMarginMs: 300_000,
  handsOver: true,
}
