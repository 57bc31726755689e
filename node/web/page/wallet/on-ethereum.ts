// What the page does on Ethereum, by the connected wallet: burn wTTX, and have requests paid.

import { parseSignature } from 'viem'
import type { Config } from 'wagmi'
import { getBlock, readContract, sendTransaction, signTypedData, waitForTransactionReceipt } from 'wagmi/actions'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../../../deployments/token-abi.ts'
import { OperationError } from '../../../errors.ts'
import { type BridgeCall, type ClaimProof, claimCall, depositCall } from '../../../ethereum/calls.ts'
import { isKeyless } from '../../../ethereum/gateways/token.ts'
import type { Address } from '../../../protocol/ids.ts'
import { LANES, type Lane } from '../../../protocol/queue.ts'
import { toTime } from '../../../protocol/units.ts'
import { askerOf } from './asker.ts'

export type Contracts = { readonly bridge: Address; readonly token: Address }

/** An allowance that goes along, good for one burn: its number at the token, and until when (seconds, by Ethereum's clock). */
export type Permit = { readonly nonce: string; readonly deadline: number }

/** The allowance that goes along is good for this many seconds. */
const PERMIT_SECONDS = 3_600n
/** Entries that others may put into the lane before ours: what is too much of the surcharge comes back. */
const OTHERS_AHEAD = 64n
const PERMIT = [
  { name: 'owner', type: 'address' },
  { name: 'spender', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
] as const

/** Base units of wTTX. */
export async function balanceOf(config: Config, { token }: Contracts, owner: Address): Promise<bigint> {
  return await readContract(config, { address: token, abi: tokenAbi, functionName: 'balanceOf', args: [owner] })
}

export async function leastDeposit(config: Config, { bridge }: Contracts): Promise<bigint> {
  return await readContract(config, { address: bridge, abi: bridgeAbi, functionName: 'minDeposit' })
}

/** Whether a contract is there that nobody has the key of: it cannot sign payments of TTX. */
export async function isContract(config: Config, address: Address): Promise<boolean> {
  return await isKeyless(askerOf(config), address)
}

/**
 * Burns `amount` (base units) of the wallet's wTTX for `to` on the TTX side: a signature for the allowance, and one transaction. `keep` is called with what
 * says later whether it was burned, before the wallet is asked for the transaction. Returns its hash; whether it came through is for `settle` to say.
 * Throws what the wallet throws.
 */
export async function burn(
  config: Config,
  contracts: Contracts,
  { account, amount, to }: { readonly account: Address; readonly amount: bigint; readonly to: Address },
  keep: (permit: Permit) => void,
): Promise<`0x${string}`> {
  const { bridge, token } = contracts
  const chainId = config.chains[0].id
  const [name, nonce, { timestamp }] = await Promise.all([
    readContract(config, { address: token, abi: tokenAbi, functionName: 'name' }),
    readContract(config, { address: token, abi: tokenAbi, functionName: 'nonces', args: [account] }),
    getBlock(config, { chainId }),
  ])
  const deadline = timestamp + PERMIT_SECONDS
  const signature = await signTypedData(config, {
    account,
    domain: { name, version: '1', chainId, verifyingContract: token },
    types: { Permit: PERMIT },
    primaryType: 'Permit',
    message: { owner: account, spender: bridge, value: amount, nonce, deadline },
  })
  const { r, s, yParity } = parseSignature(signature)
  const call = depositCall(amount, to, { deadline: toTime(deadline), v: 27 + yParity, r, s })
  const value = await surcharge(config, bridge, 'deposits')
  keep({ nonce: `${nonce}`, deadline: Number(deadline) })
  return await send(config, contracts, account, call, value)
}

/** All of one block, in one transaction. Returns its hash. */
export async function claim(
  config: Config,
  contracts: Contracts,
  account: Address,
  sealed: Uint8Array,
  claims: readonly ClaimProof[],
): Promise<`0x${string}`> {
  return await send(config, contracts, account, claimCall(sealed, claims), 0n)
}

/** Until the transaction is in a block. Throws `OperationError('transaction-failed')` if it was reverted, or if another one took its place. */
export async function settle(config: Config, hash: `0x${string}`): Promise<void> {
  let isAnother = false
  const onReplaced = ({ reason }: { readonly reason: string }) => {
    // At another price it is still the same.
    isAnother = reason !== 'repriced'
  }
  const { status } = await waitForTransactionReceipt(config, { hash, pollingInterval: 1_000, onReplaced })
  if (isAnother) {
    throw new OperationError(
      'transaction-failed',
      `expected transaction ${hash} to get into a block, got another one of this account in its place: it was cancelled or changed in the wallet; look at it there before you try again`,
      { facts: { transaction: hash } },
    )
  }
  if (status === 'success') return
  throw new OperationError(
    'transaction-failed',
    `expected transaction ${hash} to succeed, got one that the contract refused: nothing changed but the gas that it used; look at it in the wallet, and try again`,
    { facts: { transaction: hash } },
  )
}

/** Wei that an entry of a lane costs now on top of its price: what is too much comes back. */
export async function surcharge(config: Config, bridge: Address, lane: Lane): Promise<bigint> {
  const of = async (entries: bigint) =>
    await readContract(config, {
      address: bridge,
      abi: bridgeAbi,
      functionName: 'surcharge',
      args: [LANES.indexOf(lane), entries],
    })
  const [all, others] = await Promise.all([of(OTHERS_AHEAD + 1n), of(OTHERS_AHEAD)])
  return all > others ? all - others : 0n
}

async function send(
  config: Config,
  { bridge }: Contracts,
  account: Address,
  { data, gas }: BridgeCall,
  value: bigint,
): Promise<`0x${string}`> {
  return await sendTransaction(config, { account, chainId: config.chains[0].id, to: bridge, data, gas, value })
}
