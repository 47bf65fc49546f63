/** What a peer can do wrong without being cut off at once. */
export type Fault = 'malformed' | 'mediaBeforeStart' | 'foreignStream'

const allowed: Readonly<Record<Fault, number>> = { malformed: 20, mediaBeforeStart: 10, foreignStream: 50 }

/** Counts the faults of one media socket. Messages of another stream count in a row, the others in all. */
export class FaultBudget {
  #malformed = 0
  #mediaBeforeStart = 0
  #foreignStream = 0

  /** @returns true when this fault was the last straw: the 20th, 10th or 50th */
  add(fault: Fault): boolean {
    return this.#count(fault) >= allowed[fault]
  }

  /** A message of the right stream came: the row of foreign ones is broken. */
  ownStream(): void {
    this.#foreignStream = 0
  }

  #count(fault: Fault): number {
    switch (fault) {
      case 'malformed':
        return ++this.#malformed
      case 'mediaBeforeStart':
        return ++this.#mediaBeforeStart
      case 'foreignStream':
        return ++this.#foreignStream
    }
  }
}
