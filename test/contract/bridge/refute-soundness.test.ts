// Soundness: no proof convicts a right block, whatever is done to the proof.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Hex } from 'viem'
import { proveStep } from '../../../miner/watch/refutation.ts'
import { encodeRefutation, type Refutation } from '../../../node/ethereum/refute-call.ts'
import { applyStep, applyTransaction, type Witness } from '../../../node/protocol/apply.ts'
import { blobHash } from '../../../node/protocol/blob-hash.ts'
import { queueIndexOf } from '../../../node/protocol/block.ts'
import { concat, formatHex, parseHex } from '../../../node/protocol/bytes.ts'
import type { SealedHeader } from '../../../node/protocol/header.ts'
import { type Hash, keyOf, toBytes, toHash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import type { State } from '../../../node/protocol/state.ts'
import { verifyPacked } from '../../../node/protocol/verify.ts'
import { flipBit } from '../../../scripts/assure/models/step-cases.ts'
import type { World } from '../../../scripts/assure/models/world.ts'
import { someHash, type TestBlock } from '../../support/contract/blocks.ts'
import { Reverted } from '../../support/contract/chain.ts'
import { RandomChain, type RightBlock } from '../../support/contract/random-chain.ts'
import { publishedOf } from '../../support/contract/stage.ts'
import { joinOpening, type Opening, splitOpening } from '../../support/opening.ts'

/** Proofs in the ordinary run; more with FUZZ_RUNS, others with FUZZ_SEED. */
const runs = Number(process.env['FUZZ_RUNS'] ?? 1_000)
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
    for (const error of ['StepIsRight', 'BadWitness', 'BadProof', 'NotNeeded', 'OtherBlobs', 'BadBlobs']) {
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
          ...reencoded(openingsOf(world, base.proof, before, index, parent, block)),
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
  block: SealedHeader,
): Witness {
  const openings: Witness = []
  if (forced === undefined) {
    applyStep(rules, before, queueIndexOf(parent.header, block.header, index), step, openings)
    return openings
  }
  const verified = verifyPacked(rules, forced)
  if (typeof verified !== 'string') applyTransaction(before, verified, openings)
  return openings
}

/** The proof with one of its members changed. */
function liesAbout(world: World, proof: Proof): ({ readonly name: string } & Partial<Proof>)[] {
  const { witness, index, opening } = proof
  const parts = splitOpening(proof)
  const { siblings, previous, state } = parts
  const opened = (name: string, changed: Partial<Opening>) => ({
    name,
    opening: joinOpening({ ...parts, ...changed }),
  })
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
    { name: 'no opening', opening: new Uint8Array() },
    { name: 'an opening without its first byte', opening: opening.slice(1) },
    { name: 'an opening cut off', opening: opening.slice(0, -1) },
    { name: 'an extended opening', opening: concat(opening, Uint8Array.of(0)) },
    { name: 'a doubled opening', opening: concat(opening, opening) },
    opened('another state', { state: someHash(1) }),
    opened('a flipped state', { state: flipped(world, state) }),
    opened('a sibling less', { siblings: siblings.slice(1) }),
    opened('a sibling more', { siblings: [...siblings, ZERO_HASH] }),
    opened('siblings the other way round', { siblings: [...siblings, someHash(2)].toReversed() }),
    ...siblings.map((each, i) => opened('a flipped sibling', { siblings: siblings.with(i, flipped(world, each)) })),
    { name: 'another forced transaction', forced: flipBit(world, proof.step) },
    { name: 'hashes of blobs', hashes: [blobHash(new Uint8Array(48))] },
    { name: 'hashes of no blobs', hashes: [someHash(4)] },
    { name: 'a request', request: [someHash(5)] },
    { name: 'a request of nothing', request: [ZERO_HASH] },
    ...(previous
      ? [
          opened('another state before', { previous: { ...previous, state } }),
          opened('a flipped state before', { previous: { ...previous, state: flipped(world, previous.state) } }),
          opened('another step before', { previous: { ...previous, stepHash: someHash(3) } }),
          opened('a flipped step before', { previous: { ...previous, stepHash: flipped(world, previous.stepHash) } }),
          opened('this leaf as the one before', { previous: { ...previous, siblings } }),
          opened('no siblings before', { previous: { ...previous, siblings: [] } }),
          opened('a sibling more before', { previous: { ...previous, siblings: [...previous.siblings, ZERO_HASH] } }),
          ...previous.siblings.map((each, i) =>
            opened('a flipped sibling before', {
              previous: { ...previous, siblings: previous.siblings.with(i, flipped(world, each)) },
            }),
          ),
          opened('both leaves swapped', { ...previous, previous: { ...parts, stepHash: previous.stepHash } }),
          {
            name: 'the leaf before first',
            opening: concat(opening.slice(32 * (1 + siblings.length)), opening.slice(0, 32 * (1 + siblings.length))),
          },
          { name: 'no leaf before', opening: opening.slice(0, 32 * (1 + siblings.length)) },
        ]
      : [{ name: 'a leaf before the first', opening: concat(opening, toBytes(someHash(6)), opening) }]),
  ]
}

function flipped(world: World, hash: Hash): Hash {
  return toHash(flipBit(world, toBytes(hash)))
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
