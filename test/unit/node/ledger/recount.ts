// Counts from scratch what a closed ledger says of its coins: how many payments that no block has ordered each has, and what it holds.

import assert from 'node:assert/strict'
import { Level } from 'level'
import { assetOf } from '../../../../node/ledger/purse.ts'
import { CHARGES, ENTRIES, type Entry, outputOf } from '../../../../node/ledger/store/tables.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'

/** Throws an `AssertionError` if the ledger in this folder, which nothing has open, counted otherwise. Returns how many coins there are. */
export async function recountCharges(folder: string): Promise<number> {
  const entries = new Map<Infohash, Entry>()
  const said = new Map<string, { readonly payments: number; readonly value: bigint }>()
  const level = new Level(folder)
  for await (const [key, row] of level.iterator()) {
    const [letter, rest] = [key.charAt(0), key.slice(1)]
    if (letter === ENTRIES.letter) entries.set(rest as Infohash, ENTRIES.decode(row, rest)) // the table's keys
    if (letter === CHARGES.letter) said.set(rest, CHARGES.decode(row, rest))
  }
  await level.close()
  const counted = new Map<string, { readonly payments: number; readonly value: bigint }>()
  for (const { charge, standing } of entries.values()) {
    if (charge === '' || (standing !== 'accepted' && standing !== 'held')) continue
    const [creator, purse] = outputOf(charge)
    const holds = entries.get(creator)?.outputs.find(([other]) => other === purse)?.[1] ?? 0n
    const value = assetOf(purse) === undefined ? holds : 0n
    counted.set(charge, { payments: (counted.get(charge)?.payments ?? 0) + 1, value })
  }
  const sorted = (rows: ReadonlyMap<string, unknown>) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(sorted(said), sorted(counted))
  return counted.size
}
