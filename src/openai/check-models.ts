import { z } from 'zod'
import { type Clock, isoTime } from '../lib/clock.ts'
import { probe, type ProbeAnswer } from '../lib/http-probe.ts'
import type { Finding } from '../ports/check.ts'
import { choose, correctKey, pay, reach, unpaidCodes } from './check-fixes.ts'
import { jsonText } from './json-field.ts'
import { knownModel } from './models.ts'

/** A setting that names a model. */
export type ModelSetting = {
  readonly variable: string
  readonly id: string
  /** Calls need it: without it nothing works, and not only what is to come. */
  readonly isNeeded: boolean
}

/** Whom to ask for which models. */
export type ModelsQuestion = {
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
  readonly models: readonly ModelSetting[]
  readonly clock: Clock
  readonly deadlineMs: number
}

const WARN_DAYS = 60
const DAY_MS = 86_400_000

const resource = z.object({ shutdown_date: z.iso.date().nullish() })

/** Whether OpenAI takes the key and knows every configured model, and how long each of them lives. */
export async function checkModels(question: ModelsQuestion): Promise<readonly Finding[]> {
  return Promise.all(question.models.map((model) => checkModel(model, question)))
}

async function checkModel(model: ModelSetting, question: ModelsQuestion): Promise<Finding> {
  const { baseUrl, headers, clock, deadlineMs } = question
  const url = `${baseUrl}/models/${encodeURIComponent(model.id)}`
  const answer = await probe({ url, headers, clock, deadlineMs })
  const days = {
    todayIso: dayOf(clock.wallMs()),
    warnBeforeIso: dayOf(clock.wallMs() + WARN_DAYS * DAY_MS),
  }
  return judgeModel(model, { answer, baseUrl, days })
}

function dayOf(wallMs: number): string {
  return isoTime(wallMs).slice(0, 10)
}

type Days = { readonly todayIso: string; readonly warnBeforeIso: string }

/** What an answer about a model means on a day. */
export function judgeModel(
  model: ModelSetting,
  given: { readonly answer: ProbeAnswer; readonly baseUrl: string; readonly days: Days },
): Finding {
  const { answer, baseUrl, days } = given
  if (answer.kind === 'failed') {
    return {
      kind: 'broken',
      says: `OpenAI gives no answer: ${answer.code}`,
      fix: reach(baseUrl, answer.code),
    }
  }
  const { status } = answer
  const body = jsonOf(answer.body)
  if (status === 200) return judgeLife(model, { ends: endOf(model.id, body, days.todayIso), days })
  if (status === 401) return { kind: 'broken', says: 'OpenAI refuses OPENAI_API_KEY', fix: correctKey }
  // A key may be limited to what the server needs, and looking models up is no part of that.
  if (status === 403)
    return judgeLife(model, { ends: knownModel(model.id)?.shutdown, days, isFromList: true })
  if (status === 404) return gone(model, 'is not there, or not for this key')
  if (unpaidCodes.has(jsonText(body, 'error', 'code') ?? '')) {
    return { kind: 'broken', says: 'the project of OPENAI_API_KEY has no credit left', fix: pay }
  }
  return { kind: 'broken', says: `OpenAI answers with ${status}`, fix: reach(baseUrl) }
}

function judgeLife(
  model: ModelSetting,
  life: { readonly ends: string | undefined; readonly days: Days; readonly isFromList?: true },
): Finding {
  const { ends, days, isFromList } = life
  if (ends !== undefined && ends <= days.todayIso) return gone(model, `was shut down on ${ends}`)
  if (ends !== undefined && ends < days.warnBeforeIso) {
    const says = `${model.variable}: ${model.id} will be shut down on ${ends}`
    return { kind: 'warning', says, fix: choose(model.variable, knownModel(model.id)?.successor) }
  }
  const end = ends === undefined ? 'no end announced' : `lives until ${ends}`
  const source = isFromList ? ', by our own list: the key may not look models up' : ''
  return { kind: 'fine', says: `${model.variable}: ${model.id}, ${end}${source}` }
}

function gone(model: ModelSetting, how: string): Finding {
  const says = `${model.variable}: ${model.id} ${how}`
  const fix = choose(model.variable, knownModel(model.id)?.successor)
  if (model.isNeeded) return { kind: 'broken', says, fix }
  return { kind: 'warning', says: `${says}; nothing needs it in this version`, fix }
}

/** The date that OpenAI names; where it names none that of our own list, which a model that still answers disproves. */
function endOf(id: string, body: unknown, todayIso: string): string | undefined {
  const named = resource.safeParse(body).data?.shutdown_date
  if (named) return named
  const listed = knownModel(id)?.shutdown
  return listed !== undefined && listed > todayIso ? listed : undefined
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
