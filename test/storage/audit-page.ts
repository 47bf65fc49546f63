import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Where a page is in a file, and where something of it is. */
export type PageExtent = { readonly at: number; readonly bytes: number }

/** The used bytes of the page of a log that fits into one, by what they are of. */
export type AuditPage = {
  /** What tells where on the page the records are. */
  readonly finding: readonly number[]
  /** Each record, by its number less one. */
  readonly records: readonly (readonly number[])[]
}

/** Finds the first page of a table or an index. */
export function pageOf(dataDir: string, name: string): PageExtent {
  using database = new DatabaseSync(join(dataDir, 'consigliere.db'), { readOnly: true })
  const sql = 'select rootpage, page_size from sqlite_schema, pragma_page_size where name = ?'
  const row = database.prepare(sql).get(name)
  const bytes = Number(row?.['page_size'])
  return { at: (Number(row?.['rootpage']) - 1) * bytes, bytes }
}

/**
 * Says what the bytes of a log's page are, when nothing was ever removed from it.
 * Source: https://sqlite.org/fileformat2.html#b_tree_pages
 */
export function auditPage(whole: Buffer, { at, bytes }: PageExtent): AuditPage {
  const leafOfTable = 13
  if (whole.readUInt8(at) !== leafOfTable) throw new RangeError('Cannot read: the log has more than one page')
  const count = whole.readUInt16BE(at + 3)
  const pointersAt = at + 8
  const starts = Array.from({ length: count }, (_, index) => at + whole.readUInt16BE(pointersAt + 2 * index))
  return {
    finding: offsets(at, pointersAt + 2 * count),
    // The page is filled from its end.
    records: starts.map((start, index) => offsets(start, starts[index - 1] ?? at + bytes)),
  }
}

function offsets(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}
