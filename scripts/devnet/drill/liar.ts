// A miner who lies on purpose, or builds right blocks at moments of its choice: for drills and tests on development chains.

import { ParentStates } from '../../../miner/parent-state.ts'
import { parseEntry, readPending } from '../../../miner/queue-reader.ts'
import { liveChildren } from '../../../miner/siblings.ts'
import { rulesOf } from '../../../miner/watch/judge.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { OperationError } from '../../../node/errors.ts'
import type { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import type { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import type { ParentBlock, Verdict } from '../../../node/protocol/block.ts'
import { challengeOf, decodeSealed, encodeSealed } from '../../../node/protocol/header.ts'
import { type Address, type BlockKey, type Hash, type Infohash, keyOf } from '../../../node/protocol/ids.ts'
import { laneOf, type QueuePlace } from '../../../node/protocol/queue.ts'
import { replay } from '../../../node/protocol/replay.ts'
import { QUEUE_GRACE, type Rules } from '../../../node/protocol/rules.ts'
import { outputValue, type State } from '../../../node/protocol/state.ts'
import { decodeStep } from '../../../node/protocol/step.ts'
import { targetCeiling, targetFloor } from '../../../node/protocol/target.ts'
import { decodeTransaction } from '../../../node/protocol/transaction.ts'
import { secondsFrom, type Time } from '../../../node/protocol/units.ts'
import { waitFor } from '../demo/patience.ts'
import { honestContent, tellAll, torrentOf } from './content.ts'
import { honestSteps } from './honest.ts'
import { LIES, type LieKind, tellLie, usualMode } from './lies.ts'
import { findNonce } from './nonce.ts'
import { type DataMode, type Posting, postInBlobs, postInCalldata, withSpareBlobs } from './posting.ts'
import { type Content, type Scene, type Signer, withPayment } from './scene.ts'
import { type SealedBlock, sendBlock } from './send-block.ts'

export type LiarDeps = {
  /** Where the liar looks; this node may call the liar's blocks wrong. */
  readonly node: NodeClient
  /** Who pays for gas and bonds. */
  readonly sender: TransactionSender
  /** For blocks in blobs; without it there are none. */
  readonly kzg?: Pick<KzgPool, 'sidecar'>
  /** With TTX, to lie about. */
  readonly wallet: Signer
  /** Unix milliseconds. */
  readonly now: () => number
}

export type LiarOptions = {
  /** Absent: a right block. */
  readonly lie?: LieKind
  /** Where its rows are. Default: where the lie is usually told, else in calldata. A block without steps has none. */
  readonly data?: DataMode
  /** Random blobs behind those of the rows, which count for nothing. Default 0. */
  readonly spareBlobs?: number
  /** The node's tip by default. May be a block of the liar's own, a bad one too. */
  readonly parent?: Hash
  /** Default: whether the parent has a live child already. */
  readonly rival?: boolean
  /**
   * What is in the block, before a lie: `honest` (the default) is the queue and what waits at the node, as far as it applies on the
   * parent; `empty` is nothing at all; `payment` is the queue and a small payment of the liar's; a list is the queue and then these packed transactions, each told by its true result, or as
   * if it changed nothing where it is invalid.
   */
  readonly content?: 'honest' | 'empty' | 'payment' | readonly Uint8Array[]
  /** `least` (the default): the easiest target that is allowed; `most`: the hardest, half of the parent's. A rival has that of the first child, as the bridge asks. */
  readonly work?: 'least' | 'most'
  /** Default: the account of the sender. */
  readonly payout?: Address
  /** What the header names; default: the torrent that the block really has. */
  readonly torrent?: Infohash
  readonly signal?: AbortSignal
}

/** A block that is sealed and not sent. */
export type Prepared = SealedBlock & {
  readonly id: Hash
  /** By the liar's own replay on what its parent states; `undefined` for steps without a shape. */
  readonly verdict: Verdict | undefined
  /** What the liar goes on from. */
  readonly state: State
}

export type Published = {
  readonly id: Hash
  readonly parent: Hash
  readonly height: bigint
  readonly target: bigint
  readonly rival: boolean
  readonly transaction: Hash
  /** Units. */
  readonly gas: bigint
  /** Unix seconds on Ethereum. */
  readonly publishedAt: number
  readonly verdict: 'valid' | 'invalid' | 'unknown'
  /** Of an invalid block: its first wrong step, and what is wrong there. */
  readonly step?: number
  readonly problem?: Extract<Verdict, { verdict: 'invalid' }>['problem']
}

/** Anything that makes a block, but its parent. */
type Ground = {
  readonly rules: Rules
  readonly parent: ParentBlock
  readonly sealed: Uint8Array
  readonly publishedAt: Time
}

const HISTORY = 100
const PATIENCE = { deadlineMs: 30_000, pollMs: 20 }

export class Liar {
  readonly #deps: LiarDeps
  /** The liar's own blocks, bad ones too, for which no node would give a state. */
  readonly #own = new Map<Hash, { readonly parent: ParentBlock; readonly sealed: Uint8Array }>()
  #rules: Rules | undefined
  #states: ParentStates | undefined

  constructor(deps: LiarDeps) {
    this.#deps = deps
  }

  /** Who pays on Ethereum. */
  get account(): Address {
    return this.#deps.sender.ethereum.account
  }

  /**
   * Makes, seals and sends a block, and waits until it is on Ethereum. Throws `nothing-to-lie-about` (`needOf` says what to arrange),
   * the bridge's refusals, `not-published` (retry) where somebody else's block came first, and trouble with node and endpoint.
   */
  async publish(options: LiarOptions = {}): Promise<Published> {
    return await this.send(await this.prepare(options), options.signal)
  }

  /** All but the sending. */
  async prepare(options: LiarOptions = {}): Promise<Prepared> {
    const { sender } = this.#deps
    const parentId = options.parent ?? (await this.tip(options.signal))
    const standing = await sender.ethereum.standing(parentId)
    const ground = await this.#groundOn(parentId, standing.publishedAt)
    const scene = await this.#sceneOn(ground, options)
    const content = options.lie === undefined ? honestContent(scene) : tellLie(options.lie, scene)
    const rival = options.rival ?? standing.children !== undefined
    const first = rival ? standing.children?.first : undefined
    const target = await this.#target(ground, first, options.work ?? 'least', options.signal)
    const { header, body } = await this.#post(ground, scene, content, target, options)
    const miner = options.payout ?? this.account
    const { nonce, digest: id } = await findNonce({ challenge: challengeOf(header), miner, target }, options.signal)
    const sealed = { header, seal: { miner, nonce } }
    const torrent = options.torrent ?? torrentOf(ground.rules, sealed, content, body)
    const block = { ...(torrent && { torrent }), sealed, ...body }
    this.#own.set(id, { parent: { id, header, state: content.state }, sealed: encodeSealed(sealed) })
    const { lanes } = ground.parent.header
    const queue = ({ lane, index }: QueuePlace) =>
      scene.queue.filter(({ kind }) => laneOf(kind) === lane)[Number(index - lanes[lane].count)]
    const hasShape = content.steps.every((step) => decodeStep(step)) && content.steps.length === content.states.length
    const isReplayed = hasShape || 'blobs' in block
    return {
      id,
      parent: parentId,
      ...block,
      rival,
      ground: ground.sealed,
      verdict: isReplayed ? replay(ground.rules, ground.parent, block, queue) : undefined,
      state: content.state,
    }
  }

  async #post(
    { rules, parent }: Ground,
    scene: Scene,
    content: Content,
    target: bigint,
    { lie, data = lie === undefined ? 'calldata' : usualMode(lie), spareBlobs = 0 }: LiarOptions,
  ): Promise<Posting> {
    if (data === 'calldata' || content.steps.length === 0) return postInCalldata(rules, parent, content, target)
    const { kzg } = this.#deps
    if (kzg === undefined) throw new RangeError('a liar without KZG has no blobs')
    const { alter } = lie === undefined ? {} : LIES[lie]
    return await postInBlobs(rules, parent, content, target, kzg, (draft) =>
      withSpareBlobs(alter?.(draft, scene) ?? draft, spareBlobs),
    )
  }

  /** Sends a block that was prepared before, for whatever it is worth by now. Throws what `publish` throws. */
  async send(prepared: Prepared, signal?: AbortSignal): Promise<Published> {
    const { id, parent, sealed, rival, verdict } = prepared
    const outcome = await sendBlock(this.#deps.sender, prepared, signal)
    const { publishedAt } = await this.#deps.sender.ethereum.record(id)
    if (outcome.status !== 'done') {
      throw new OperationError(
        'not-published',
        `expected block ${id} to be published, but its transaction is ${outcome.status}: something else came first; make another one`,
        { facts: { block: id, status: outcome.status }, retry: true },
      )
    }
    return {
      id,
      parent,
      height: sealed.header.height,
      target: sealed.header.target,
      rival,
      transaction: outcome.receipt.hash,
      gas: outcome.receipt.gasUsed,
      publishedAt: Number(publishedAt),
      verdict: verdict?.verdict ?? 'unknown',
      ...(verdict?.verdict === 'invalid' ? { step: verdict.step, problem: verdict.problem } : {}),
    }
  }

  /** What there is to lie about on a parent: `prepare` uses it. */
  async scene(parent?: Hash, content: LiarOptions['content'] = 'honest'): Promise<Scene> {
    const id = parent ?? (await this.tip())
    const { publishedAt } = await this.#deps.sender.ethereum.standing(id)
    return await this.#sceneOn(await this.#groundOn(id, publishedAt), { content })
  }

  /** The block that the node would build on; waits while it reads what is new. Throws `waited-in-vain`. */
  async tip(signal = new AbortController().signal): Promise<Hash> {
    const { node } = this.#deps
    return await waitFor(`${node.url} to follow the bridge`, { ...PATIENCE, signal }, async () => {
      const { bridge } = await node.call('node_info', {}, signal)
      return bridge.state === 'live' ? bridge.tip?.id : undefined
    })
  }

  async #groundOn(id: Hash, publishedAt: Time): Promise<Ground> {
    const { node } = this.#deps
    this.#rules ??= rulesOf(await node.call('node_info', {}))
    this.#states ??= new ParentStates(node, this.#rules)
    const own = this.#own.get(id)
    if (own !== undefined) return { rules: this.#rules, ...own, publishedAt }
    const { sealed } = await node.call('bridge_block', { id })
    const decoded = decodeSealed(sealed)
    return { rules: this.#rules, parent: await this.#states.blockOf(id, decoded), sealed, publishedAt }
  }

  async #sceneOn({ rules, parent }: Ground, { content = 'honest' }: Pick<LiarOptions, 'content'>): Promise<Scene> {
    const { node, sender, wallet, now } = this.#deps
    const { time } = await sender.ethereum.head()
    const { entries } = await readPending(node, parent.header.lanes)
    const queue = content === 'empty' ? [] : entries.map(parseEntry)
    const candidates = content === 'honest' ? await this.#candidates() : []
    const honest = [...honestSteps(rules, parent, queue, candidates)]
    if (typeof content !== 'string') honest.push(...tellAll(rules, parent, honest, content))
    const scene = {
      rules,
      parent,
      queue: entries.map(parseEntry),
      overdue: entries.some((entry) => BigInt(entry.time) + QUEUE_GRACE <= time),
      honest,
      liar: wallet,
      spent: await this.#spentBelow(parent.state),
      // Two lies in one second are two transactions all the same.
      time: Math.floor(now() / 1_000) + this.#own.size,
    }
    return content === 'payment' ? withPayment(scene) : scene
  }

  /** Waits while the node goes over to another branch. */
  async #candidates() {
    const { node } = this.#deps
    const patience = { ...PATIENCE, signal: new AbortController().signal }
    return await waitFor(`${node.url} to say what waits for a block`, patience, async () => {
      return (await node.call('bridge_template', {})).candidates
    })
  }

  /** Outputs of the liar that are gone in a state. */
  async #spentBelow(state: State): Promise<Infohash[]> {
    const { node, wallet } = this.#deps
    const { transactions } = await node.call('account_history', { owner: wallet.address, limit: HISTORY })
    const spent = transactions.flatMap(({ status, file }): readonly Infohash[] => {
      const tx = file && (status === 'ordered' || status === 'final') ? decodeTransaction(file) : undefined
      return tx?.kind === 'signed' && tx.from === wallet.address ? tx.prev : []
    })
    return spent.filter((infohash) => outputValue(state, infohash, wallet.address) === 0n)
  }

  async #target(
    ground: Ground,
    first: BlockKey | undefined,
    work: 'least' | 'most',
    signal?: AbortSignal,
  ): Promise<bigint> {
    const { ethereum } = this.#deps.sender
    const { easiestTarget } = await ethereum.parameters()
    const { time } = await ethereum.head()
    const parentTarget = ground.parent.header.target
    if (first !== undefined) return await this.#targetOf(ground.parent.id, first, signal)
    if (work === 'most') return targetFloor(parentTarget)
    return targetCeiling(parentTarget, secondsFrom(ground.publishedAt, time), easiestTarget)
  }

  /** Of the first live child, whose work a rival has to have. Ethereum may have it before the node does. */
  async #targetOf(parent: Hash, key: BlockKey, signal = new AbortController().signal): Promise<bigint> {
    const { node } = this.#deps
    const own = [...this.#own].find(([id]) => keyOf(id) === key)?.[1]
    if (own !== undefined) return own.parent.header.target
    return await waitFor(`${node.url} to see the block of key ${key}`, { ...PATIENCE, signal }, async () => {
      return (await liveChildren(node, parent, signal)).find(({ id }) => keyOf(id) === key)?.target
    })
  }
}
