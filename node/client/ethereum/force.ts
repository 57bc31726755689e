// Putting transactions into the bridge's queue on Ethereum, so that no miner can leave them out.

import { OperationError } from '../../errors.ts'
import { forceCall, forcedBy } from '../../ethereum/calls.ts'
import type { QueuedEntry } from '../../ethereum/reader.ts'
import type { TransactionSender } from '../../ethereum/sending/sender.ts'
import { parentsFirst } from '../../lineage.ts'
import type { Hash, Infohash } from '../../protocol/ids.ts'
import { infohashOf } from '../../protocol/infohash.ts'
import { packTransaction } from '../../protocol/packed.ts'
import { decodeTransaction, isPackable } from '../../protocol/transaction.ts'
import { verifyPacked } from '../../protocol/verify.ts'
import { lookUp } from '../look-up.ts'
import type { NodeClient } from '../rpc.ts'
import { carryOut, carryOutOnce, type Done } from './carry-out.ts'

const FETCH_MS = 5_000

export type Forced = Done & {
  readonly entries: readonly (QueuedEntry & { readonly infohash: Infohash })[]
  readonly transaction: Hash
}

/**
 * Forces a transaction, and before it those of its ancestors that no block has ordered. `node` has their files, the sender's account pays. If that is
 * under way, or was done and not acknowledged, that goes on instead, and nothing more is paid.
 * Throws `nothing-to-force`, what the node throws, and what `carryOut` throws.
 */
export async function force(
  node: NodeClient,
  sender: TransactionSender,
  infohash: Infohash,
  signal?: AbortSignal,
): Promise<Forced> {
  const { network } = await node.call('node_info', {}, signal)
  const draft = async () => forceCall(await unorderedOf(node, infohash, signal))
  const { call, receipt, isEarlier, acknowledge } = await carryOutOnce(sender, `force ${infohash}`, draft, signal)
  const forced = forcedBy(call)
  const entries = (receipt.queued ?? []).flatMap((entry, i) => {
    const verified = verifyPacked(network, forced[i] ?? new Uint8Array())
    return typeof verified === 'string' ? [] : [{ ...entry, infohash: verified.infohash }]
  })
  return { entries, transaction: receipt.hash, isEarlier, acknowledge }
}

/** The transaction, packed, and before it its ancestors that no block has ordered. */
async function unorderedOf(node: NodeClient, infohash: Infohash, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
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
  return ancestorsAmong(files, file).map(packFile)
}

/** `file` and its ancestors among `files`: nobody should pay for what a node adds, nor for a child that comes before its parents and is void. */
function ancestorsAmong(files: readonly Uint8Array[], file: Uint8Array): readonly Uint8Array[] {
  const known = new Map([...files, file].map((each) => [infohashOf(each), each]))
  return parentsFirst([infohashOf(file)], known).flatMap((infohash) => known.get(infohash) ?? [])
}

/** Puts packed transactions into the queue, pays for them, and waits for the receipt. */
export async function forcePacked(sender: TransactionSender, packed: readonly Uint8Array[], signal?: AbortSignal) {
  const { hash: transaction, queued: entries = [] } = await carryOut(sender, forceCall(packed), signal)
  return { transaction, entries }
}

function packFile(file: Uint8Array): Uint8Array {
  const tx = decodeTransaction(file)
  if (isPackable(tx)) return packTransaction(tx)
  throw new OperationError(
    'nothing-to-force',
    `expected signed transactions only, got a ${tx.kind} among the ancestors: deposits enter blocks on their own, wait for that`,
    { facts: { kind: tx.kind } },
  )
}
