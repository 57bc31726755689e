// Completeness: whatever is changed in a right block, publish refuses it or its refutation succeeds.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { refuteGas } from '../../../node/ethereum/calls.ts'
import { encodeRefutation } from '../../../node/ethereum/refute-call.ts'
import type { PublishedBlock } from '../../../node/protocol/block.ts'
import { parseHex } from '../../../node/protocol/bytes.ts'
import { decodeSealed } from '../../../node/protocol/header.ts'
import { splitSteps } from '../../../node/protocol/step.ts'
import { toHex } from '../../support/contract/blocks.ts'
import { type Receipt, Reverted } from '../../support/contract/chain.ts'
import { MUTATIONS, type Posted, postedOf } from '../../support/contract/mutations.ts'
import { RandomChain, type RightBlock } from '../../support/contract/random-chain.ts'
import { readerOf } from '../../support/queue.ts'
import { buildRefutation } from '../../support/refutation.ts'

/** Mutations in the ordinary run; more with FUZZ_RUNS, others with FUZZ_SEED. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 1_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const MUTATIONS_PER_BLOCK = 40
const BLOCKS_PER_CHAIN = 25

type Outcome = 'refused' | 'refuted' | 'right'

describe(`a block with one thing changed (${runs} mutations, seed ${seed})`, () => {
  let chain: RandomChain
  before(async () => {
    chain = await RandomChain.start(seed)
  })
  after(() => chain[Symbol.asyncDispose]())

  it('is refused or refuted', async (test) => {
    const seen = new Map<string, number>()
    for (let done = 0, blocks = 0; done < runs; blocks++) {
      if (blocks > 0 && blocks % BLOCKS_PER_CHAIN === 0) {
        await chain[Symbol.asyncDispose]()
        chain = await RandomChain.start(seed + blocks)
      }
      const right = await chain.next()
      for (let i = 0; i < MUTATIONS_PER_BLOCK && done < runs; i++, done++) {
        const [name, mutate] = chain.world.pick(Object.entries(MUTATIONS))
        const posted = mutate(chain.world, right, chain.stage.tip)
        if (posted === undefined) continue
        const outcome = await judge(right, posted, `${name} (seed ${seed}, mutation ${done})`)
        seen.set(`${name}: ${outcome}`, (seen.get(`${name}: ${outcome}`) ?? 0) + 1)
      }
      await chain.extend(right)
    }
    for (const line of [...seen].toSorted()) test.diagnostic(line.join(': '))
    // A run in which no block died for it would have shown nothing of a kind.
    for (const name of REFUTABLE)
      assert(runs < 2_000 || seen.has(`${name}: refuted`), `${name} never led to a refutation`)
  })

  it('in any single bit of a state is refuted', async () => {
    const right = await chain.next()
    const { steps, states } = postedOf(right)
    const at = Math.floor(chain.world.random() * right.steps.length)
    for (let bit = 0; bit < 256; bit++) {
      const changed = states.slice()
      const place = 32 * at + (bit >> 3)
      changed[place] = (changed[place] ?? 0) ^ (0x80 >> (bit & 7))
      assert.equal(await judge(right, { steps, states: changed }, `bit ${bit} of state ${at}`), 'refuted')
    }
    await chain.extend(right)
  })

  /** Publishes what is posted and does what a watcher does, who has nothing but the event. All is as before then. */
  async function judge(right: RightBlock, posted: Posted, about: string): Promise<Outcome> {
    const { stage } = chain
    const back = await stage.snapshot()
    try {
      const receipt = await publish(posted)
      if (receipt === undefined) return 'refused'
      const [event] = stage.fixture.events(receipt, 'BlockPublished')
      assert(event)
      const { header, steps, states } = event.args
      const block = { sealed: decodeSealed(parseHex(header)), steps: parseHex(steps), states: parseHex(states) }
      const parent = { sealed: stage.tip.block, state: stage.tip.state }
      const refutation = buildRefutation(stage.rules, parent, block, readerOf(stage.queue))
      if (refutation === undefined) {
        assert(isPartOf(right, block), `${about}: neither refused nor refuted, nor a part of the right block`)
        return 'right'
      }
      const proved = await stage.fixture.prove(refutation)
      const refuted = stage.fixture.events(proved, 'BlockRefuted')
      assert.equal(refuted[0]?.args.id, event.args.id, about)
      assert.ok(proved.gasUsed <= refuteGas(encodeRefutation(refutation)), `${about}: it used ${proved.gasUsed} gas`)
      return 'refuted'
    } catch (error) {
      throw new Error(`${about}: ${error instanceof Error ? error.message : error}`, { cause: error })
    } finally {
      await back()
    }
  }

  /** `undefined` if the contract refuses it. */
  async function publish({ steps, states, parent, target }: Posted): Promise<Receipt | undefined> {
    const { fixture, tip } = chain.stage
    const draft = fixture.draft(tip.block, target === undefined ? {} : { target })
    try {
      return await fixture.publish(parent === undefined ? tip.block : toHex(parent), draft, { steps, states })
    } catch (error) {
      if (error instanceof Reverted) return undefined
      throw error
    }
  }
})

/** The mutations that publish cannot see, at least not always. */
const REFUTABLE = Object.keys(MUTATIONS).filter(
  (name) =>
    ![
      'a step without its state',
      'a byte cut off',
      'the header of the parent',
      'the target',
      'another fee of a queue step',
    ].includes(name),
)

/** Whether a block has the first steps of another and their states, which makes it right. */
function isPartOf(right: RightBlock, { steps, states }: PublishedBlock): boolean {
  const count = splitSteps(steps).length
  const part = postedOf({ ...right, steps: right.steps.slice(0, count), states: right.states.slice(0, count) })
  return Buffer.compare(part.steps, steps) === 0 && Buffer.compare(part.states, states) === 0
}
