// What a transaction of Ethereum did at the bridge: the events of its receipt, in their order.

import { parseEventLogs, TransactionReceiptNotFoundError } from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import type { Hash } from '../protocol/ids.ts'
import { toEvent, type Unplaced } from './agreeing/decode.ts'
import type { BridgeEvent } from './chain.ts'
import type { EthereumReader } from './reader.ts'

export type Act = Unplaced<BridgeEvent>

export type Acts = {
  /** Of Ethereum. */
  readonly block: bigint
  /** It was carried out; else it changed nothing, and only its gas was paid. */
  readonly success: boolean
  /** At the bridge; none if it was about something else. */
  readonly acts: readonly Act[]
}

/** `undefined` if the endpoint has it in no block. Throws what `EthereumReader.ask` throws. */
export async function actsOf(ethereum: EthereumReader, hash: Hash): Promise<Acts | undefined> {
  return await ethereum.ask('receipt', async (client) => {
    const found = await client.getTransactionReceipt({ hash }).catch((error) => {
      if (error instanceof TransactionReceiptNotFoundError) return undefined
      throw error
    })
    if (found === undefined) return undefined
    const logs = found.logs.filter(({ address }) => address.toLowerCase() === ethereum.bridge)
    const events = parseEventLogs({ abi: bridgeAbi, logs, strict: true })
    return {
      block: found.blockNumber,
      success: found.status === 'success',
      acts: events.flatMap((event) => toEvent(event as Parameters<typeof toEvent>[0]) ?? []), // by the same ABI
    }
  })
}
