const maxCalls = 64

/** A call of a tool round; the round is kept until its response is done and all of its calls are answered. */
export type RoundCall = { readonly callId: string; readonly responseId: string; readonly answered: boolean }

/** With one more call. Beyond 64 a call is answered like any other, it only holds no reply back. */
export function withCall(
  calls: readonly RoundCall[],
  { callId, responseId }: { readonly callId: string; readonly responseId: string },
): readonly RoundCall[] {
  return calls.length < maxCalls ? [...calls, { callId, responseId, answered: false }] : calls
}

/** With one call answered. */
export function withAnswer(
  calls: readonly RoundCall[],
  callId: string,
  runningId: string | undefined,
): readonly RoundCall[] {
  return unfinished(
    calls.map((call) => (call.callId === callId ? { ...call, answered: true } : call)),
    runningId,
  )
}

/** Only rounds with a call still open, and that of the running response, which may yet call more tools. */
export function unfinished(calls: readonly RoundCall[], runningId: string | undefined): readonly RoundCall[] {
  const open = new Set(calls.filter((call) => !call.answered).map((call) => call.responseId))
  return calls.filter((call) => call.responseId === runningId || open.has(call.responseId))
}

/** Forgets what was answered, so that the rest of each round holds nothing back. */
export function released(calls: readonly RoundCall[]): readonly RoundCall[] {
  return calls.filter((call) => !call.answered)
}

/** Whether some response has both an answered and an open call: a reply now would speak of half a result. */
export function isHalfAnswered(calls: readonly RoundCall[]): boolean {
  const open = new Set(calls.filter((call) => !call.answered).map((call) => call.responseId))
  return calls.some((call) => call.answered && open.has(call.responseId))
}
