// Putting transactions into the bridge's queue on Ethereum, so that no miner can leave them out.

import { OperationError } from '../../errors.ts'
import { forceCall } from '../../ethereum/calls.ts'
import type { QueuedEntry } from '../../ethereum/reader.ts'
import type { TransactionSender } from '../../ethereum/sending/sender.ts'
import type { Hash, Infohash } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import { packTransaction } from '../../protocol/packed.ts'
import { decodeTransaction } from '../../protocol/transaction.ts'
import { lookUp } from '../look-up.ts'
import type { NodeClient } from '../rpc.ts'
import { carryOut } from './carry-out.ts'

const FETCH_MS = 5_000

export type Forced = {
  readonly entries: readonly (QueuedEntry & { readonly infohash: Infohash })[]
  readonly transaction: Hash
}

/**
 * Forces a transaction, and before it those of its ancestors that no block has ordered. `node` has their files, the sender's account pays. Throws
 * `nothing-to-force`, what the node throws, and what `carryOut` throws.
 */
export async function force(
  node: NodeClient,
  sender: TransactionSender,
  infohash: Infohash,
  signal?: AbortSignal,
): Promise<Forced> {
  const { status, file } = await lookUp(node, infohash, FETCH_MS, signal)
  if (file === undefined || (status !== 'accepted' && status !== 'conflicting')) {
    const advice = status === 'ordered' || status === 'final' ? 'it is in a block already' : 'see "ttx status"'
    throw new OperationError(
      'nothing-to-force',
      `expected a transaction that waits for a block, got one that is ${status}: ${advice}`,
      { facts: { infohash, status } },
    )
  }
  const { files } = await node.call('proof_export', { infohash }, signal)
  const ancestors = files.filter((each) => infohashOf(each) !== infohash)
  const forced = [...ancestors, file].map((each) => ({ infohash: infohashOf(each), packed: packFile(each) }))
  const packed = forced.map((one) => one.packed)
  const { entries, transaction } = await forcePacked(sender, packed, signal)
  return {
    transaction,
    entries: entries.flatMap((entry, i) => {
      const of = forced[i]
      return of === undefined ? [] : [{ ...entry, infohash: of.infohash }]
    }),
  }
}

/** Puts packed transactions into the queue, pays for them, and waits for the receipt. */
export async function forcePacked(sender: TransactionSender, packed: readonly Uint8Array[], signal?: AbortSignal) {
  const { hash: transaction, queued: entries = [] } = await carryOut(sender, forceCall(packed), signal)
  return { transaction, entries }
}

function packFile(file: Uint8Array): Uint8Array {
  const tx = decodeTransaction(file)
  if (tx.kind === 'signed') return packTransaction(tx)
  throw new OperationError(
    'nothing-to-force',
    `expected signed transactions only, got a ${tx.kind} among the ancestors: deposits enter blocks by themselves, wait for that`,
    { facts: { kind: tx.kind } },
  )
}
