// How a bad block ended: who killed it, by which transaction, after how long and for how much gas.

import { parseAbiItem } from 'viem'
import { OperationError } from '../../../node/errors.ts'
import type { EthereumReader } from '../../../node/ethereum/reader.ts'
import { type Address, type Hash, parseAddress, parseHash } from '../../../node/protocol/ids.ts'
import { toGwei, weiOf } from '../../../node/protocol/units.ts'
import { type Patience, waitFor } from '../demo/patience.ts'

export type Death = {
  readonly by: Address
  readonly transaction: Hash
  /** Units. */
  readonly gas: bigint
  /** Wei. */
  readonly reward: bigint
  /** Unix seconds on Ethereum. */
  readonly at: number
}

const REFUTED = parseAbiItem('event BlockRefuted(bytes32 indexed id, address indexed prover, uint64 reward)')

/** Waits for the refutation of a block; `undefined` if it lives on after the deadline. `fromBlock` is of Ethereum, before its publication. */
export async function awaitDeath(
  ethereum: EthereumReader,
  id: Hash,
  fromBlock: bigint,
  patience: Patience,
): Promise<Death | undefined> {
  try {
    return await waitFor(`the death of block ${id}`, patience, () => findDeath(ethereum, id, fromBlock))
  } catch (error) {
    if (error instanceof OperationError && error.code === 'waited-in-vain' && error.cause === undefined)
      return undefined
    throw error
  }
}

async function findDeath(ethereum: EthereumReader, id: Hash, fromBlock: bigint): Promise<Death | undefined> {
  return await ethereum.ask('refutations', async (client) => {
    const [log] = await client.getLogs({
      address: ethereum.bridge,
      event: REFUTED,
      args: { id },
      fromBlock,
      strict: true,
    })
    if (log === undefined) return undefined
    const [receipt, { timestamp }] = await Promise.all([
      client.getTransactionReceipt({ hash: log.transactionHash }),
      client.getBlock({ blockNumber: log.blockNumber }),
    ])
    return {
      by: parseAddress(log.args.prover),
      transaction: parseHash(log.transactionHash),
      gas: receipt.gasUsed,
      reward: weiOf(toGwei(log.args.reward)),
      at: Number(timestamp),
    }
  })
}
