import twilio from 'twilio'

/** Twilio's own request client, sent to another origin; everything else is the SDK's. */
class LocalClient extends twilio.RequestClient {
  readonly #origin: string

  constructor(origin: string) {
    super()
    this.#origin = origin
  }

  override request<TData>(options: Parameters<typeof twilio.RequestClient.prototype.request<TData>>[0]) {
    const target = new URL(options.uri)
    const { protocol, host } = new URL(this.#origin)
    target.protocol = protocol
    target.host = host
    return super.request({ ...options, uri: target.href })
  }
}

/** Twilio's SDK as a client of a fake. */
export function sdkClient(origin: string, accountSid: string, authToken: string) {
  return twilio(accountSid, authToken, { httpClient: new LocalClient(origin) })
}
