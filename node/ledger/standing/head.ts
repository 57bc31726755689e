// The counts over all that is stored, in one row.

import type { Change, Reader } from '../store/database.ts'
import { EMPTY_HEAD, HEAD, type Head } from '../store/tables.ts'

export function headOf(reader: Reader): Head {
  return reader.get(HEAD, '') ?? EMPTY_HEAD
}

export function updateHead(change: Change, fields: Partial<Head>): void {
  change.put(HEAD, '', { ...headOf(change), ...fields })
}
