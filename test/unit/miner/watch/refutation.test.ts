// The builder of refutations: it finds the first wrong step, opens the state before it, and says nothing of what is right or unknown.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeFunctionData } from 'viem'
import { bridgeAbi } from '../../../../deployments/bridge-abi.ts'
import { proveStep } from '../../../../miner/watch/refutation.ts'
import { encodeRefutation } from '../../../../node/ethereum/refute-call.ts'
import { applyStep, type Witness } from '../../../../node/protocol/apply.ts'
import { assembleBlock, type PublishedBlock } from '../../../../node/protocol/block.ts'
import { concat, formatHex } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { blockId, genesisBlock, SEALED_BYTES } from '../../../../node/protocol/header.ts'
import { toHash, ZERO_ADDRESS, ZERO_HASH } from '../../../../node/protocol/ids.ts'
import type { ForcedEntry } from '../../../../node/protocol/queue.ts'
import { type State, stateRoot } from '../../../../node/protocol/state.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { isInTrace, traceLeaf } from '../../../../node/protocol/trace.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { RULES, World } from '../../../../scripts/assure/models/world.ts'
import { splitOpening } from '../../../support/opening.ts'
import { buildRefutation } from '../../../support/refutation.ts'

const world = new World(3)
const genesis = genesisBlock({
  chain: RULES.chain,
  bridge: RULES.bridge,
  easiestTarget: 2n ** 240n,
  state: stateRoot(world.state),
})
const parent = { sealed: genesis, state: world.state }
const plain = Array.from({ length: 5 }, () => {
  const before = world.state
  const { packed } = world.transaction()
  world.apply({ kind: 'transaction', packed })
  return { step: encodeStep({ kind: 'transaction', packed }), packed, before, after: world.state }
})
const noQueue = () => undefined

function blockOf(steps: readonly { readonly step: Uint8Array; readonly after: State }[]): PublishedBlock {
  const before = { id: blockId(genesis), header: genesis.header, state: parent.state }
  const { header, block } = assembleBlock(RULES, before, 2n ** 240n, steps)
  return { ...block, sealed: { header, seal: { miner: ZERO_ADDRESS, nonce: ZERO_HASH } } }
}

describe('buildRefutation', () => {
  it('has nothing to say of a right block, nor of an empty one', () => {
    assert.equal(buildRefutation(RULES, parent, blockOf(plain), noQueue), undefined)
    assert.equal(buildRefutation(RULES, parent, blockOf([]), noQueue), undefined)
  })

  it('proves the first wrong step, with the leaf before it and the openings of the true state', () => {
    for (const at of plain.keys()) {
      // From here on every state is that of the step before: the later ones are wrong too.
      const lies = plain.map((each, i) => (i < at ? each : { ...each, after: each.before }))
      const block = blockOf(lies)
      const refutation = buildRefutation(RULES, parent, block, noQueue)
      assert(refutation)
      const { proof } = refutation
      assert.equal(proof.index, at)
      assert.deepEqual(proof.hashes, [])
      const { state, siblings, previous } = splitOpening(proof)
      assert.equal(state, stateRoot(plain[at]?.before))
      const witness: Witness = []
      applyStep(RULES, plain[at]?.before, 0n, proof.step, witness)
      assert.deepEqual(proof.witness, concat(...witness))
      const { traceRoot } = block.sealed.header
      assert(isInTrace(traceRoot, plain.length, at, traceLeaf(proof.step, state), siblings))
      assert.equal(previous === undefined, at === 0)
      if (previous === undefined) continue
      assert.equal(previous.state, stateRoot(plain[at - 1]?.after))
      assert.equal(previous.stepHash, toHash(keccak(plain[at - 1]?.step ?? proof.step)))
      const before = traceLeaf(plain[at - 1]?.step ?? proof.step, previous.state)
      assert(isInTrace(traceRoot, plain.length, at - 1, before, previous.siblings))
    }
  })

  it('proves a void that is none by the transaction, and does not judge one that it does not know', () => {
    const [first] = plain
    assert(first)
    const entry: ForcedEntry = { kind: 'forced', fee: toGwei(5n), packed: first.packed }
    const step = encodeStep({ kind: 'void', fee: toGwei(5n), packedHash: toHash(keccak(first.packed)) })
    const block = blockOf([{ step, after: parent.state }])
    const refutation = buildRefutation(RULES, parent, block, () => entry)
    assert.deepEqual(refutation?.proof.forced, first.packed)
    const witness: Witness = []
    applyStep(RULES, parent.state, 0n, first.step, witness)
    assert.deepEqual(refutation?.proof.witness, concat(...witness))
    assert.equal(buildRefutation(RULES, parent, block, noQueue), undefined)
  })

  it('throws where the bytes are none that a bridge takes', () => {
    const block = blockOf(plain)
    for (const broken of [{ steps: block.steps.slice(1) }, { states: block.states.slice(1) }]) {
      assert.throws(() => buildRefutation(RULES, parent, { ...block, ...broken }, noQueue), { code: 'bad-steps' })
    }
  })
})

describe('encodeRefutation', () => {
  it('is the call of the bridge', () => {
    const block = blockOf(plain)
    for (const index of [0, 3]) {
      const before = plain[index]?.before
      const refutation = proveStep(
        RULES,
        { parent: genesis, block },
        before,
        index,
        index === 3 ? plain[0]?.packed : undefined,
      )
      const { functionName, args } = decodeFunctionData({ abi: bridgeAbi, data: encodeRefutation(refutation) })
      assert.equal(functionName, 'refute')
      const [header, sealedParent, proof] = args as readonly [string, string, Record<string, unknown>]
      assert.equal(header.length, 2 + 2 * SEALED_BYTES)
      assert.equal(sealedParent.length, 2 + 2 * SEALED_BYTES)
      assert.equal(proof['index'], BigInt(index))
      assert.equal(proof['step'], `0x${formatHex(plain[index]?.step ?? new Uint8Array())}`)
      assert.deepEqual(proof['hashes'], [])
      assert.equal(proof['opening'], `0x${formatHex(refutation.proof.opening)}`)
      assert.equal(proof['witness'], `0x${formatHex(refutation.proof.witness)}`)
      assert.deepEqual(proof['request'], [])
      assert.equal(proof['forced'], index === 3 ? `0x${formatHex(plain[0]?.packed ?? new Uint8Array())}` : '0x')
    }
  })

  it('is of a step that the block has', () => {
    assert.throws(() => proveStep(RULES, { parent: genesis, block: blockOf(plain) }, parent.state, 5), RangeError)
  })
})
