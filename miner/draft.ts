// The plan of the next block in one place: kept as long as it is apt, and shown to the bridge before any work goes into it.

import type { EthereumAccount } from '../node/ethereum/account.ts'
import { publishCall } from '../node/ethereum/calls.ts'
import type { Head } from '../node/ethereum/reader.ts'
import { isAnyRefusal, isRefusal } from '../node/ethereum/refusals.ts'
import type { ParentBlock } from '../node/protocol/block.ts'
import { type Address, type Hash, keyOf, ZERO_HASH } from '../node/protocol/ids.ts'
import type { Rules } from '../node/protocol/rules.ts'
import { toWei } from '../node/protocol/units.ts'
import { type Content, type Plan, planBlock } from './assemble.ts'
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
}

/** `refusal` is what the bridge said of the plan as of block `askedAt` of Ethereum. */
type Latest = { readonly plan: Plan; readonly askedAt?: Hash; readonly refusal?: string }

/** A plan is made again when its target is this far from what it should be: a twentieth. */
const APART = 20n

export class Draft {
  readonly #ethereum: Pick<EthereumAccount, 'simulate'>
  readonly #payout: Address
  #latest: Latest | undefined

  constructor(ethereum: Pick<EthereumAccount, 'simulate'>, payout: Address) {
    this.#ethereum = ethereum
    this.#payout = payout
  }

  /** The plan, and why it cannot be published now, if so. Throws trouble with the endpoint. */
  async plan(rules: Rules, outline: Outline, head: Head): Promise<{ readonly plan: Plan; readonly obstacle?: string }> {
    const { parent, sealedParent, content, targets, room } = outline
    let latest = this.#latest
    if (latest === undefined || !isStillApt(latest.plan, outline)) {
      latest = { plan: planBlock(rules, parent, content, targets.aim, this.#payout) }
    }
    const isAccepted = latest.askedAt !== undefined && latest.refusal === undefined
    if (room.obstacle === undefined && !isAccepted && latest.askedAt !== head.hash) {
      const refusal = await this.#refusalOf(latest.plan, sealedParent, room.beside?.last, head)
      latest = { plan: latest.plan, askedAt: head.hash, ...(refusal === undefined ? {} : { refusal }) }
    }
    this.#latest = latest
    const obstacle = room.obstacle ?? latest.refusal
    return { plan: latest.plan, ...(obstacle === undefined ? {} : { obstacle }) }
  }

  /** Why the bridge would refuse the block whatever its nonce: better known before hours of work than after. */
  async #refusalOf(plan: Plan, sealedParent: Uint8Array, beside: Hash | undefined, head: Head) {
    const sealed = { header: plan.header, seal: { miner: plan.work.miner, nonce: ZERO_HASH } }
    try {
      await this.#ethereum.simulate(
        publishCall(sealedParent, { sealed, ...plan.block }, beside && keyOf(beside)),
        toWei(0n),
        head.next,
      )
    } catch (error) {
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
