// How many payments that no block has ordered each coin has: see `relayPrice`.

import type { Change } from '../store/database.ts'
import { CHARGES, type Entry } from '../store/tables.ts'

/** One payment more, or less, on the coin that an entry is charged to. */
export function moveCharge(change: Change, { charge }: Pick<Entry, 'charge'>, delta: number, value = 0n): void {
  if (charge === '' || delta === 0) return
  const before = change.get(CHARGES, charge)
  const payments = (before?.payments ?? 0) + delta
  if (payments > 0) change.put(CHARGES, charge, { payments, value: before?.value ?? value })
  else change.delete(CHARGES, charge)
}
