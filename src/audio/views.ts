/** Views by length: a frame nearly always, and few others. */
const MAX_VIEWS = 16

const viewsOf = new WeakMap<Buffer, Map<number, Buffer>>()

/**
 * The first so many bytes of a buffer that audio goes through again and again. Views are kept by length: a new one for
 * each frame would be the largest thing that its path allocates.
 */
export function firstBytes(buffer: Buffer, lengthBytes: number): Buffer {
  let views = viewsOf.get(buffer)
  if (views === undefined) {
    views = new Map()
    viewsOf.set(buffer, views)
  }
  let view = views.get(lengthBytes)
  if (view === undefined) {
    view = buffer.subarray(0, lengthBytes)
    if (views.size < MAX_VIEWS) views.set(lengthBytes, view)
  }
  return view
}
