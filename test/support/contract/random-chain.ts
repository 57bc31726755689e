// Random valid blocks on a bridge: deposits, entries of assets, issuances, forced transactions good and bad, requests, many inputs, accounts that come and go.

import assert from 'node:assert/strict'
import { applyTransaction } from '../../../node/protocol/apply.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { toHash } from '../../../node/protocol/ids.ts'
import type { QueueEntry } from '../../../node/protocol/queue.ts'
import { MAX_TOKENS } from '../../../node/protocol/rules.ts'
import { outputsOf, type State, stateRoot } from '../../../node/protocol/state.ts'
import { encodeStep, type Step } from '../../../node/protocol/step.ts'
import { verifyPacked } from '../../../node/protocol/verify.ts'
import { accountOf, pay, World } from '../../../scripts/assure/models/world.ts'
import { waitingAfter } from '../queue.ts'
import { proofOf, type TestBlock } from './blocks.ts'
import { HOUR } from './fixture.ts'
import { Stage } from './stage.ts'

/** A right block that was not published yet: its steps, and the state after each. */
export type RightBlock = {
  readonly steps: readonly Uint8Array[]
  readonly states: readonly State[]
  /** The packed transaction of a step that comes from a forced one. */
  readonly forced: readonly (Uint8Array | undefined)[]
}

const GIFT = 10n ** 20n

export class RandomChain implements AsyncDisposable {
  readonly stage: Stage
  readonly world: World

  private constructor(stage: Stage, world: World) {
    this.stage = stage
    this.world = world
  }

  /** A chain whose first block, final, has put wTTX into account 0 for the deposits to come. */
  static async start(seed: number, kind: 'harness' | 'blobs' = 'harness'): Promise<RandomChain> {
    const sketch = new World(seed)
    const stage = await Stage.start(kind, { state: sketch.state, infohash: sketch.genesis })
    const world = new World(seed, sketch.accounts.length, stage.rules)
    const { fixture, rules } = stage
    fixture.pass(HOUR)
    const owner = world.accounts.find(({ address }) => address === outputsOf(world.state)[0]?.owner)
    assert(owner)
    const bridge = { chain: rules.chain, to: fixture.account(0) }
    const { packed } = pay(owner, { to: rules.bridge, bridge, tokens: GIFT, time: 1, prev: [world.genesis] }, rules)
    const chain = new RandomChain(stage, world)
    chain.world.apply({ kind: 'transaction', packed })
    const block = await stage.extend([concat(Uint8Array.of(4), packed)], { isFinal: true })
    await fixture.claim(block, proofOf(block, 0))
    return chain
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]()
  }

  /** Fills the queue, lets time pass, and assembles a right block; the world is then where that leads. */
  async next(): Promise<RightBlock> {
    const { stage, world } = this
    for (let i = 0; i < 2; i++)
      await stage.deposit(1_000n + this.#number(10_000), world.pick(world.accounts).address, stage.fixture.account(0))
    for (let i = 0; i < 2; i++) {
      const amount = world.random() < 0.2 ? MAX_TOKENS : 1n + this.#number(10_000)
      const asset = stage.fixture.account(2 + Number(this.#number(2)))
      await stage.enter(amount, world.pick(world.accounts).address, asset)
    }
    // The second of two transactions may take what the first has spent; the third never had anything.
    for (let i = 0; i < 2; i++) await stage.force(world.transaction().packed)
    const nobody = accountOf(`nobody ${world.random()}`)
    await stage.force(
      pay(nobody, { to: nobody.address, tokens: 1n, time: 1, prev: [world.genesis] }, stage.rules).packed,
    )
    stage.fixture.pass(HOUR)
    const steps: Uint8Array[] = []
    const states: State[] = []
    const add = (step: Step) => {
      world.apply(step)
      steps.push(encodeStep(step))
      states.push(world.state)
    }
    const entries = waitingAfter(stage.queue, stage.tip.block.header.lanes)
    for (const entry of entries) add(this.#consume(entry))
    const count = 3 + Number(this.#number(12))
    for (let i = 0; i < count; i++) add({ kind: 'transaction', packed: world.transaction().packed })
    return { steps, states, forced: entries.map((entry) => (entry.kind === 'forced' ? entry.packed : undefined)) }
  }

  /** Publishes a right block, which is the tip then. */
  async extend({ steps, states }: RightBlock): Promise<TestBlock> {
    const block = await this.stage.extend(steps)
    assert.deepEqual(block.states, states.map(stateRoot))
    return block
  }

  #consume(entry: QueueEntry): Step {
    if (entry.kind === 'deposit') return { kind: 'deposit', entry }
    if (entry.kind === 'entered') return { kind: 'entered', entry }
    const { fee, packed } = entry
    const verified = verifyPacked(this.stage.rules, packed)
    const isValid = typeof verified !== 'string' && applyTransaction(this.world.state, verified).reason === 'None'
    return isValid ? { kind: 'applied', fee, packed } : { kind: 'void', fee, packedHash: toHash(keccak(packed)) }
  }

  #number(below: number): bigint {
    return BigInt(Math.floor(this.world.random() * below))
  }
}
