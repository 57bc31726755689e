// States that nobody earned: entries put in, changed and removed by a liar.

import { type CreatedOutput, createdBy, flowsOf } from '../../../node/protocol/flows.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { MAX_TOKENS } from '../../../node/protocol/rules.ts'
import {
  balanceOf,
  type EntryName,
  entryKey,
  ofAsset,
  outputsOf,
  outputValue,
  type State,
} from '../../../node/protocol/state.ts'
import type { PackableTransaction } from '../../../node/protocol/transaction.ts'
import { insert, remove } from '../../../node/protocol/tree.ts'

/** A state with an entry that nobody earned: `change` base units more, or less; none at zero or below, and no more than an entry can hold. */
export function forge(state: State, name: EntryName, change: bigint): State {
  const value = amountOf(state, name)
  const forged = change > MAX_TOKENS - value ? MAX_TOKENS : value + change
  if (forged > 0n) return insert(state, { key: entryKey(name), value: forged, name })
  return value === 0n ? state : remove(state, entryKey(name))
}

/** Base units; 0 if nothing is there. */
export function amountOf(state: State, { infohash, owner, asset }: EntryName): bigint {
  return infohash === undefined ? balanceOf(state, owner, asset) : outputValue(state, infohash, owner, asset)
}

/**
 * The state as if the transaction had been valid: its inputs are taken from those who have them, what is missing of them comes from
 * nowhere, and outputs and accounts fit together afterwards. For a valid transaction it is the true state.
 */
export function asIf(state: State, tx: PackableTransaction, infohash: Infohash): State {
  const outputs = outputsOf(state)
  let next = state
  const created: CreatedOutput[] = []
  for (const flow of flowsOf({ tx, infohash })) {
    let sum = 0n
    for (const prev of flow.prev) {
      const found = outputs.filter((output) => output.infohash === prev)
      const taken = found.find(({ owner, asset }) => owner === flow.from && asset === flow.asset) ?? found[0]
      if (taken === undefined) continue
      const { owner, asset, value } = taken
      sum += value
      // An input that is named twice counts twice, and is spent once.
      const left = outputValue(next, prev, owner, asset)
      next = forge(forge(next, ofAsset({ infohash: prev, owner }, asset), -left), ofAsset({ owner }, asset), -left)
    }
    created.push(...createdBy(flow, sum > flow.least ? sum : flow.least))
  }
  for (const { owner, asset, value } of created) {
    next = forge(forge(next, ofAsset({ infohash, owner }, asset), value), ofAsset({ owner }, asset), value)
  }
  return next
}

/** One bit of some bytes turned over; `bit` counts from the first byte's least one. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
