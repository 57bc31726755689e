// The answers of an endpoint, as the follower knows them: events, records of blocks, blocks of Ethereum.

import type { Abi, ContractFunctionReturnType, GetContractEventsReturnType, Hex } from 'viem'
import type { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { parseHex } from '../../protocol/bytes.ts'
import {
  type BlockKey,
  type Hash,
  isHash,
  parseAddress,
  parseHash,
  parseInfohash,
  parseKey,
  tagOf,
} from '../../protocol/ids.ts'
import type { PostedBody } from '../../protocol/replay.ts'
import { toGwei, toTime, toWork } from '../../protocol/units.ts'
import type { BlockRecord, BridgeEvent, ChainBlock } from '../chain.ts'

const REFUTED = 1
const FINAL = 2

type ContractLog = ContractEventsOf<typeof bridgeAbi>
type ContractEventsOf<abi extends Abi> = GetContractEventsReturnType<abi, undefined, true, bigint, bigint>[number]
export type ContractRecord = ContractFunctionReturnType<typeof bridgeAbi, 'view', 'blocks'>
export type ContractSlot = ContractFunctionReturnType<typeof bridgeAbi, 'view', 'slotOf'>

export type Unplaced<E> = E extends BridgeEvent ? Omit<E, 'place'> : never

/** `undefined` for events that the node does not follow. */
export function toEvent(log: ContractLog): Unplaced<BridgeEvent> | undefined {
  switch (log.eventName) {
    case 'BlockPublished': {
      const { steps, states } = log.args
      return publication(log.args, { steps: parseHex(steps), states: parseHex(states) })
    }
    case 'BlobsPublished': {
      const { hashes, entries, requests } = log.args
      const head = { entries: parseHex(entries), requests: parseHex(requests) }
      return publication(log.args, { hashes: hashes.map(parseHash), ...head })
    }
    case 'BlockRefuted':
      return { kind: 'refuted', id: parseHash(log.args.id), prover: parseAddress(log.args.prover) } as const
    case 'BlockFinalized': {
      const { id, miner, fee } = log.args
      return { kind: 'finalized', id: parseHash(id), miner: parseAddress(miner), fee } as const
    }
    case 'Nominated':
      return { kind: 'nominated', parent: parseKey(log.args.parent), block: parseKey(log.args.block_) } as const
    case 'Deposited': {
      const { index, from, to, amount, time } = log.args
      const who = { from: parseAddress(from), to: parseAddress(to) }
      return { kind: 'deposited', index, ...who, gross: amount, time: toTime(time) } as const
    }
    case 'Entered': {
      const { index, asset, to, amount, fee, time } = log.args
      const what = { asset: parseAddress(asset), to: parseAddress(to), amount, fee: toGwei(fee) }
      return { kind: 'entered', index, ...what, time: toTime(time) } as const
    }
    case 'Forced': {
      const { index, from, fee, transaction, time } = log.args
      const what = { from: parseAddress(from), packed: parseHex(transaction) }
      return { kind: 'forced', index, ...what, fee: toGwei(fee), time: toTime(time) } as const
    }
    case 'Claimed': {
      const { block_, number, to, amount } = log.args
      return { kind: 'claimed', block: parseHash(block_), number, to: parseAddress(to), amount } as const
    }
    // What is in the bridge for an account is asked of the contract by those whom it concerns.
    case 'Owed':
    case 'Withdrawn':
    case 'BondReleased':
      return undefined
    default:
      return log satisfies never
  }
}

type PublicationArgs = Extract<ContractLog, { eventName: 'BlockPublished' | 'BlobsPublished' }>['args']

function publication({ id, parent, miner, torrent, header, time }: PublicationArgs, body: PostedBody) {
  const ids = { id: parseHash(id), parent: parseHash(parent), miner: parseAddress(miner) }
  const hint = parseInfohash(torrent.slice(2))
  return { kind: 'published', ...ids, torrent: hint, sealed: parseHex(header), body, time: toTime(time) } as const
}

/** What is kept under the key of `id`; of another block with that key it is nothing. */
export function toRecord(id: Hash | BlockKey, record: ContractRecord, slot: ContractSlot): BlockRecord {
  const isOther = isHash(id) && record.tag.toLowerCase() !== tagOf(id)
  return {
    id,
    parent: parseKey(record.parent),
    publishedAt: isOther ? toTime(0n) : toTime(record.publishedAt),
    work: toWork(record.work),
    refuted: !isOther && (record.flags & REFUTED) !== 0,
    final: !isOther && (record.flags & FINAL) !== 0,
    firstChild: parseKey(record.firstChild),
    nextSibling: parseKey(record.nextSibling),
    slot: parseKey(slot[0]),
  }
}

export function toChainBlock(block: {
  readonly number: bigint
  readonly hash: Hex
  readonly parentHash: Hex
  readonly timestamp: bigint
}): ChainBlock {
  if (typeof block.number !== 'bigint' || typeof block.timestamp !== 'bigint')
    throw new TypeError('no number, or no time')
  return {
    number: block.number,
    hash: parseHash(block.hash),
    parent: parseHash(block.parentHash),
    time: toTime(block.timestamp),
  }
}
