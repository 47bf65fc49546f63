import { createHmac } from 'node:crypto'

/** Form fields in the order in which they are sent; a name may occur twice. */
export type Fields = readonly (readonly [name: string, value: string])[]

/**
 * The X-Twilio-Signature of a request: URL and sorted fields under HMAC-SHA1.
 * @param url exactly the URL that is called, with its query and without fragment; `wss://…` for a media stream
 * @param fields the form fields of a POST; none for a GET or an upgrade
 * Source: Twilio, "Security", validating requests; a field that occurs twice counts once per distinct value
 */
export function signRequest(authToken: string, url: string, fields: Fields): string {
  const names = [...new Set(fields.map(([name]) => name))].toSorted()
  const joined = names.flatMap((name) => {
    const values = new Set(fields.filter(([each]) => each === name).map(([, value]) => value))
    return [...values].toSorted().map((value) => name + value)
  })
  return createHmac('sha1', authToken)
    .update(url + joined.join(''), 'utf8')
    .digest('base64')
}
