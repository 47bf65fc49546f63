/** Who pays for a request. The key is in no log and in no error. */
export type OpenaiIdentity = {
  readonly apiKey: string
  readonly organization?: string
  readonly project?: string
}

/** The headers that say so, for HTTP and for the upgrade of a websocket alike. */
export function identityHeaders({ apiKey, organization, project }: OpenaiIdentity): Record<string, string> {
  return {
    Authorization: `Bearer ${apiKey}`,
    ...(organization !== undefined && { 'OpenAI-Organization': organization }),
    ...(project !== undefined && { 'OpenAI-Project': project }),
  }
}
