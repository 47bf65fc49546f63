/** What doctor looks at. */
export type CheckName =
  | 'node'
  | 'libatomic'
  | 'settings'
  | 'clock'
  | 'disk'
  | 'port'
  | 'database'
  | 'publicUrl'
  | 'twilioAccount'
  | 'twilioNumber'
  | 'openaiModels'
  | 'openaiRealtime'

/** Every fix by its name: programs may rely on these words. */
export type FixName =
  | 'installNode'
  | 'installLibatomic'
  | 'makeEnvReadable'
  | 'correctSetting'
  | 'setClock'
  | 'mendTimer'
  | 'protectFile'
  | 'giveDataDir'
  | 'freeDisk'
  | 'runAsOwner'
  | 'freePort'
  | 'allowPort'
  | 'chooseHost'
  | 'openDatabase'
  | 'reachDatabase'
  | 'restoreBackup'
  | 'updateProgram'
  | 'mendResolver'
  | 'resolveHost'
  | 'openHttps'
  | 'mendCertificate'
  | 'startServer'
  | 'restartServer'
  | 'pointProxy'
  | 'passRequests'
  | 'passUpgrade'
  | 'nameFinalHost'
  | 'reachTwilio'
  | 'correctTwilioKey'
  | 'activateAccount'
  | 'upgradeAccount'
  | 'ownNumber'
  | 'enableVoice'
  | 'routeCalls'
  | 'setVoiceWebhook'
  | 'setStatusCallback'
  | 'setFallback'
  | 'reachOpenai'
  | 'correctOpenaiKey'
  | 'payOpenai'
  | 'chooseModel'
  | 'openRealtime'
  | 'reportFault'

/** What would put one thing right. Two findings with the same fix have the same cause. */
export type Fix = {
  readonly name: FixName
  /** One sentence for the operator, in the imperative; holds no secret. */
  readonly does: string
}

/** What a check found. A warning works today and may not tomorrow, or could not be looked at. */
export type Finding =
  | { readonly kind: 'fine'; readonly says: string }
  | { readonly kind: 'skipped'; readonly says: string }
  | { readonly kind: 'warning'; readonly says: string; readonly fix: Fix }
  | { readonly kind: 'broken'; readonly says: string; readonly fix: Fix }
