// Soundness: no proof convicts a right block, whatever is done to the proof.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Hex } from 'viem'
import { proveStep } from '../../../miner/watch/refutation.ts'
import { encodeRefutation, type Refutation } from '../../../node/ethereum/refute-call.ts'
import { applyStep, applyTransaction, type Witness } from '../../../node/protocol/apply.ts'
import { depositIndex } from '../../../node/protocol/block.ts'
import { concat, formatHex, parseHex } from '../../../node/protocol/bytes.ts'
import type { SealedHeader } from '../../../node/protocol/header.ts'
import { keyOf, ZERO_HASH } from '../../../node/protocol/ids.ts'
import type { State } from '../../../node/protocol/state.ts'
import { verifyPacked } from '../../../node/protocol/verify.ts'
import { flipBit } from '../../../scripts/assure/models/step-cases.ts'
import type { World } from '../../../scripts/assure/models/world.ts'
import { someHash, type TestBlock } from '../../support/contract/blocks.ts'
import { Reverted } from '../../support/contract/chain.ts'
import { RandomChain, type RightBlock } from '../../support/contract/random-chain.ts'
import { publishedOf } from '../../support/contract/stage.ts'

/** Proofs in the ordinary run; more with FUZZ_RUNS, others with FUZZ_SEED. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 3_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 2)
const BLOCKS_PER_CHAIN = 25

type Proof = Refutation['proof']
/** A proof by its calldata, and whether it is one that replays the step as it has to be. */
type Try = { readonly name: string; readonly data: Hex; readonly isHonest?: boolean }

describe(`a right block (${runs} proofs, seed ${seed})`, () => {
  let chain: RandomChain
  before(async () => {
    chain = await RandomChain.start(seed)
  })
  after(() => chain[Symbol.asyncDispose]())

  it('is never convicted', async (test) => {
    const seen = new Map<string, number>()
    let done = 0
    for (let blocks = 0; done < runs; blocks++) {
      if (blocks > 0 && blocks % BLOCKS_PER_CHAIN === 0) {
        await chain[Symbol.asyncDispose]()
        chain = await RandomChain.start(seed + blocks)
      }
      const { stage } = chain
      const parent = stage.tip
      const right = await chain.next()
      const block = await chain.extend(right)
      for (let i = 0; i < right.steps.length && done < runs; i++) {
        const before = right.states[i - 1] ?? parent.state
        for (const each of triesOf(parent.block, block, right, before, i)) {
          const answer = await ask(each.data)
          const about = `${each.name} of step ${i} (seed ${seed}, proof ${done}): ${answer}`
          assert.notEqual(answer, 'convicted', about)
          if (each.isHonest) assert.equal(answer, 'StepIsRight', about)
          seen.set(answer, (seen.get(answer) ?? 0) + 1)
          done++
        }
      }
      assert.equal((await stage.fixture.read.blocks([keyOf(block.id)])).flags & 1, 0)
    }
    for (const line of [...seen].toSorted()) test.diagnostic(line.join(': '))
    for (const error of ['StepIsRight', 'BadWitness', 'BadProof']) {
      assert(runs < 3_000 || seen.has(error), `no proof failed by ${error}`)
    }
  })

  /** What the contract would say: the error's name, `undecodable` where it could not even read the call, or `convicted`. */
  async function ask(data: Hex): Promise<string> {
    const { chain: ethereum, bridge } = chain.stage.fixture
    try {
      // Not by the client, which asks again and again after an answer like this.
      await ethereum.call(ethereum.request('eth_call', [{ to: bridge, data, gas: '0xf00000' }, 'latest']))
      return 'convicted'
    } catch (error) {
      if (error instanceof Reverted) return error.errorName
      if (error instanceof Error && /revert/i.test(error.message)) return 'undecodable'
      throw error
    }
  }

  function triesOf(
    parent: SealedHeader,
    block: TestBlock,
    right: RightBlock,
    before: State,
    index: number,
  ): readonly Try[] {
    const { world, stage } = chain
    const published = { parent, block: publishedOf(block) }
    const honest = proveStep(stage.rules, published, before, index)
    const forced = right.forced[index]
    const honestTries: Try[] = [{ name: 'replay', data: encodeRefutation(honest), isHonest: true }]
    const bases = [honest]
    // Of an applied step the bridge answers that it is not a void one.
    if (forced) {
      const asVoid = proveStep(stage.rules, published, before, index, forced)
      const isHonest = right.steps[index]?.[0] === 3
      if (isHonest) bases.push(asVoid)
      honestTries.push({ name: 'replay of what is forced', data: encodeRefutation(asVoid), isHonest })
    }
    return [
      ...honestTries,
      ...bases.flatMap((base) => {
        const lies = [
          ...liesAbout(world, base.proof),
          ...reencoded(openingsOf(world, base.proof, before, index, parent)),
        ]
        const tried = lies.map(({ name, ...changed }) => ({
          name,
          data: encodeRefutation({ ...base, proof: { ...base.proof, ...changed } }),
        }))
        const wrongParent = { name: 'another parent', data: encodeRefutation({ ...base, parent: block }) }
        return [...tried, wrongParent, ...rawLies(world, encodeRefutation(base))]
      }),
    ]
  }
})

/** The parts of the witness. */
function openingsOf(
  { rules }: World,
  { step, forced }: Proof,
  before: State,
  index: number,
  parent: SealedHeader,
): Witness {
  const openings: Witness = []
  if (forced === undefined) {
    applyStep(rules, before, depositIndex(parent.header, index), step, openings)
    return openings
  }
  const verified = verifyPacked(rules, forced)
  if (typeof verified !== 'string') applyTransaction(before, verified, openings)
  return openings
}

/** The proof with one of its members changed. */
function liesAbout(world: World, proof: Proof): ({ readonly name: string } & Partial<Proof>)[] {
  const { witness, siblings, previous, index, state } = proof
  const cut = Math.floor(world.random() * witness.length)
  return [
    { name: 'no witness', witness: new Uint8Array() },
    { name: 'a truncated witness', witness: witness.slice(0, cut) },
    { name: 'a witness without its first byte', witness: witness.slice(1) },
    { name: 'an extended witness', witness: concat(witness, Uint8Array.of(0)) },
    { name: 'a doubled witness', witness: concat(witness, witness) },
    ...(witness.length > 0 ? [{ name: 'a flipped witness', witness: flipBit(world, witness) }] : []),
    { name: 'the step before', index: index - 1 < 0 ? 2 ** 32 : index - 1 },
    { name: 'the step behind', index: index + 1 },
    { name: 'another step', step: flipBit(world, proof.step) },
    { name: 'no step', step: new Uint8Array() },
    { name: 'another state', state: someHash(1) },
    { name: 'a sibling less', siblings: siblings.slice(1) },
    { name: 'a sibling more', siblings: [...siblings, ZERO_HASH] },
    { name: 'siblings the other way round', siblings: [...siblings, someHash(2)].toReversed() },
    { name: 'another forced transaction', forced: flipBit(world, proof.step) },
    ...(previous
      ? [
          { name: 'another state before', previous: { ...previous, state } },
          { name: 'another step before', previous: { ...previous, stepHash: someHash(3) } },
          { name: 'this leaf as the one before', previous: { ...previous, siblings } },
          { name: 'no siblings before', previous: { ...previous, siblings: [] } },
        ]
      : []),
  ]
}

/** Openings in other forms that somebody might take for the same: no form but one may be accepted. */
function reencoded(openings: Witness): { readonly name: string; readonly witness: Uint8Array }[] {
  if (openings.length === 0) return []
  const shuffled = [...openings.slice(1), openings[0] as Uint8Array]
  const others = openings.length > 1 ? [{ name: 'shuffled openings', witness: concat(...shuffled) }] : []
  return others
    .concat({ name: 'openings without the last', witness: concat(...openings.slice(0, -1)) })
    .concat(
      openings.flatMap((opening, i) =>
        forms(opening).map(([name, form]) => ({
          name: `opening ${i} ${name}`,
          witness: concat(...openings.with(i, form)),
        })),
      ),
    )
    .filter(({ witness }) => Buffer.compare(witness, concat(...openings)) !== 0)
}

function forms(opening: Uint8Array): [string, Uint8Array][] {
  const depth = opening[0] ?? 0
  const siblings = opening.slice(1, 1 + 32 * depth)
  const rest = opening.slice(1 + 32 * depth)
  const node = rest[0] === 1 ? rest.slice(0, 37) : rest.slice(0, 1)
  const opened = rest.slice(node.length)
  const build = (levels: number, ...parts: Uint8Array[]) => concat(Uint8Array.of(levels), ...parts)
  return [
    ['lifted', build(Math.max(0, depth - 1), siblings.slice(0, -32), node, opened)],
    ['lowered', build(depth + 1, siblings, new Uint8Array(32), node, opened)],
    ['lowered at the root', build(depth + 1, new Uint8Array(32), siblings, node, opened)],
    ['as absent', build(depth, siblings, Uint8Array.of(0), opened)],
    ['as a leaf of nothing', build(depth, siblings, Uint8Array.of(1), new Uint8Array(36), opened)],
    ['as the whole tree', build(0, node)],
    ['without its sibling', build(depth, siblings, node)],
    ['with an empty sibling', build(depth, siblings, node, opened.length > 0 ? Uint8Array.of(0) : new Uint8Array(1))],
    ['with the leaf for a sibling', build(depth, siblings, node, node)],
  ]
}

/** The call itself cut, extended, and with bits flipped anywhere: numbers, lengths, places and headers. */
function rawLies(world: World, data: Hex): Try[] {
  const bytes = parseHex(data)
  const flips = Array.from({ length: 6 }, () => ({ name: 'a flipped call', data: hex(flipBit(world, bytes, 4)) }))
  const heads = Array.from({ length: 3 }, () => ({ name: 'a flipped place', data: hex(flipBit(world, bytes, 4, 100)) }))
  const cut = 4 + Math.floor(world.random() * (bytes.length - 4))
  return [
    ...flips,
    ...heads,
    { name: 'a cut call', data: hex(bytes.slice(0, cut)) },
    { name: 'an extended call', data: hex(concat(bytes, Uint8Array.of(1, 2, 3))) },
  ]
}

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}
