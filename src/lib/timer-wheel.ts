/** Timers fire at multiples of this, so up to so much later than asked for, and never earlier. */
export const tickMs = 4

/** Slots of each level. The first has one for each of the next 256 ticks (a second), the last reaches three days. */
const SLOTS = [256, 64, 64, 64] as const

const nothing = (): void => undefined

/** The time a wheel goes by, and its one alarm. */
export type WheelPorts = {
  /** Monotonic milliseconds. */
  nowMs(): number
  /** Calls `ring` once after delayMs, or somewhat earlier; returns what takes that back. */
  setAlarm(delayMs: number, ring: () => void): () => void
  /** Takes what a timer has thrown: the others go on. */
  onThrown(error: unknown): void
}

/**
 * All timers of a process on one alarm. Setting one and taking it back is a change of two links, whatever number there
 * is; far timers lie in coarse slots and are dealt to finer ones as their time comes. Timers of one tick fire one after
 * another, in the order of their due times and then of their setting.
 * Source: Varghese and Lauck, "Hashed and hierarchical timing wheels" (1987)
 */
export class TimerWheel {
  readonly #ports: WheelPorts
  readonly #levels = SLOTS.map((slots) => Array.from({ length: slots }, () => new Ring()))
  readonly #occupied = SLOTS.map((slots) => new Occupied(slots))
  #size = 0
  /** The last tick whose timers have fired. */
  #tick: number
  #order = 0
  #alarmTick = Infinity
  #clearAlarm = nothing
  #isFiring = false
  /** One for all timers. */
  readonly #onCancel = (entry: Entry): void => this.#cancelled(entry)

  constructor(ports: WheelPorts) {
    this.#ports = ports
    this.#tick = Math.floor(ports.nowMs() / tickMs)
  }

  /** Calls `fire` once after delayMs, unless cancelled. A delay that is no number, or below zero, counts as none. */
  set(delayMs: number, fire: () => void): { cancel(): void } {
    const nowMs = this.#ports.nowMs()
    // Up to the alarm nothing happens: the wheel turns on, so that what is near is near to it, too.
    const nowTick = Math.floor(nowMs / tickMs)
    if (nowTick > this.#tick && nowTick < this.#alarmTick && !this.#isFiring) this.#tick = nowTick
    const dueMs = nowMs + (delayMs > 0 ? delayMs : 0)
    const tick = Math.max(this.#tick + 1, Math.ceil(dueMs / tickMs))
    const entry = new Entry({ dueMs, tick, order: this.#order++, fire, onCancel: this.#onCancel })
    this.#place(entry)
    this.#arm()
    return entry
  }

  /** How many timers are set. */
  size(): number {
    return this.#size
  }

  #place(entry: Entry): void {
    const ahead = entry.tick - this.#tick
    let unit = 1
    let level = 0
    for (; level < SLOTS.length - 1 && ahead >= unit * slotsOf(level); level++) unit *= slotsOf(level)
    // What lies beyond the last level waits in its furthest slot, and is placed anew from there.
    const reach = this.#tick + unit * slotsOf(level) - 1
    const slot = Math.floor(Math.min(entry.tick, reach) / unit) % slotsOf(level)
    entry.level = level
    entry.slot = slot
    this.#size++
    this.#ring(level, slot).push(entry)
    this.#occupied[level]?.add(slot)
  }

  #cancelled(entry: Entry): void {
    this.#remove(entry)
    // The process may end now; otherwise an alarm for nothing costs less than setting it anew.
    if (this.#size === 0) this.#disarm()
  }

  #remove(entry: Entry): void {
    const { level, slot } = entry
    entry.unlink()
    this.#size--
    if (this.#ring(level, slot).isEmpty()) this.#occupied[level]?.delete(slot)
  }

  #ring(level: number, slot: number): Ring {
    const ring = this.#levels[level]?.[slot]
    if (!ring) throw new RangeError(`Cannot find slot ${slot} of level ${level}`)
    return ring
  }

  #arm(): void {
    if (this.#isFiring) return
    const next = this.#nextTick()
    if (next >= this.#alarmTick) return
    this.#disarm()
    if (next === Infinity) return
    this.#alarmTick = next
    const delayMs = Math.max(0, next * tickMs - this.#ports.nowMs())
    this.#clearAlarm = this.#ports.setAlarm(delayMs, () => this.#onAlarm())
  }

  #disarm(): void {
    this.#clearAlarm()
    this.#clearAlarm = nothing
    this.#alarmTick = Infinity
  }

  /** The next tick at which there is something to fire or to deal. */
  #nextTick(): number {
    let next = Infinity
    let unit = 1
    for (let level = 0; level < SLOTS.length; level++) {
      const current = Math.floor(this.#tick / unit)
      const ahead = this.#occupied[level]?.ahead(current % slotsOf(level)) ?? Infinity
      next = Math.min(next, (current + ahead) * unit)
      unit *= slotsOf(level)
    }
    return next
  }

  #onAlarm(): void {
    this.#alarmTick = Infinity
    // One that has rung need not be taken back.
    this.#clearAlarm = nothing
    this.#isFiring = true
    // An alarm may come early; and a loop that stood still has several ticks to make up for.
    const untilTick = Math.floor(this.#ports.nowMs() / tickMs)
    for (let next = this.#nextTick(); next <= untilTick; next = this.#nextTick()) {
      this.#tick = next
      this.#deal(next)
      this.#fire(next)
    }
    this.#tick = Math.max(this.#tick, untilTick)
    this.#isFiring = false
    this.#arm()
  }

  /** Puts the timers of coarse slots that begin with this tick where they belong now. */
  #deal(tick: number): void {
    let unit = 1
    for (let level = 0; level < SLOTS.length - 1; level++) {
      unit *= slotsOf(level)
      if (tick % unit !== 0) return
      const ring = this.#ring(level + 1, Math.floor(tick / unit) % slotsOf(level + 1))
      for (const entry of ring.entries()) {
        this.#remove(entry)
        this.#place(entry)
      }
    }
  }

  #fire(tick: number): void {
    const due = this.#ring(0, tick % slotsOf(0)).entries()
    due.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)
    for (const entry of due) {
      // One that fired before it may have cancelled it.
      if (!entry.isLinked()) continue
      this.#remove(entry)
      try {
        entry.fire()
      } catch (error) {
        this.#ports.onThrown(error)
      }
    }
  }
}

function slotsOf(level: number): number {
  return SLOTS[level] ?? 1
}

/** Which slots of a level hold timers, a bit for each: to look at the rings is a walk through far memory. */
class Occupied {
  readonly #slots: number
  readonly #words: Uint32Array

  /** @param slots a multiple of 32 */
  constructor(slots: number) {
    this.#slots = slots
    this.#words = new Uint32Array(slots / 32)
  }

  add(slot: number): void {
    this.#words[slot >> 5] = (this.#words[slot >> 5] ?? 0) | (1 << (slot & 31))
  }

  delete(slot: number): void {
    this.#words[slot >> 5] = (this.#words[slot >> 5] ?? 0) & ~(1 << (slot & 31))
  }

  /** How far it is from a slot to the next one with timers: 1 to all of them, or Infinity. */
  ahead(slot: number): number {
    const end = slot + this.#slots
    for (let at = slot + 1; at <= end; at = (at | 31) + 1) {
      const bits = (this.#words[(at % this.#slots) >> 5] ?? 0) >>> (at & 31)
      if (bits !== 0) return at + (31 - Math.clz32(bits & -bits)) - slot
    }
    return Infinity
  }
}

/** A link of a ring; unlinked it points to itself. */
class Link {
  before: Link = this
  after: Link = this

  isLinked(): boolean {
    return this.after !== this
  }

  unlink(): void {
    this.before.after = this.after
    this.after.before = this.before
    this.before = this
    this.after = this
  }
}

class Entry extends Link {
  readonly dueMs: number
  readonly tick: number
  readonly order: number
  readonly fire: () => void
  readonly #onCancel: (entry: Entry) => void
  level = 0
  slot = 0

  constructor(options: {
    readonly dueMs: number
    readonly tick: number
    readonly order: number
    readonly fire: () => void
    readonly onCancel: (entry: Entry) => void
  }) {
    super()
    this.dueMs = options.dueMs
    this.tick = options.tick
    this.order = options.order
    this.fire = options.fire
    this.#onCancel = options.onCancel
  }

  cancel(): void {
    if (this.isLinked()) this.#onCancel(this)
  }
}

/** The timers of one slot, in a ring that this closes. */
class Ring extends Link {
  isEmpty(): boolean {
    return !this.isLinked()
  }

  push(entry: Entry): void {
    entry.before = this.before
    entry.after = this
    this.before.after = entry
    this.before = entry
  }

  entries(): Entry[] {
    const found: Entry[] = []
    for (let link = this.after; link instanceof Entry; link = link.after) found.push(link)
    return found
  }
}
