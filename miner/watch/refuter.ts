// Kills a block: tries the proof out first, knows what it will cost and pay, and who killed the block in the end.

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

/**
 * Runs the refutation on every endpoint without sending it; nothing where the block is dead already. Throws the bridge's refusal, trouble
 * with an endpoint, and `OperationError('ethereum-disagreement')` (retry) where one calls the block dead and another one does not.
 */
export async function tryRefutation(
  endpoints: readonly Ethereum[],
  id: Hash,
  refutation: Refutation,
): Promise<Prepared | undefined> {
  const data = encodeRefutation(refutation)
  const tries = await Promise.all(endpoints.map((endpoint) => tryOn(endpoint, id, data)))
  const alive = tries.filter((each) => each !== undefined)
  if (alive.length > 0 && alive.length < tries.length) {
    throw new OperationError(
      'ethereum-disagreement',
      `expected all endpoints to agree whether block ${id} is alive, but they do not: one of them lies or lags`,
      { facts: { block: id, endpoints: endpoints.map(({ name }) => name) }, retry: true },
    )
  }
  // What one of them makes too small would fail on Ethereum.
  return alive.reduce<Prepared | undefined>((most, each) => (most && most.gas >= each.gas ? most : each), undefined)
}

async function tryOn(ethereum: Ethereum, id: Hash, data: BridgeCall['data']): Promise<Prepared | undefined> {
  try {
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
 * Sends it and stays with it until the block is dead, by whomever; it pays what it takes to be in time for the `deadline` (unix seconds).
 * Throws the bridge's refusal, trouble with the endpoint, and `OperationError('refutation-failed')` (retry) where the transaction had no
 * effect and the block lives.
 */
export async function sendRefutation(
  sender: TransactionSender,
  id: Hash,
  call: BridgeCall,
  { signal, deadline }: { readonly signal: AbortSignal; readonly deadline?: bigint },
): Promise<Kill> {
  try {
    const outcome = await sender.send(call, { signal, atOnce: true, ...(deadline === undefined ? {} : { deadline }) })
    const { isRefuted } = await sender.ethereum.record(id)
    if (isRefuted) return outcome.status === 'done' ? { by: 'us', receipt: outcome.receipt } : { by: 'others' }
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
