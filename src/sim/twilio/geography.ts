import type { Fields } from './signature.ts'

/** What carriers know of a number from its prefix. */
const PLACES: readonly {
  readonly prefix: string
  readonly place: readonly [string, string, string, string]
}[] = [
  { prefix: '+1415', place: ['SAN FRANCISCO', 'CA', '94105', 'US'] },
  { prefix: '+1212', place: ['NEW YORK', 'NY', '10001', 'US'] },
  { prefix: '+1', place: ['', '', '', 'US'] },
  { prefix: '+4420', place: ['LONDON', '', '', 'GB'] },
  { prefix: '+44', place: ['', '', '', 'GB'] },
]

/** City, State, Zip and Country fields of a number under a prefix such as `From`; empty where nothing is known. */
export function placeFields(prefix: string, phoneNumber: string): Fields {
  const found = PLACES.find((each) => phoneNumber.startsWith(each.prefix))
  const [city, state, zip, country] = found?.place ?? ['', '', '', '']
  return [
    [`${prefix}City`, city],
    [`${prefix}State`, state],
    [`${prefix}Zip`, zip],
    [`${prefix}Country`, country],
  ]
}
