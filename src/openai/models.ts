import { z } from 'zod'
import data from './models.json' with { type: 'json' }

const isoDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)

const modelSchema = z.strictObject({
  id: z.string(),
  use: z.enum(['realtime', 'transcription', 'chat', 'speech']),
  /** Realtime only: takes `reasoning` and `parallel_tool_calls`. */
  reasoning: z.boolean().optional(),
  /** Transcription only: which of the options that not every model takes. */
  accepts: z.array(z.enum(['delay', 'keywords', 'prompt'])).optional(),
  shutdown: isoDay.optional(),
  successor: z.string().optional(),
})

const { checked, models } = z.strictObject({ checked: isoDay, models: z.array(modelSchema) }).parse(data)

/** What the data file says of one model. Source: OpenAI's model and deprecation pages, as of `checked` in the file. */
export type Model = z.infer<typeof modelSchema>

const byId: ReadonlyMap<string, Model> = new Map(models.map((model) => [model.id, model]))

/** The data on a model, or undefined for a name the file does not know: then nothing can be said of its options. */
export function knownModel(id: string): Model | undefined {
  return byId.get(id)
}

/**
 * What an operator should know about a configured model at start-up; undefined when there is nothing to say.
 * @param todayIso `YYYY-MM-DD`
 */
export function modelWarning(id: string, todayIso: string): string | undefined {
  const model = byId.get(id)
  if (!model) return `Model ${id} is not in the list of ${checked}: check its name and shutdown date`
  if (model.shutdown === undefined) return undefined
  const advice = model.successor === undefined ? '' : `: use ${model.successor}`
  return model.shutdown <= todayIso
    ? `Model ${id} was shut down on ${model.shutdown}${advice}`
    : `Model ${id} will be shut down on ${model.shutdown}${advice}`
}
