// The plan of the next block in one place: kept as long as it is apt, and shown to the bridge before any work goes into it.

import { OperationError } from '../node/errors.ts'
import type { EthereumAccount } from '../node/ethereum/account.ts'
import type { KzgPool } from '../node/ethereum/blobs/kzg-pool.ts'
import { publishBlobsCall, publishCall, type Trial } from '../node/ethereum/calls.ts'
import type { Head } from '../node/ethereum/reader.ts'
import { isAnyRefusal, isBlindToBlobs, isRefusal } from '../node/ethereum/refusals.ts'
import type { ParentBlock } from '../node/protocol/block.ts'
import { type Address, type Hash, keyOf, ZERO_HASH } from '../node/protocol/ids.ts'
import { isInBlobs, type WholeBody } from '../node/protocol/replay.ts'
import type { Rules } from '../node/protocol/rules.ts'
import { type GasPrice, toWei } from '../node/protocol/units.ts'
import type { Content } from './assemble.ts'
import { type Plan, planBlock, postContent } from './plan.ts'
import type { Room } from './siblings.ts'

/** What a block should state, and what it may state at most. */
export type Targets = { readonly aim: bigint; readonly easiest: bigint }

/** What the block builds on, what it does, and what is known of its chances. */
export type Outline = {
  readonly parent: ParentBlock
  readonly sealedParent: Uint8Array
  readonly content: Content
  readonly targets: Targets
  readonly room: Room
  /** Of blobs, where there are any. */
  readonly blobGasPrice?: GasPrice
}

export type DraftDeps = {
  readonly ethereum: Pick<EthereumAccount, 'simulate'>
  readonly kzg: Pick<KzgPool, 'hashes'>
}

/** `refusal` is what the bridge said of the plan as of block `askedAt` of Ethereum. */
type Latest = { readonly plan: Plan; readonly askedAt?: Hash; readonly refusal?: string }

/** A plan is made again when its target is this far from what it should be: a twentieth. */
const APART = 20n

export class Draft {
  readonly #deps: DraftDeps
  readonly #payout: Address
  #latest: Latest | undefined
  /** Of the newest content: a mere change of the target leaves it as it is. */
  #posted: { readonly content: Content; readonly body: WholeBody } | undefined

  constructor(deps: DraftDeps, payout: Address) {
    this.#deps = deps
    this.#payout = payout
  }

  /** The plan, and why it cannot be published now, if so. Throws trouble with the endpoint. */
  async plan(rules: Rules, outline: Outline, head: Head): Promise<{ readonly plan: Plan; readonly obstacle?: string }> {
    const { parent, content, targets, room } = outline
    let latest = this.#latest
    if (latest === undefined || !isStillApt(latest.plan, outline)) {
      const body = await this.#bodyOf(content)
      latest = { plan: planBlock(rules, parent, content, body, targets.aim, this.#payout) }
    }
    const isAccepted = latest.askedAt !== undefined && latest.refusal === undefined
    if (room.obstacle === undefined && !isAccepted && latest.askedAt !== head.hash) {
      const refusal = await this.#refusalOf(latest.plan, outline, head)
      latest = { plan: latest.plan, askedAt: head.hash, ...(refusal === undefined ? {} : { refusal }) }
    }
    this.#latest = latest
    const obstacle = room.obstacle ?? latest.refusal
    return { plan: latest.plan, ...(obstacle === undefined ? {} : { obstacle }) }
  }

  async #bodyOf(content: Content): Promise<WholeBody> {
    if (this.#posted?.content !== content) this.#posted = { content, body: await postContent(content, this.#deps.kzg) }
    return this.#posted.body
  }

  /** Why the bridge would refuse the block whatever its nonce: better known before hours of work than after. */
  async #refusalOf({ header, work, body }: Plan, { sealedParent, room, blobGasPrice }: Outline, head: Head) {
    const sealed = { header, seal: { miner: work.miner, nonce: ZERO_HASH } }
    const beside = room.beside && keyOf(room.beside.last)
    const call: Trial = isInBlobs(body)
      ? publishBlobsCall(sealedParent, { sealed, ...body }, { hashes: body.hashes }, beside)
      : publishCall(sealedParent, { sealed, ...body }, beside)
    try {
      await this.#deps.ethereum.simulate(call, toWei(0n), head.next, undefined, blobGasPrice)
    } catch (error) {
      // Then it says nothing about the call.
      if (call.sidecar !== undefined && error instanceof OperationError && isBlindToBlobs(error)) return undefined
      // The work is looked at after all else that is known before it is done.
      if (isRefusal(error, 'InsufficientWork', 'BondTooSmall')) return undefined
      if (isAnyRefusal(error)) return error.message
      throw error
    }
    return undefined
  }
}

function isStillApt(plan: Plan, { content, targets, room }: Outline): boolean {
  const { target } = plan.header
  const { aim, easiest } = targets
  if (plan.content !== content || target > easiest) return false
  if (room.beside !== undefined) return target === room.beside.target
  const apart = target > aim ? target - aim : aim - target
  return apart * APART < target
}
