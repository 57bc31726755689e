// Publishes blocks of any content at any place: what a miner with own wishes does, and a liar who knows no rule.

import { publishCall } from '../../miner/ethereum/calls.ts'
import type { TransactionSender } from '../../miner/ethereum/sender.ts'
import { ParentStates } from '../../miner/parent-state.ts'
import { readQueue } from '../../miner/queue-reader.ts'
import type { NetworkDefinition } from '../../node/deployment.ts'
import { OperationError } from '../../node/errors.ts'
import { applyStep } from '../../node/protocol/apply.ts'
import type { ParentBlock } from '../../node/protocol/block.ts'
import { keccak } from '../../node/protocol/hash.ts'
import { decodeSealed } from '../../node/protocol/header.ts'
import { type Address, type Hash, toHash } from '../../node/protocol/ids.ts'
import type { QueueEntry } from '../../node/protocol/queue.ts'
import { QUEUE_SHARE, STEP_LIMIT } from '../../node/protocol/rules.ts'
import type { State } from '../../node/protocol/state.ts'
import { encodeStep, type Step } from '../../node/protocol/step.ts'
import { targetCeiling } from '../../node/protocol/target.ts'
import type { NodeClient } from '../../node/rpc/client.ts'
import { forge } from '../unit/miner/forge.ts'

export type Order = {
  /** Default: the tip of the node. */
  readonly parent?: Hash
  readonly rival?: boolean
  /** Packed, in this order, after the queue; each must be valid in its place. */
  readonly transactions?: readonly Uint8Array[]
  /** A packed transaction after those that is said to change nothing, right or wrong. */
  readonly wrong?: Uint8Array
  /** How many queue entries to consume; default all that a block may. */
  readonly entries?: number
  /** Asks for so many times twice the work than is needed. */
  readonly harder?: number
  /** Default: the account that pays. */
  readonly payout?: Address
}

export type Publication = {
  readonly id: Hash
  readonly parent: Hash
  readonly height: bigint
  readonly transaction: Hash
  readonly gas: bigint
  readonly publishedAt: bigint
}

export class Author {
  readonly #node: NodeClient
  readonly #sender: TransactionSender
  readonly #network: NetworkDefinition
  readonly #states: ParentStates
  /** Own blocks: nobody else knows what follows from the wrong ones. */
  readonly #own = new Map<Hash, { readonly block: ParentBlock; readonly sealed: Uint8Array }>()

  constructor(node: NodeClient, sender: TransactionSender, network: NetworkDefinition) {
    this.#node = node
    this.#sender = sender
    this.#network = network
    this.#states = new ParentStates(node, network.rules)
  }

  /** Resolves when the block is in Ethereum. Throws the bridge's refusal, before anything is sent. */
  async publish(order: Order): Promise<Publication> {
    const { ethereum } = this.#sender
    const tip = order.parent ?? (await this.#node.call('bridge_template', {})).parent.id
    const parent = await this.#parent(tip)
    const steps = await this.#steps(parent.block, order)
    const target = (await this.#target(parent.block)) >> BigInt(order.harder ?? 0)
    const { rules } = this.#network
    const forged = forge(rules, parent.block, steps, target, order.payout ?? ethereum.account, order.wrong)
    const { id } = forged.next
    this.#own.set(id, { block: forged.next, sealed: forged.sealedBytes })
    const outcome = await this.#sender.send(publishCall(parent.sealed, forged, order.rival ?? false))
    if (outcome.status !== 'done') {
      throw new OperationError(
        'not-published',
        `expected block ${id} to be published, but its transaction is ${outcome.status}`,
      )
    }
    const { publishedAt } = await ethereum.record(id)
    const { hash: transaction, gasUsed: gas } = outcome.receipt
    return { id, parent: tip, height: forged.next.header.height, transaction, gas, publishedAt }
  }

  async #parent(id: Hash): Promise<{ readonly block: ParentBlock; readonly sealed: Uint8Array }> {
    const own = this.#own.get(id)
    if (own !== undefined) return own
    const { sealed } = await this.#node.call('bridge_block', { id })
    const decoded = decodeSealed(sealed)
    const count = decoded.header.queueCount
    const from = count > BigInt(STEP_LIMIT) ? count - BigInt(STEP_LIMIT) : 0n
    const queue = await readQueue(this.#node, from, STEP_LIMIT, AbortSignal.timeout(60_000))
    return { block: await this.#states.blockOf(id, decoded, queue), sealed }
  }

  /** The queue as an honest block has it, then what was ordered. */
  async #steps(parent: ParentBlock, { entries = QUEUE_SHARE, transactions = [] }: Order): Promise<Step[]> {
    const first = parent.header.queueCount
    const queue = await readQueue(this.#node, first, entries, AbortSignal.timeout(60_000))
    const steps: Step[] = []
    let state = parent.state
    const add = (step: Step) => {
      state = applyStep(this.#network.rules, state, first + BigInt(steps.length), encodeStep(step)).state
      steps.push(step)
    }
    for (let i = 0; i < entries; i++) {
      const entry = queue(first + BigInt(i))
      if (entry === undefined) break
      add(this.#queueStep(state, first + BigInt(i), entry))
    }
    for (const packed of transactions) add({ kind: 'transaction', packed })
    return steps
  }

  #queueStep(state: State, index: bigint, entry: QueueEntry): Step {
    if (entry.kind === 'deposit') return { kind: 'deposit', entry }
    const { fee, packed } = entry
    const applied: Step = { kind: 'applied', fee, packed }
    const { reason } = applyStep(this.#network.rules, state, index, encodeStep(applied))
    return reason === 'None' ? applied : { kind: 'void', fee, packedHash: toHash(keccak(packed)) }
  }

  /** The easiest that is allowed now, and for a rival no easier than the first. */
  async #target({ id, header }: ParentBlock): Promise<bigint> {
    const { ethereum } = this.#sender
    const [{ time }, standing] = await Promise.all([ethereum.head(), ethereum.standing(id)])
    const ceiling = targetCeiling(header.target, time - standing.publishedAt, this.#network.easiestTarget)
    const { firstChild } = standing
    if (firstChild === undefined) return ceiling
    const own = this.#own.get(firstChild)?.block.header
    const { target } = own ?? (await this.#node.call('bridge_block', { id: firstChild }))
    if (target < ceiling) return target
    return ceiling
  }
}
