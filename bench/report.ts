/** One line of a result: what a case costs and how that compares with another one of the same section. */
export type Row = {
  readonly name: string
  readonly micros: number
  readonly against?: string
  readonly ratio?: number
  /** the ratio that is asked for: `at most` for a cost, `at least` for a speed-up */
  readonly bar?: { readonly kind: 'at most' | 'at least'; readonly ratio: number }
}

/** A table of rows that were measured together. */
export type Section = { readonly title: string; readonly rows: readonly Row[] }

/** Whether a row keeps its bar; a row without one does. */
export function keepsBar({ ratio, bar }: Row): boolean {
  if (ratio === undefined || bar === undefined) return true
  return bar.kind === 'at most' ? ratio <= bar.ratio : ratio >= bar.ratio
}

/** Sections as text for people. */
export function toTable(sections: readonly Section[]): string {
  return sections
    .map(({ title, rows }) => {
      const width = Math.max(...rows.map(({ name }) => name.length))
      return [title, ...rows.map((row) => `  ${row.name.padEnd(width)} ${cells(row)}`)].join('\n')
    })
    .join('\n\n')
}

function cells(row: Row): string {
  const cost = `${row.micros.toFixed(3).padStart(9)} µs`
  if (row.ratio === undefined) return cost
  const ratio = `${cost}  ${row.ratio.toFixed(2).padStart(6)} × ${row.against}`
  if (!row.bar) return ratio
  return `${ratio}  (${row.bar.kind} ${row.bar.ratio}: ${keepsBar(row) ? 'kept' : 'MISSED'})`
}
