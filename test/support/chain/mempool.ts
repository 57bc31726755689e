// What everybody sees of a transaction before it is in a block, and what a copier does with it.

import { decodeFunctionData, type Hex } from 'viem'
import type { Arena } from '../processes/arena.ts'

export type Pending = {
  readonly hash: Hex
  readonly from: Hex
  readonly input: Hex
  readonly gas: bigint
  readonly nonce: number
}

type Outbidding = {
  readonly value?: bigint
  readonly to?: Hex
  readonly data?: Hex
  readonly below?: bigint
  /** Of the transaction whose place it takes; without it, the account's next one. */
  readonly nonce?: number
}

/** The calls of the bridge that publish a block: rows in calldata, and in blobs. */
export const PUBLISHING = ['publish', 'publishBlobs']

const GWEI = 10n ** 9n

/** From now on transactions wait for `mineBlock`, until `releaseBlocks`. */
export async function holdBlocks({ stage }: Arena): Promise<void> {
  await stage.anvil.client.setAutomine(false)
}

/** All that waits goes into one block, the dearest first. */
export async function mineBlock({ stage }: Arena): Promise<void> {
  await stage.anvil.client.mine({ blocks: 1 })
}

/** The same, and from then on each transaction goes into a block at once. */
export async function releaseBlocks(arena: Arena): Promise<void> {
  await mineBlock(arena)
  await arena.stage.anvil.client.setAutomine(true)
}

/** At least `count` calls of these functions of the bridge that wait, once they are there. */
export async function pendingCalls(arena: Arena, names: readonly string[], count = 1): Promise<readonly Pending[]> {
  let found: readonly Pending[] = []
  const { stage } = arena
  await arena.until(`${count} calls of ${names.join(' or ')} in the mempool`, async () => {
    const { transactions } = await stage.anvil.client.getBlock({ blockTag: 'pending', includeTransactions: true })
    found = transactions.filter(({ to, input }) => {
      return (
        to === stage.bridge.address &&
        names.includes(decodeFunctionData({ abi: stage.bridge.abi, data: input }).functionName)
      )
    })
    return found.length >= count
  })
  return found
}

/** Sends the same bytes from another account, or others in their stead, at a price that nobody else offers, or `below` gwei less. */
export async function outbid(
  { stage }: Arena,
  from: Hex,
  { input, gas }: Pending,
  { value = 0n, to = stage.bridge.address as Hex, data = input, below = 0n, ...place }: Outbidding = {},
): Promise<Hex> {
  const { client } = stage.anvil
  await client.impersonateAccount({ address: from })
  const price = { maxFeePerGas: 500n * GWEI, maxPriorityFeePerGas: (400n - below) * GWEI }
  const call = { account: from, chain: null, to, data, gas: gas + 100_000n, value }
  return await client.sendTransaction({ ...call, ...price, ...place })
}
