// Sends a sealed block: alone on its parent, or as a rival beside the blocks that are there by then.

import { setTimeout as delay } from 'node:timers/promises'
import { type BridgeCall, publishBlobsCall, publishCall } from '../../../node/ethereum/calls.ts'
import { isRefusal } from '../../../node/ethereum/refusals.ts'
import type { Outcome } from '../../../node/ethereum/sending/pending-call.ts'
import type { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import type { SealedHeader } from '../../../node/protocol/header.ts'
import type { BlockKey, Hash, Infohash } from '../../../node/protocol/ids.ts'
import type { Body } from './posting.ts'

export type SealedBlock = Body & {
  readonly sealed: SealedHeader
  readonly torrent?: Infohash
  readonly parent: Hash
  /** Sealed header of the parent. */
  readonly ground: Uint8Array
  /** Whether it may be beside others. */
  readonly rival: boolean
}

const TRIES = 20
/** Before another try: a devnet has several blocks of Ethereum in one second, and no two siblings may be of the same one. */
const PAUSE_MS = 150

/** A rival is sent again where a sibling came, died, or turned out to be of the same second. Throws what the sender throws. */
export async function sendBlock(sender: TransactionSender, block: SealedBlock, signal?: AbortSignal): Promise<Outcome> {
  const options = signal ? { signal } : {}
  if (!block.rival) return await sender.send(callOf(block), options)
  for (let tries = 1; ; tries++) {
    const { children } = await sender.ethereum.standing(block.parent)
    try {
      const outcome = await sender.send(callOf(block, children?.last), options)
      if (outcome.status === 'done' || tries === TRIES) return outcome
    } catch (error) {
      if (tries === TRIES || !isRefusal(error, 'SiblingExists', 'SameSecond')) throw error
    }
    await delay(PAUSE_MS, undefined, options)
  }
}

function callOf(block: SealedBlock, beside?: BlockKey): BridgeCall {
  return 'sidecar' in block
    ? publishBlobsCall(block.ground, block, block.sidecar, beside)
    : publishCall(block.ground, block, beside)
}
