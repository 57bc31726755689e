// Tries out and sends a refutation: what it would cost and pay, and who killed the block in the end.

import { OperationError } from '../../node/errors.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import { type BridgeCall, refuteCall } from '../ethereum/calls.ts'
import { isRefusal } from '../ethereum/refusals.ts'
import type { TransactionSender } from '../ethereum/sender.ts'
import type { Ethereum, Receipt } from '../ethereum.ts'
import { encodeRefutation, type Refutation } from './refutation.ts'

/** `gas` in units, as of the newest block; `reward` is half of the bond, wei. */
export type Prepared = { readonly call: BridgeCall; readonly gas: bigint; readonly reward: bigint }

const GWEI = 1_000_000_000n

/** Who sent the transaction that counted. */
export type Kill = { readonly by: 'us'; readonly receipt: Receipt } | { readonly by: 'others' }

/** Runs the refutation without sending it; nothing where the block is dead already. Throws the bridge's refusal, and trouble with the endpoint. */
export async function tryRefutation(
  ethereum: Ethereum,
  id: Hash,
  refutation: Refutation,
): Promise<Prepared | undefined> {
  try {
    const data = encodeRefutation(refutation)
    const gas = await ethereum.estimate('refute', data)
    const call = refuteCall(data, gas)
    const { next } = await ethereum.head()
    await ethereum.simulate(call, 0n, next)
    const { bond } = await ethereum.record(id)
    return { call, gas, reward: (bond / (2n * GWEI)) * GWEI } // the contract counts bonds in gwei
  } catch (error) {
    if (isRefusal(error, 'BlockIsRefuted')) return undefined
    throw error
  }
}

/**
 * Sends it and stays with it until the block is dead, by whomever. Throws the bridge's refusal, trouble with the endpoint, and
 * `OperationError('refutation-failed')` (retry) where the transaction had no effect and the block lives.
 */
export async function sendRefutation(
  sender: TransactionSender,
  id: Hash,
  call: BridgeCall,
  signal: AbortSignal,
): Promise<Kill> {
  try {
    const outcome = await sender.send(call, { signal })
    if (outcome.status === 'done') return { by: 'us', receipt: outcome.receipt }
    if ((await sender.ethereum.record(id)).isRefuted) return { by: 'others' }
    throw new OperationError(
      'refutation-failed',
      `expected the refutation of block ${id} to count, but its transaction is ${outcome.status}; it is tried again`,
      { facts: { block: id, status: outcome.status }, retry: true },
    )
  } catch (error) {
    if (isRefusal(error, 'BlockIsRefuted')) return { by: 'others' }
    throw error
  }
}
