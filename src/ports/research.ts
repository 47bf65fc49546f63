/** Where something was read. */
export type ResearchSource = { readonly url: string; readonly title?: string }

/** What was found out, in a few sentences, and where. All of it was written by others. */
export type ResearchOutcome =
  | { readonly ok: true; readonly answer: string; readonly sources: readonly ResearchSource[] }
  | { readonly ok: false; readonly code: string }

/** Looks things up on the web. Never rejects. */
export interface Research {
  find(question: string, signal: AbortSignal): Promise<ResearchOutcome>
}
