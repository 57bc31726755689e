// Records are found by half of an id, and a header is that of a record by 8 bytes more. What would come of a header that somebody has ground to the
// key of another one is tried here by changing those bytes in the contract's storage.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeAbiParameters, type Hex, isHex, keccak256, toHex as toQuantity } from 'viem'
import { keyOf, toBytes, ZERO_ADDRESS } from '../../../node/protocol/ids.ts'
import { proofOf, type TestBlock, transactionStep } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { Fixture, HOUR, sealedHex } from '../../support/contract/fixture.ts'
import { freshForEach } from '../../support/contract/fresh.ts'

/** Where the contract keeps its records. */
const BLOCKS_SLOT = 2n
const fixture = await Fixture.deploy('harness')
const { chain, genesis, read } = fixture
await freshForEach(fixture)

const payee = fixture.account(3)
const request = transactionStep({ request: true, payee, tokens: 1_000n })

/** Of the only step of a block, but for its witness. */
function proofOfFirst({ steps, states, id }: TestBlock) {
  const [step = new Uint8Array(), state = id] = [steps[0], states[0]]
  return { index: 0, hashes: [], step, opening: toBytes(state), witness: new Uint8Array() }
}

/** Until the answer is called, the record of a block has another tag. */
async function withOtherTag({ id }: TestBlock): Promise<() => Promise<void>> {
  const slot = keccak256(encodeAbiParameters([{ type: 'bytes16' }, { type: 'uint256' }], [keyOf(id), BLOCKS_SLOT]))
  const word = await chain.request('eth_getStorageAt', [fixture.bridge, slot, 'latest'])
  assert.ok(isHex(word) && BigInt(word) !== 0n)
  const set = async (value: Hex) => {
    await chain.request('hardhat_setStorageAt', [fixture.bridge, slot, value])
  }
  await set(toQuantity(BigInt(word) ^ (1n << 255n), { size: 32 }))
  return () => set(word)
}

describe('a header of the right key and another tag', () => {
  it('of a final block pays nothing, proves nothing, gets no bond, and is no parent', async () => {
    const final = await fixture.extendFinal(genesis, { steps: [request] })
    const child = await fixture.extend(final, { steps: [transactionStep({ payee })] })
    const back = await withOtherTag(final)
    await assertReverts(fixture.claim(final, proofOf(final, 0)), 'NotFinal', [final.id])
    await assertReverts(fixture.claimMany(final, [proofOf(final, 0)]), 'NotFinal', [final.id])
    await assertReverts(chain.call(read.balanceAt([sealedHex(final), payee, 0, ZERO_ADDRESS, '0x0000'])), 'NotFinal', [
      final.id,
    ])
    await assertReverts(fixture.withdrawBond(final), 'UnknownBlock', [final.id])
    await assertReverts(fixture.publish(final, fixture.draft(final)), 'UnknownBlock', [final.id])
    await assertReverts(fixture.prove({ block: child, parent: final, proof: proofOfFirst(child) }), 'NotParent', [
      child.id,
      final.id,
    ])
    await back()
    await fixture.claim(final, proofOf(final, 0))
  })

  it('of a living one is neither final nor refuted, and its key is taken', async () => {
    const block = await fixture.extend(genesis, { steps: [request] })
    const back = await withOtherTag(block)
    await assertReverts(fixture.prove({ block, parent: genesis, proof: proofOfFirst(block) }), 'UnknownBlock', [
      block.id,
    ])
    await assertReverts(fixture.publish(genesis, block), 'AlreadyPublished', [block.id])
    fixture.pass(24n * HOUR)
    await assertReverts(fixture.finalize(block), 'NotChildOfFinal', [block.id])
    await back()
    await fixture.finalize(block)
  })
})
