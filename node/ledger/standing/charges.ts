// How many payments that no block has ordered each side of a coin has, and all coins together: see `relayPrice`.

import type { Change } from '../store/database.ts'
import { CHARGES, type Entry, type Standing } from '../store/tables.ts'
import { headOf, updateHead } from './head.ts'

/** As long as it is kept and no block orders it. */
export function isCharged({ standing }: { readonly standing: Standing }): boolean {
  return standing === 'accepted' || standing === 'held'
}

/** One payment more, or less, on the tally that it is charged to. */
export function moveCharge(change: Change, { charge }: Pick<Entry, 'charge'>, delta: number): void {
  if (charge === '' || delta === 0) return
  const payments = (change.get(CHARGES, charge) ?? 0) + delta
  if (payments > 0) change.put(CHARGES, charge, payments)
  else change.delete(CHARGES, charge)
  updateHead(change, { charged: headOf(change).charged + delta })
}

/** Charges a stored transaction to another tally. */
export function recharge(change: Change, entry: Entry, charge: string): Entry {
  const moved = { ...entry, charge }
  if (isCharged(entry)) {
    moveCharge(change, entry, -1)
    moveCharge(change, moved, 1)
  }
  return moved
}
