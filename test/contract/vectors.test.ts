// The contract's libraries against the shared vectors of the step function.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Hex, keccak256, size, stringToHex } from 'viem'
import { REASONS } from '../../node/protocol/rules.ts'
import { TestChain } from '../support/contract/chain.ts'
import applyVectors from '../vectors/apply.json' with { type: 'json' }
import feeVectors from '../vectors/fee.json' with { type: 'json' }
import infohashVectors from '../vectors/infohash.json' with { type: 'json' }
import sha1Vectors from '../vectors/sha1.json' with { type: 'json' }
import stepVectors from '../vectors/step.json' with { type: 'json' }
import takeVectors from '../vectors/take.json' with { type: 'json' }
import treeVectors from '../vectors/tree.json' with { type: 'json' }
import typedDataVectors from '../vectors/typed-data.json' with { type: 'json' }
import { deployHarness, type Harness } from './harness/deploy.ts'

describe('vectors of the step function in Solidity', () => {
  let chain: TestChain
  let harness: Harness
  let steps: Harness

  before(async () => {
    chain = await TestChain.start()
    harness = await deployHarness(chain, 'ApplyHarness')
    steps = await deployHarness(chain, 'StepHarness')
  })
  after(() => chain[Symbol.asyncDispose]())

  it('sha1.json', async () => {
    for (const { data, digest } of sha1Vectors) {
      const [result] = (await harness.call('sha1Of', data)) as [Hex, bigint]
      assert.equal(result, digest, data)
    }
  })

  it('fee.json', async () => {
    const fees = await deployHarness(chain, 'FeeHarness')
    const split = await fees.call(
      'split',
      feeVectors.map(({ amount }) => BigInt(amount)),
    )
    assert.deepEqual(split, [feeVectors.map(({ fee }) => BigInt(fee)), feeVectors.map(({ net }) => BigInt(net))])
  })

  it('infohash.json', async () => {
    for (const { name, file, infohash } of infohashVectors) {
      assert.equal(await harness.call('infohashOf', stringToHex(file)), `0x${infohash}`, name)
    }
  })

  it('typed-data.json', async () => {
    const { rules, vectors } = typedDataVectors
    for (const { name, packed, digest, from, file } of vectors) {
      assert.equal(await harness.call('digestOf', rules, packed), digest, name)
      assert.equal(String(await harness.call('senderOf', rules, packed)).toLowerCase(), from, name)
      assert.equal(await harness.call('write', rules, from, packed), stringToHex(file), name)
    }
  })

  it('take.json', async () => {
    for (const { name, packed, packedOffer, offerDigest, maker, digest, taker, file } of takeVectors) {
      const [signedOffer, signer, signedTake, sender, text, hash] = (await harness.call('readTake', packed)) as Hex[]
      assert.deepEqual([signedOffer, signedTake, text], [offerDigest, digest, stringToHex(file)], name)
      assert.deepEqual([signer?.toLowerCase(), sender?.toLowerCase()], [maker, taker], name)
      assert.equal(hash, keccak256(packedOffer as Hex), name)
    }
  })

  it('step.json', async () => {
    for (const vector of stepVectors) {
      const step = vector.step as Hex
      assert.equal(await steps.call('sizeAt', step, 0n), BigInt(vector.size), vector.name)
      if (vector.size !== size(step) || vector.size === 0) continue
      const reading = (await steps.call('read', step, 0n)) as { readonly entryHash: Hex; readonly hash: Hex }
      assert.equal(reading.hash, vector.hash, vector.name)
      if (vector.entryHash !== null) assert.equal(reading.entryHash, vector.entryHash, vector.name)
    }
  })

  it('tree.json', async () => {
    for (const { name, root, key, found, value, witness, next } of treeVectors) {
      const result = await harness.call('touch', root, key, value, witness)
      assert.deepEqual(result, [BigInt(found), next], name)
    }
  })

  it('apply.json', async () => {
    const { rules, cases } = applyVectors
    for (const { name, pre, queueIndex, step, witness, reason, post, growth } of cases) {
      const result = await harness.call('applyStep', rules, pre, queueIndex, step, witness)
      const [code, root, , grown] = result as [number, Hex, bigint, bigint]
      assert.deepEqual([REASONS[code], root, grown], [reason, post, BigInt(growth)], name)
    }
  })
})
