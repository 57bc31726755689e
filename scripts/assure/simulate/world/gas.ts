// What each call costs: the figures of the gas snapshot, which tests hold against the real contract.

import { gasFigures as snapshot } from '../../../../deployments/gas.ts'
import { type Expense, expenseOf, type Load } from '../../../../miner/rows.ts'
import type { Rows } from '../../../../miner/rows-choice.ts'

const per = (total: number, count: number) => BigInt(Math.ceil(total / count))
const PUBLISH = BigInt(snapshot['publish, child'])
const STEP = per(snapshot['publish, 100 steps of 2 inputs'] - snapshot['publish, 0 steps of 1 inputs'], 100)
const ENTRY = per(snapshot['publish, 128 void entries'] - snapshot['publish, 0 steps of 1 inputs'], 128)
const BARE_BLOBS = snapshot['publish in blobs, no records']
const PUBLISH_BLOBS = PUBLISH + BigInt(BARE_BLOBS - snapshot['publish, first'])
const REQUEST = per(snapshot['publish in blobs, 200 requests'] - BARE_BLOBS, 200)
const BLOB_ENTRY = per(snapshot['publish in blobs, 128 void entries'] - BARE_BLOBS, 128)
const RIVAL = BigInt(snapshot['publish, second sibling'] - snapshot['publish, first'])

/** Units of gas. */
export const GAS = {
  nominate: BigInt(snapshot['nominate']),
  finalize: BigInt(snapshot['finalize, fee']),
  refute: BigInt(snapshot['refute, 2 inputs, depth 20']),
  /** To get a bond, or what a forced transaction pays, out of the contract. */
  release: BigInt(snapshot['withdrawBond']),
  withdraw: BigInt(snapshot['withdraw']),
  claim: BigInt(snapshot['claim, new holder']),
  claimInBatch: per(snapshot['claimMany, 50 new holders'], 50),
  deposit: BigInt(snapshot['deposit']),
  force: BigInt(snapshot['force, 1 input']),
  /** Of the cheapest there are, in the largest calls; of an asset the same as of TTX, without what its own contract does. */
  inBatch: {
    deposits: per(snapshot['deposit, 127 in a call'], 127),
    assets: per(snapshot['deposit, 127 in a call'], 127),
    forced: per(snapshot['force, 350 of zeros'], 350),
  },
} as const

/** Of a block with this in it, whose parent has others; the gas of blobs has a price of its own. */
export function publicationOf(rows: Rows, load: Load, rival: boolean): Expense {
  const beside = rival ? RIVAL : 0n
  const { steps, queueEntries, requests } = load
  if (rows === 'calldata') {
    return { gas: PUBLISH + BigInt(steps - queueEntries) * STEP + BigInt(queueEntries) * ENTRY + beside, blobs: 0 }
  }
  const head = BigInt(requests) * REQUEST + BigInt(queueEntries) * BLOB_ENTRY
  return { gas: PUBLISH_BLOBS + head + beside, blobs: expenseOf('blobs', load).blobs }
}
