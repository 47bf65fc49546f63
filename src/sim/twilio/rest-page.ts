import type { RestAnswer, RestRequest } from './rest-server.ts'

/**
 * One page of a list resource, newest first.
 * @param options the name of the list, its entries as JSON, and the path of the list
 * Source: Twilio, "REST API: list resources", 2010-04-01 paging
 */
export function pageOf(
  request: RestRequest,
  options: { readonly name: string; readonly path: string; readonly entries: readonly unknown[] },
): RestAnswer {
  const size = wholeNumber(request.query.get('PageSize'), 50, 1_000) || 50
  const page = wholeNumber(request.query.get('Page'), 0, 1_000_000)
  const start = page * size
  const entries = options.entries.slice(start, start + size)
  const uri = (number: number): string => {
    const query = new URLSearchParams(request.query)
    query.set('PageSize', `${size}`)
    query.set('Page', `${number}`)
    return `${options.path}?${query.toString()}`
  }
  const body = {
    page,
    page_size: size,
    start,
    end: start + Math.max(0, entries.length - 1),
    uri: uri(page),
    first_page_uri: uri(0),
    next_page_uri: start + size < options.entries.length ? uri(page + 1) : null,
    previous_page_uri: page > 0 ? uri(page - 1) : null,
    [options.name]: entries,
  }
  return { kind: 'json', status: 200, body }
}

/**
 * Tells whether a moment passes the filters `Name`, `Name<` and `Name>` of a query. A date without time is the
 * whole day in UTC.
 */
export function passesDates(query: URLSearchParams, name: string, wallMs: number): boolean {
  const day = 86_400_000
  const limit = (key: string): { readonly fromMs: number; readonly toMs: number } | undefined => {
    const text = query.get(key)
    const fromMs = text === null ? Number.NaN : Date.parse(text)
    if (Number.isNaN(fromMs)) return undefined
    return { fromMs, toMs: fromMs + (/T/.test(text ?? '') ? 1_000 : day) }
  }
  const [exact, before, after] = [limit(name), limit(`${name}<`), limit(`${name}>`)]
  if (exact && (wallMs < exact.fromMs || wallMs >= exact.toMs)) return false
  return !(before && wallMs >= before.toMs) && !(after && wallMs < after.fromMs)
}

function wholeNumber(text: string | null, otherwise: number, most: number): number {
  return text !== null && /^\d{1,7}$/.test(text) ? Math.min(Number(text), most) : otherwise
}
