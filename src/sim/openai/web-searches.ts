import { z } from 'zod'

/** What the hosted search finds for a question that holds some words, in whatever case. */
export const webSearchSchema = z.strictObject({
  /** Words that the question holds; empty for any question. */
  asked: z.string().max(400),
  /** What is found, or nothing: then the answer is empty. */
  answer: z.string().max(20_000),
  sources: z
    .array(z.strictObject({ url: z.string().max(2_000), title: z.string().max(2_000).optional() }))
    .max(100)
    .default([]),
  /** How long it takes. */
  takesMs: z.number().min(0).max(600_000).default(0),
  /** The HTTP status of a refusal in place of an answer. */
  refused: z.enum(['401', '429', '500']).optional(),
  /** Whether pages were looked at and not named in the answer. */
  unnamed: z.boolean().default(false),
  /** Runs out of tokens before anything was said. */
  incomplete: z.boolean().default(false),
})

/** A scripted answer of the hosted search. */
export type WebSearchScript = z.output<typeof webSearchSchema>

/** What is found where no script says anything. */
export const usualSearch: WebSearchScript = {
  asked: '',
  answer: 'The museum is open from ten to six, and closed on Mondays.',
  sources: [{ url: 'https://museum.example.org/hours', title: 'Opening hours' }],
  takesMs: 0,
  unnamed: false,
  incomplete: false,
}
