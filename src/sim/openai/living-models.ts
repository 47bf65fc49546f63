import type { KnownModel } from './models.ts'

/**
 * Finds a model that still answers on the given day.
 * @param options wallMs Unix milliseconds of the world's clock
 */
export function livingModel(options: {
  models: readonly KnownModel[]
  id: string
  wallMs: number
}): KnownModel | undefined {
  return livingModels(options.models, options.wallMs).find((model) => model.id === options.id)
}

/** The models that still answer at the given moment, in Unix milliseconds. */
export function livingModels(models: readonly KnownModel[], wallMs: number): readonly KnownModel[] {
  return models.filter((model) => model.shutdownDate === null || Date.parse(model.shutdownDate) > wallMs)
}

/** A model as `GET /v1/models/{id}` shows it. */
export function modelResource(model: KnownModel): Readonly<Record<string, unknown>> {
  return {
    id: model.id,
    object: 'model',
    created: 1_760_000_000,
    owned_by: 'system',
    shutdown_date: model.shutdownDate,
  }
}
