// The transaction that made a contract, as an endpoint has it.

import { TransactionNotFoundError, TransactionReceiptNotFoundError } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { type Address, type Hash, keyOf, parseAddress, parseHash } from '../../protocol/ids.ts'
import type { Connection } from '../connection.ts'
import { createdBy } from './creation.ts'

export type Creation = {
  readonly transaction: Hash
  readonly from: Address
  /** Undefined if it went to nobody, which makes a contract. */
  readonly to: Address | undefined
  readonly nonce: number
  readonly input: string
  readonly status: 'success' | 'reverted'
  readonly block: bigint
  /** Of its block, unix seconds. */
  readonly time: bigint
  /** Blocks of Ethereum from that one on, both ends included. */
  readonly depth: bigint
}

/** Blocks of Ethereum that may have the same time. */
const MOST_AT_ONCE = 64n

/** `undefined` if the endpoint has no such transaction in a block. */
export async function readCreation(connection: Connection, transaction: Hash): Promise<Creation | undefined> {
  return await connection.ask(`transaction ${transaction}`, async (client) => {
    try {
      const [found, receipt, head] = [
        await client.getTransaction({ hash: transaction }),
        await client.getTransactionReceipt({ hash: transaction }),
        await client.getBlockNumber(),
      ]
      // A receipt is worth what its block says.
      const block = await client.getBlock({ blockNumber: receipt.blockNumber })
      if (block.hash !== receipt.blockHash || !block.transactions.includes(transaction))
        throw new Error(`block ${receipt.blockNumber} does not have the transaction of the receipt`)
      if (found.hash !== transaction) throw new Error(`another transaction than ${transaction}`)
      if (!Number.isSafeInteger(found.nonce) || typeof block.timestamp !== 'bigint')
        throw new TypeError('a transaction without nonce, or in a block without a time')
      return {
        transaction,
        from: parseAddress(found.from.toLowerCase()),
        to: found.to ? parseAddress(found.to.toLowerCase()) : undefined,
        nonce: found.nonce,
        input: found.input.toLowerCase(),
        status: receipt.status === 'success' ? 'success' : 'reverted',
        block: receipt.blockNumber,
        time: block.timestamp,
        depth: head - receipt.blockNumber + 1n,
      }
    } catch (error) {
      if (error instanceof TransactionNotFoundError || error instanceof TransactionReceiptNotFoundError)
        return undefined
      throw error
    }
  })
}

/**
 * The transaction that made a bridge whose genesis block has this id, found by the time that the contract keeps of it: a wrong time only leads to
 * no transaction. `undefined` if there is none of an account's own.
 */
export async function findCreation(
  connection: Connection,
  bridge: Address,
  genesis: Hash,
): Promise<Creation | undefined> {
  const contract = { abi: bridgeAbi, address: bridge } as const
  const time = await connection.ask('time of the genesis block', async (client) => {
    const record = await client.readContract({ ...contract, functionName: 'blocks', args: [keyOf(genesis)] })
    return BigInt(record.publishedAt)
  })
  const timeOf = (number: bigint) =>
    connection.ask(`block ${number}`, async (client) => (await client.getBlock({ blockNumber: number })).timestamp)
  const newest = await connection.ask('newest block', (client) => client.getBlockNumber())
  let [from, to] = [0n, newest]
  while (from < to) {
    const middle = (from + to) / 2n
    if ((await timeOf(middle)) < time) from = middle + 1n
    else to = middle
  }
  for (let number = from; number <= newest && number < from + MOST_AT_ONCE; number++) {
    const transactions = await connection.ask(`transactions of block ${number}`, async (client) => {
      const block = await client.getBlock({ blockNumber: number, includeTransactions: true })
      if (block.timestamp !== time) return undefined
      return block.transactions.map(({ hash, from, to, nonce }) => ({ hash, from, to, nonce }))
    })
    if (transactions === undefined) return undefined
    const found = transactions.find(
      (each) => !each.to && createdBy(parseAddress(each.from.toLowerCase()), each.nonce).bridge === bridge,
    )
    if (found !== undefined) return await readCreation(connection, parseHash(found.hash))
  }
  return undefined
}
