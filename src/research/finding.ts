import { z } from 'zod'
import type { ResearchOutcome, ResearchSource } from '../ports/research.ts'

/** What goes back to a model that reads it out. */
const MAX_ANSWER_LENGTH = 3_000
const MAX_SOURCES = 5
const MAX_TITLE_LENGTH = 120
const MAX_URL_LENGTH = 500

const citation = z.object({ type: z.literal('url_citation'), url: z.string(), title: z.string().nullish() })
const part = z.object({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.unknown()).nullish(),
})
const message = z.object({ type: z.literal('message'), content: z.array(z.unknown()) })
const search = z.object({
  type: z.literal('web_search_call'),
  action: z.object({ sources: z.array(z.object({ url: z.string() })).nullish() }),
})
const whole = z.object({ status: z.string().nullish(), output: z.array(z.unknown()) })

/**
 * What a response found, cut to what is read out: the text, and the pages that it names, or where it names none those
 * that were looked at.
 * @param response unchecked; parts of kinds that are not known are passed over
 * Source: OpenAI, "Web search" of the Responses API
 */
export function findingOf(response: unknown): ResearchOutcome {
  const { data } = whole.safeParse(response)
  if (!data) return { ok: false, code: 'unreadable' }
  const parts = data.output
    .flatMap((item) => message.safeParse(item).data?.content ?? [])
    .flatMap((item) => part.safeParse(item).data ?? [])
  const answer = parts
    .map(({ text }) => text)
    .join('\n')
    .trim()
  if (answer === '') return { ok: false, code: data.status === 'incomplete' ? 'incomplete' : 'noAnswer' }
  const named = parts.flatMap(({ annotations }) =>
    (annotations ?? []).flatMap((one) => citation.safeParse(one).data ?? []),
  )
  const lookedAt = data.output.flatMap((item) => search.safeParse(item).data?.action.sources ?? [])
  return {
    ok: true,
    answer: cut(answer, MAX_ANSWER_LENGTH),
    sources: sourcesOf(named.length > 0 ? named : lookedAt),
  }
}

/** Each page once, in the order in which they are named. */
function sourcesOf(
  found: readonly { readonly url: string; readonly title?: string | null | undefined }[],
): readonly ResearchSource[] {
  const byUrl = new Map<string, ResearchSource>()
  for (const { url, title } of found) {
    const isPage = /^https?:\/\//.test(url) && url.length <= MAX_URL_LENGTH && URL.canParse(url)
    if (!isPage || byUrl.has(url)) continue
    byUrl.set(url, { url, ...(title && { title: cut(title, MAX_TITLE_LENGTH) }) })
  }
  return [...byUrl.values()].slice(0, MAX_SOURCES)
}

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength).toWellFormed()}…` : text
}
