// The state with which a restart begins: that after a final block, on disk as its outputs.

import { OperationError } from '../../errors.ts'
import { encodeOutputs } from '../../protocol/block-torrent.ts'
import type { Hash } from '../../protocol/ids.ts'
import { outputsOf, type State } from '../../protocol/state.ts'
import { inTurns } from '../../turns.ts'
import { stateOfSnapshot } from '../snapshot.ts'
import { type BridgeBlock, type BridgeView, blockOf } from '../view.ts'
import type { Base } from './disk/operations.ts'
import type { Judge } from './judging/judge.ts'

// This many final blocks after the one that is kept, a newer one is kept: what a restart replays.
const BASE_BLOCKS = 16n

/** A newer base than that at block `known`, if it is time; `settled` is final for good. */
export async function newBase(
  judge: Judge,
  view: BridgeView,
  known: Hash,
  settled: BridgeBlock,
): Promise<Base | undefined> {
  const { height } = blockOf(view, known).sealed.header
  if (settled.sealed.header.height < height + BASE_BLOCKS) return undefined
  try {
    const { id, sealed } = settled
    return {
      id,
      height: sealed.header.height,
      outputs: encodeOutputs(outputsOf(await judge.stateAfter(view, settled.id))),
    }
  } catch (error) {
    // Then the old one goes on being what a restart begins with.
    if (error instanceof OperationError && error.code === 'state-unknown') return undefined
    throw error
  }
}

/** Throws `OperationError('database-damaged')` where the disk has something else than the state after the block. */
export async function stateOfBase(block: BridgeBlock, outputs: Uint8Array): Promise<State> {
  try {
    return await inTurns(stateOfSnapshot(block.sealed.header, outputs))
  } catch (cause) {
    throw new OperationError(
      'database-damaged',
      `expected the state after block ${block.id} on disk, got something else; delete the folder "bridge" of the node's data and start again: nothing is lost by it, the bridge is followed again from Ethereum`,
      { facts: { block: block.id }, cause },
    )
  }
}

/** The error where a folder has the data of another bridge. */
export function otherNetwork(expected: Hash, got: Hash): OperationError {
  return new OperationError(
    'other-network',
    `expected data of the bridge with genesis ${expected}, got that of ${got}; use another data folder`,
    { facts: { expected, got } },
  )
}
