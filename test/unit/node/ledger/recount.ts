// Counts from scratch what a closed ledger says of its coins: how many payments that no block has ordered each side of one has, and all together.

import assert from 'node:assert/strict'
import { Level } from 'level'
import { type Input, ownerOf } from '../../../../node/ledger/purse.ts'
import {
  CHARGES,
  coinOf,
  EMPTY_HEAD,
  ENTRIES,
  type Entry,
  HEAD,
  tallyKey,
} from '../../../../node/ledger/store/tables.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'

/** Throws an `AssertionError` if the ledger in this folder, which nothing has open, counted otherwise. Returns how many coins there are. */
export async function recountCharges(folder: string): Promise<number> {
  const entries = new Map<Infohash, Entry>()
  const said = new Map<string, number>()
  let head = EMPTY_HEAD
  const level = new Level(folder)
  for await (const [key, row] of level.iterator()) {
    const [letter, rest] = [key.charAt(0), key.slice(1)]
    if (letter === ENTRIES.letter) entries.set(rest as Infohash, ENTRIES.decode(row, rest)) // the table's keys
    if (letter === HEAD.letter) head = HEAD.decode(row, rest)
    if (letter === CHARGES.letter) said.set(rest, CHARGES.decode(row, rest))
  }
  await level.close()
  const counted = new Map<string, number>()
  let all = 0
  for (const { charge, standing, kind, infohash, inputs } of entries.values()) {
    if (kind !== 'signed' || (standing !== 'accepted' && standing !== 'held')) continue
    const tallies = inputs.map((input) => tallyOf(input, entries.get(input[0])))
    assert.ok(tallies.includes(charge), `${infohash} is charged to ${charge}, and hangs on ${tallies.join(', ')}`)
    counted.set(charge, (counted.get(charge) ?? 0) + 1)
    all++
  }
  assert.equal(head.charged, all)
  const sorted = (rows: ReadonlyMap<string, unknown>) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(sorted(said), sorted(counted))
  return counted.size
}

/** To what a payment with this input may be charged, as things are ordered now. */
function tallyOf(input: Input, creator: Entry | undefined): string {
  const isCoin = creator === undefined || creator.height !== undefined || creator.charge === ''
  const coin = isCoin ? input : coinOf(creator.charge)
  return tallyKey(coin, ownerOf(coin[1]) === ownerOf(input[1]))
}
