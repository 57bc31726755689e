// A bridge in use: blocks by the real rules, right and wrong ones, with the events that the contract would emit.

import type { FollowedNetwork } from '../../../node/bridge/records/bridge-records.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import { writeBlobs } from '../../../node/protocol/blob.ts'
import {
  type AppliedStep,
  type BlobPosted,
  blobHeadOf,
  blobRowsOf,
  deriveBlobHeader,
} from '../../../node/protocol/blob-block.ts'
import { blobHash } from '../../../node/protocol/blob-hash.ts'
import { assembleBlock, type ParentBlock, requestsOf } from '../../../node/protocol/block.ts'
import { blockTorrent } from '../../../node/protocol/block-torrent.ts'
import { concat, encodeUint } from '../../../node/protocol/bytes.ts'
import { feeOf } from '../../../node/protocol/fee.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { blockId, encodeSealed, genesisBlock, type Header, type SealedHeader } from '../../../node/protocol/header.ts'
import { type Hash, type Infohash, toBytes, toHash } from '../../../node/protocol/ids.ts'
import type { QueueEntry } from '../../../node/protocol/queue.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { balanceOf, type State, stateRoot } from '../../../node/protocol/state.ts'
import { encodeStep, splitSteps } from '../../../node/protocol/step.ts'
import { splitStates, traceOf, traceRoot } from '../../../node/protocol/trace.ts'
import { toTime } from '../../../node/protocol/units.ts'
import { genesisOf, World } from '../../../scripts/assure/models/world.ts'
import type { UnplacedEvent } from '../chain/fake-ethereum.ts'
import { waitingAfter } from '../queue.ts'

export const EASIEST = 2n ** 244n - 1n
export const DEPLOYED_AT = 1_800_000_000n

/** A block that was made here, with the state that its steps really lead to. */
export type MadeBlock = {
  readonly id: Hash
  readonly sealed: SealedHeader
  /** As its publication names it. */
  readonly torrent: Infohash
  readonly steps: Uint8Array
  readonly states: Uint8Array
  /** Its blobs, and what is said of them, if its rows are there. Their commitments are made up. */
  readonly inBlobs?: BlobPosted & { readonly blobs: readonly Uint8Array[] }
  /** In itself, and all below it. */
  readonly isValid: boolean
  readonly state: State
}

export type BlockOrder = {
  /** Transactions after the queue entries. */
  readonly transactions?: number
  /** Queue entries to consume; all by default. */
  readonly consume?: number
  readonly target?: bigint
  /** Packed transactions that come before the random ones. */
  readonly packed?: readonly Uint8Array[]
  /** Its rows are in blobs, if it has any. */
  readonly isInBlobs?: boolean
  /** States a wrong result in its last step, if it has any. */
  readonly isWrong?: boolean
  /** Names this torrent, whatever its own is. */
  readonly torrent?: Infohash | undefined
}

/** Makes blocks for a network whose genesis belongs to the first account of a world. */
export class Forge {
  readonly world: World
  readonly network: FollowedNetwork
  readonly genesis: MadeBlock
  readonly blocks = new Map<Hash, MadeBlock>()
  #nonce = 0

  constructor(seed: number, rules?: Rules, deployed = { block: 1n, time: DEPLOYED_AT, easiestTarget: EASIEST }) {
    this.world = new World(seed, 6, ...(rules ? [rules] : []))
    const [owner] = this.world.accounts
    if (owner === undefined) throw new RangeError('a world without accounts')
    const genesis = genesisOf(owner)
    const state = genesisState(genesis)
    const sealed = genesisBlock({
      chain: this.world.rules.chain,
      bridge: this.world.rules.bridge,
      easiestTarget: deployed.easiestTarget,
      state: stateRoot(state),
    })
    this.network = {
      rules: this.world.rules,
      genesis,
      genesisBlock: sealed,
      deployedBlock: deployed.block,
      deployedAt: toTime(deployed.time),
    }
    const id = blockId(sealed)
    this.genesis = {
      id,
      sealed,
      torrent: genesisInfohash(genesis),
      steps: new Uint8Array(),
      states: new Uint8Array(),
      isValid: true,
      state,
    }
    this.blocks.set(id, this.genesis)
  }

  /** A child of a block, which consumes entries of `queue` first. */
  make(parent: MadeBlock, queue: readonly QueueEntry[], order: BlockOrder = {}): MadeBlock {
    const { world } = this
    const { lanes } = parent.sealed.header
    world.state = parent.state
    world.queueIndex = lanes.deposits.count
    world.assetIndex = lanes.assets.count
    const steps: AppliedStep[] = []
    const take = (step: Uint8Array, index = 0n) => {
      const applied = applyStep(world.rules, world.state, index, step)
      if (applied.reason !== 'None') return false
      world.state = applied.state
      steps.push({ step, after: applied.state, growth: applied.growth })
      return true
    }
    const waiting = waitingAfter(queue, lanes)
    for (const entry of waiting.slice(0, order.consume ?? waiting.length)) {
      if (entry.kind === 'deposit') {
        take(encodeStep({ kind: 'deposit', entry }), world.queueIndex)
        world.queueIndex += 1n
      } else if (entry.kind === 'entered') {
        take(encodeStep({ kind: 'entered', entry }), world.assetIndex)
        world.assetIndex += 1n
      } else if (!take(encodeStep({ kind: 'applied', fee: entry.fee, packed: entry.packed }))) {
        take(encodeStep({ kind: 'void', fee: entry.fee, packedHash: toHash(keccak(entry.packed)) }))
      }
    }
    for (const packed of order.packed ?? []) take(encodeStep({ kind: 'transaction', packed }))
    for (let i = 0; i < (order.transactions ?? 0) && this.isRich(world.state); i++) {
      take(encodeStep({ kind: 'transaction', packed: world.transaction().packed }))
    }
    const target = order.target ?? parent.sealed.header.target
    const above: ParentBlock = { id: parent.id, header: parent.sealed.header, state: parent.state }
    const { header, block, content } = assembleBlock(world.rules, above, target, steps)
    const isWrong = order.isWrong === true && steps.length > 0
    const posted = isWrong ? spoil(header, block) : { header, ...block }
    const isInBlobs = order.isInBlobs === true && steps.length > 0
    const made = isInBlobs ? { ...posted, ...putIntoBlobs(world.rules, above, posted.header, steps) } : posted
    const torrentOf = (sealed: SealedHeader) => order.torrent ?? blockTorrent({ ...content, sealed }).infohash
    return this.#seal(made, torrentOf, parent.isValid && !isWrong, world.state)
  }

  /** The blobs of what was made here, for whoever knows their hashes. */
  blobsOf(hashes: readonly Hash[]): Uint8Array[] {
    const made = [...this.blocks.values()].flatMap(({ inBlobs }) => inBlobs ?? [])
    return hashes.map((hash) => {
      for (const each of made) {
        const blob = each.blobs[each.hashes.indexOf(hash)]
        if (blob !== undefined) return blob
      }
      throw new RangeError(`no blob of hash ${hash} was made`)
    })
  }

  /** Whether any account of the world can pay in this state. */
  isRich(state: State): boolean {
    return this.world.accounts.some(({ address }) => balanceOf(state, address) > 0n)
  }

  #seal(
    {
      header,
      steps,
      states,
      inBlobs,
    }: Omit<MadeBlock, 'id' | 'sealed' | 'torrent' | 'isValid' | 'state'> & Pick<SealedHeader, 'header'>,
    torrentOf: (sealed: SealedHeader) => Infohash,
    isValid: boolean,
    state: State,
  ): MadeBlock {
    const nonce = toHash(encodeUint(BigInt(++this.#nonce), 32))
    const sealed = { header, seal: { miner: this.world.pick(this.world.accounts).address, nonce } }
    const block = { id: blockId(sealed), sealed, torrent: torrentOf(sealed), steps, states, isValid, state }
    const made = inBlobs ? { ...block, inBlobs } : block
    this.blocks.set(made.id, made)
    return made
  }
}

export function published(block: MadeBlock, time: bigint): UnplacedEvent {
  const { id, sealed, torrent, steps, states, inBlobs } = block
  const { parent } = sealed.header
  return {
    kind: 'published',
    id,
    parent,
    miner: sealed.seal.miner,
    torrent,
    sealed: encodeSealed(sealed),
    body: inBlobs
      ? { hashes: inBlobs.hashes, entries: inBlobs.entries, requests: inBlobs.requests }
      : { steps, states },
    time: toTime(time),
  }
}

export function finalized(block: MadeBlock, isPaid = true): UnplacedEvent {
  return { kind: 'finalized', id: block.id, miner: block.sealed.seal.miner, fee: isPaid ? block.sealed.header.fee : 0n }
}

/** The payment of a request, which is the step of this number. */
export function claimed(rules: Rules, block: MadeBlock, step: number, isPaid = true): UnplacedEvent {
  const requests = requestsOf(rules, block.steps)
  const index = requests.findIndex((candidate) => candidate.step === step)
  const request = requests[index]
  if (request === undefined) throw new RangeError(`step ${step} is no request`)
  const amount = request.tokens - (isPaid ? feeOf(request.tokens) : 0n)
  const number = block.sealed.header.firstRequest + BigInt(index)
  return { kind: 'claimed', block: block.id, number, to: request.to, amount }
}

/** The rows of a block in blobs, with the header that this makes. What the header says of the state stays, be it wrong. */
function putIntoBlobs(rules: Rules, parent: ParentBlock, { target, state }: Header, steps: readonly AppliedStep[]) {
  const rows = blobRowsOf(steps)
  const blobs = writeBlobs(rows)
  const hashes = blobs.map((blob) => blobHash(keccak(blob)))
  const head = blobHeadOf(steps.map(({ step }) => step))
  const growth = rows.at(-1)?.growth ?? 0
  const header = deriveBlobHeader(rules, parent, target, { stepCount: steps.length, growth, state, hashes, ...head })
  return { header, inBlobs: { hashes, blobs, ...head } }
}

/** The same block, but its last step leads to a state that is not there. */
function spoil(header: SealedHeader['header'], block: { readonly steps: Uint8Array; readonly states: Uint8Array }) {
  const steps = splitSteps(block.steps)
  const wrong = toHash(keccak(block.states))
  const states = concat(block.states.subarray(0, -32), toBytes(wrong))
  const root = traceRoot(traceOf(steps, splitStates(states)))
  return { header: { ...header, state: wrong, traceRoot: root }, steps: block.steps, states }
}
