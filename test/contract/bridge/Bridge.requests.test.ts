// Requests of other assets: what the bridge says of them to whoever pays them, and that it never pays them itself.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeAsset } from '../../../node/protocol/asset.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { toBytes, toInfohash } from '../../../node/protocol/ids.ts'
import { leafProofOf, proofOf, someHash, transactionStep } from '../../support/contract/blocks.ts'
import { assertReverts } from '../../support/contract/chain.ts'
import { Fixture, HOUR, sealedHex } from '../../support/contract/fixture.ts'
import { freshForEach } from '../../support/contract/fresh.ts'

const DAY = 24n * HOUR
const fixture = await Fixture.deploy('harness')
const { chain, genesis, read, wttx } = fixture
await freshForEach(fixture)

const recipient = fixture.account(5)
const [contract, other] = [fixture.account(7), fixture.account(8)]

describe('requestOf', () => {
  it('says of any request of a final block who mined it, and of nothing else', async () => {
    const steps = [
      transactionStep({ payee: recipient, request: true, tokens: 500n, asset: encodeAsset(contract), seed: 1 }),
      transactionStep({ payee: recipient, request: true, tokens: 500n, seed: 2 }),
      transactionStep({ payee: recipient, tokens: 500n, seed: 3 }),
      transactionStep({ payee: recipient, request: true, tokens: 7n, asset: encodeAsset(other), seed: 4 }),
    ]
    const block = await fixture.extendFinal(genesis, { steps })
    const ask = (number: bigint, leaf: `0x${string}`, siblings: readonly `0x${string}`[], of = block) =>
      chain.call(read.requestOf([sealedHex(of), number, leaf, siblings]))
    for (const step of [0, 1, 3]) {
      const { number, leaf, siblings } = leafProofOf(block, step)
      const [miner, earns] = await ask(number, leaf, siblings)
      assert.deepEqual([miner.toLowerCase(), earns], [block.seal.miner, true])
    }
    const { number, leaf, siblings } = leafProofOf(block, 3)
    assert.equal(number, 2n)
    for (const [place, text, path] of [
      [1n, leaf, siblings],
      [0n, leaf, siblings],
      [2n, someHash(1), siblings],
      [2n, leaf, siblings.slice(1)],
      [2n, leaf, [...siblings, someHash(1)]],
      [2n, leafProofOf(block, 0).leaf, siblings],
    ] as const)
      await assertReverts(ask(place, text, path), 'BadProof', [place, 2n])
    // The tree of three is filled up with zeros, which nobody asked for.
    await assertReverts(ask(3n, someHash(0), siblings), 'NoSuchRequest', [3n, 0n, 3n])
    const pending = await fixture.extend(block, { steps })
    const first = leafProofOf(pending, 0)
    await assertReverts(ask(first.number, first.leaf, first.siblings, pending), 'NotFinal', [pending.id])
    await assertReverts(ask(0n, leaf, siblings, pending), 'NotFinal', [pending.id])
    fixture.pass(DAY)
    await fixture.finalize(pending)
    await assertReverts(ask(0n, leafProofOf(block, 0).leaf, first.siblings, pending), 'NoSuchRequest', [0n, 3n, 3n])
    assert.equal(first.number, 3n)
    await ask(first.number, first.leaf, first.siblings, pending)
  })

  it('says that a block that displaced another earns nothing', async () => {
    const steps = [transactionStep({ payee: recipient, request: true, tokens: 500n, asset: encodeAsset(contract) })]
    const first = await fixture.extend(genesis)
    const rival = fixture.draft(genesis, { steps, target: first.header.target })
    await fixture.publish(genesis, rival, { rival: true })
    fixture.pass(HOUR)
    const heavy = await fixture.extend(rival)
    fixture.pass(20n * HOUR)
    await fixture.nominate(genesis, heavy)
    fixture.pass(48n * HOUR)
    await fixture.finalize(rival)
    const { number, leaf, siblings } = leafProofOf(rival, 0)
    const [miner, earns] = await read.requestOf([sealedHex(rival), number, leaf, siblings])
    assert.deepEqual([miner.toLowerCase(), earns], [rival.seal.miner, false])
  })
})

describe('a request of another asset', () => {
  const kinds: readonly Uint8Array[] = [
    encodeAsset(contract),
    encodeAsset(toInfohash(toBytes(someHash(5)).subarray(12))),
    // Invalid, for a judge to say: the contract only writes down what it asks for.
    concat(Uint8Array.of(9), toBytes(contract)),
    concat(Uint8Array.of(0), toBytes(contract)),
  ]

  it('is never paid in wTTX, whatever its kind, and leaves supply and fee alone where that is not 0', async () => {
    const steps = kinds.map((asset, seed) =>
      transactionStep({ payee: recipient, request: true, tokens: 500n, asset, seed }),
    )
    const block = await fixture.extendFinal(genesis, { steps })
    for (const step of steps.keys()) await assertReverts(fixture.claim(block, proofOf(block, step)), 'BadProof')
    assert.equal(await wttx.balanceOf([recipient]), 0n)
    assert.deepEqual([block.header.supply, block.header.fee], [10n ** 27n - 500n, 5n])
  })

  it('may be for more than all TTX there is', async () => {
    const [asset] = kinds
    assert(asset)
    const step = transactionStep({ payee: recipient, request: true, tokens: 2n ** 128n - 1n, asset })
    const { header } = await fixture.extend(genesis, { steps: [step, step] })
    assert.deepEqual([header.supply, header.fee, header.requestCount], [10n ** 27n, 0n, 2])
    const ttx = transactionStep({ payee: recipient, request: true, tokens: 10n ** 27n + 1n })
    await assertReverts(fixture.publish(genesis, fixture.draft(genesis, { steps: [step, ttx] })), 'SupplyExceeded')
  })
})
