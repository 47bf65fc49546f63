import { Errands } from '../call/errands.ts'
import { Reconciler } from '../gate/reconciler.ts'
import { createBackground } from '../ops/background.ts'
import type { EffectCallbacks } from '../ports/effect-callbacks.ts'
import type { OfferedTool } from '../ports/tools.ts'
import { WebSearch } from '../research/web-search.ts'
import type { Records } from '../storage/open-storage.ts'
import { TwilioRest } from '../twilio/rest-client.ts'
import { buildTools } from './build-tools.ts'
import { OwnerTexts } from './owner-texts.ts'
import type { Parts } from './parts.ts'

/** What reaches out of the house, and what comes back of it. */
export type Outside = {
  readonly telephony: TwilioRest
  readonly ownerNotice: OwnerTexts
  readonly tools: readonly OfferedTool[]
  readonly errands: Errands
  readonly callbacks: EffectCallbacks
  /** Loads what would hold up calls if it were loaded beside them. */
  prepare(): Promise<void>
  /** Goes on with what dead processes left: to be called once calls that are over are closed. */
  resume(): Promise<void>
}

/** Builds it for a server that has a telephone number and a model; undefined in desk mode. */
export function buildOutside(parts: Parts, records: Records): Outside | undefined {
  const { config, secrets, clock, log, metrics, network } = parts
  const { accountSid, apiBaseUrl, phoneNumbers } = config.twilio
  const { twilioAuthToken: authToken, openaiApiKey: apiKey } = secrets
  if (accountSid === undefined || authToken === undefined || apiKey === undefined) return undefined
  const telephony = new TwilioRest({
    accountSid,
    authToken,
    clock,
    publicUrl: config.server.publicUrl,
    send: network?.sendRest,
    ...(apiBaseUrl !== undefined && { apiBaseUrl }),
  })
  const background = createBackground({ log, metrics })
  const notice = new OwnerTexts(config, { ...records, telephony, clock, log, metrics, background })
  const errands = new Errands({
    ...records,
    ownerNotice: notice,
    clock,
    log,
    background,
    ownNumbers: phoneNumbers,
  })
  const research = webSearch(parts, apiKey)
  return {
    telephony,
    ownerNotice: notice,
    errands,
    tools: buildTools(parts, { records, outbound: telephony, ownerNotice: notice, research }),
    resume: async () => {
      await errands.resume()
      await notice.resume((ref) => errands.reportOf(ref))
    },
    prepare: async () => void (await Promise.all([telephony.prepare(), research.prepare()])),
    callbacks: callbacksOf(new Reconciler({ effects: records.effects, clock, log }), errands),
  }
}

function webSearch({ config, network }: Parts, apiKey: string): WebSearch {
  const { baseUrl, model, organizationId: organization, projectId: project } = config.openai
  const { timeZone } = config.owner
  return new WebSearch({ apiKey, organization, project, baseUrl, model, timeZone, fetch: network?.fetch })
}

/** First the outcome, then the report: whoever reads of the one can rely on the other. */
function callbacksOf(reconciler: Reconciler, errands: Errands): EffectCallbacks {
  return {
    onTextStatus: (update) => reconciler.onTextStatus(update),
    onCallStatus: async (update) => {
      await reconciler.onCallStatus(update)
      await errands.onCallStatus(update)
    },
  }
}
