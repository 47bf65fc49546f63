type Input = Readonly<Record<string, unknown>>
type Zoned = Temporal.ZonedDateTime

/** The event that every id of a drill means. */
export const drilledEvent = {
  title: 'Dentist',
  start: '2030-11-26T10:30',
  end: '2030-11-26T11:30',
  timeZone: 'Europe/London',
}

const HOUR = { hours: 1 }

/** Whether an event can be what arguments want, besides each of them being good. */
export function newEventFits({ start, end, time_zone: zone }: Input): boolean {
  return fits(() => {
    const from = zoned(start, zone)
    return { from, to: end === undefined ? from.add(HOUR) : zoned(end, zone) }
  })
}

/** Whether the event of a drill can be changed as arguments want it. */
export function changeFits({ start, end, time_zone: zone = drilledEvent.timeZone }: Input): boolean {
  return fits(() => {
    const from = zoned(start ?? drilledEvent.start, zone)
    if (start !== undefined && end === undefined) return { from, to: from.add(HOUR) }
    return { from, to: zoned(end ?? drilledEvent.end, zone) }
  })
}

/** It starts from now on, ends no earlier than it starts and within a leap year. Times that are none are not seen here. */
function fits(times: () => { readonly from: Zoned; readonly to: Zoned }): boolean {
  try {
    const { from, to } = times()
    const isLater = from.epochMilliseconds >= Temporal.Now.instant().epochMilliseconds
    const lastsHours = (to.epochMilliseconds - from.epochMilliseconds) / 3_600_000
    return isLater && lastsHours >= 0 && lastsHours <= 366 * 24
  } catch {
    return false
  }
}

function zoned(time: unknown, zone: unknown): Zoned {
  return Temporal.PlainDateTime.from(String(time)).toZonedDateTime(String(zone), { disambiguation: 'reject' })
}
