// A bridge with real money on it: blocks with true states on a tip whose state is known, a real queue, and proofs against lies.

import assert from 'node:assert/strict'
import type { Refutation } from '../../../node/ethereum/refute-call.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import { type PublishedBlock, replayBlock, type Verdict } from '../../../node/protocol/block.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { type Address, type Hash, toBytes } from '../../../node/protocol/ids.ts'
import type { QueueEntry } from '../../../node/protocol/queue.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { type State, stateRoot } from '../../../node/protocol/state.ts'
import { encodeStep, queueIndexes } from '../../../node/protocol/step.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import { readerOf } from '../queue.ts'
import { buildRefutation } from '../refutation.ts'
import { type Draft, depositStep, type TestBlock } from './blocks.ts'
import type { Fork } from './chain.ts'
import { Fixture, genesisTransaction, MIN_REQUEST, type PublishOptions } from './fixture.ts'

/** A block and the true state after it, or what a liar calls so. */
export type Tip = { readonly block: TestBlock; readonly state: State }

export class Stage implements AsyncDisposable {
  readonly fixture: Fixture
  readonly rules: Rules
  /** All entries that the contract has, from the first. */
  readonly queue: QueueEntry[] = []
  tip: Tip

  private constructor(fixture: Fixture, state: State) {
    this.fixture = fixture
    this.rules = { chain: 31_337n, bridge: fixture.bridge, token: fixture.token, minRequest: MIN_REQUEST }
    this.tip = { block: fixture.genesis, state }
  }

  static async start(
    kind: Parameters<typeof Fixture.deploy>[0],
    genesis = { state: genesisState(genesisTransaction), infohash: genesisInfohash(genesisTransaction) },
    fork: Fork = 'osaka',
  ): Promise<Stage> {
    return new Stage(await Fixture.deploy(kind, genesis, fork), genesis.state)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fixture[Symbol.asyncDispose]()
  }

  /** Everything but the chain's clock goes back to where it was when the answer of this is called, once. */
  async snapshot(): Promise<() => Promise<void>> {
    const { tip, queue } = this
    const length = queue.length
    const back = await this.fixture.chain.snapshot()
    return async () => {
      await back()
      this.tip = tip
      queue.length = length
    }
  }

  /** The states after each step on a parent; a step that is invalid changes nothing, as a liar may have it. */
  statesOf(steps: readonly Uint8Array[], parent = this.tip): State[] {
    const { header } = parent.block
    const indexes = queueIndexes(header.lanes, steps)
    let { state } = parent
    return steps.map((step, i) => {
      state = applyStep(this.rules, state, indexes[i] ?? 0n, step).state
      return state
    })
  }

  /** Drafts a child of `parent`; states that are not given are those of `statesOf`. */
  draft(
    steps: readonly Uint8Array[],
    states?: readonly Hash[],
    parent = this.tip,
    draft: Partial<Draft> = {},
  ): TestBlock {
    const roots = states ?? this.statesOf(steps, parent).map(stateRoot)
    return this.fixture.draft(parent.block, { ...draft, steps, states: roots })
  }

  async publish(block: TestBlock, parent = this.tip, options: PublishOptions = {}): Promise<TestBlock> {
    const [event] = this.fixture.events(await this.fixture.publish(parent.block, block, options), 'BlockPublished')
    assert.equal(event?.args.id, block.id)
    return block
  }

  /** Publishes a right block and makes it the tip; final if a day passes with `isFinal`. */
  async extend(steps: readonly Uint8Array[], { isFinal = false } = {}): Promise<TestBlock> {
    const block = await this.publish(this.draft(steps))
    assert.equal(this.judge(block).verdict, 'valid')
    if (isFinal) {
      this.fixture.pass(24n * 3_600n)
      await this.fixture.finalize(block)
    }
    this.tip = { block, state: this.statesOf(steps).at(-1) ?? this.tip.state }
    return block
  }

  async deposit(gross: bigint, to: Address, from: Address): Promise<Uint8Array> {
    await this.fixture.approve(gross, from)
    await this.fixture.deposit(gross, to, from)
    const entry = { kind: 'deposit', gross, to } as const
    this.queue.push(entry)
    return depositStep(gross, to)
  }

  /** Enters units of the asset that `from` is. */
  async enter(amount: bigint, to: Address, from: Address): Promise<Uint8Array> {
    const fee = toGwei(this.fixture.enterFee())
    await this.fixture.enter(amount, to, from)
    const entry = { kind: 'entered', fee, amount, to, asset: from } as const
    this.queue.push(entry)
    return encodeStep({ kind: 'entered', entry })
  }

  /** Forces a packed transaction; answers what it pays, in gwei. */
  async force(packed: Uint8Array): Promise<bigint> {
    await this.fixture.force([packed])
    const fee = this.fixture.forceFee(packed)
    this.queue.push({ kind: 'forced', fee: toGwei(fee), packed })
    return fee
  }

  judge(block: TestBlock, parent = this.tip): Verdict {
    const before = { id: parent.block.id, header: parent.block.header, state: parent.state }
    return replayBlock(this.rules, before, publishedOf(block), readerOf(this.queue))
  }

  refutationOf(block: TestBlock, parent = this.tip): Refutation | undefined {
    const before = { sealed: parent.block, state: parent.state }
    return buildRefutation(this.rules, before, publishedOf(block), readerOf(this.queue))
  }
}

/** A block as its event carries it. */
export function publishedOf(block: TestBlock): PublishedBlock {
  return { sealed: block, steps: concat(...block.steps), states: concat(...block.states.map(toBytes)) }
}
