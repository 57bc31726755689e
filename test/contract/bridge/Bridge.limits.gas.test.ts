// The gas that goes along with what the product sends is enough by the rules of today and by those of Ethereum's next fork, in which a new word
// of storage costs four times as much (EIP-8037): a fork must stop no miner, no relayer and no user before they have a new version.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex } from 'viem'
import {
  type BridgeCall,
  claimCall,
  depositCall,
  finalizeCall,
  forceCall,
  nominateCall,
  publishBlobsCall,
  publishCall,
  withdrawBondCall,
  withdrawCall,
} from '../../../node/ethereum/calls.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { encodeSealed } from '../../../node/protocol/header.ts'
import { type BlockKey, keyOf, parseAddress, toBytes, ZERO_KEY } from '../../../node/protocol/ids.ts'
import { LANE_SHARE } from '../../../node/protocol/rules.ts'
import { toTime } from '../../../node/protocol/units.ts'
import { blobPostOf, publishBlobs, someBlobHashes } from '../../support/contract/blob-stage.ts'
import { packedBytes, proofOf, someHash, type TestBlock, transactionStep } from '../../support/contract/blocks.ts'
import type { Sender } from '../../support/contract/chain.ts'
import { EASIEST_TARGET, Fixture, HOUR } from '../../support/contract/fixture.ts'
import { Stage } from '../../support/contract/stage.ts'

const UNIT = 10n ** 18n
const PLENTY = 10n ** 20n

const stranger = (i: number) => parseAddress(`0x${someHash(i + 1_000).slice(-40)}`)
const askedBy = (payees: readonly Hex[]) =>
  payees.map((payee, seed) =>
    transactionStep({ request: true, payee: parseAddress(payee.toLowerCase()), tokens: 1_000n * UNIT, seed }),
  )

for (const fork of ['osaka', 'amsterdam'] as const) {
  describe(`the gas that goes along, by the rules of ${fork},`, () => {
    it('is enough to publish in calldata: the first block, one beside it, one beside two, one above, and a full one', async () => {
      await using fixture = await Fixture.deploy('bridge', undefined, fork)
      const { genesis } = fixture
      fixture.pass(HOUR)
      const first = await publish(fixture, genesis)
      await publish(fixture, genesis, { target: EASIEST_TARGET - 1n })
      await publish(fixture, genesis, { target: EASIEST_TARGET - 2n })
      fixture.pass(HOUR)
      await publish(fixture, first)
      const full = Array.from({ length: 500 }, (_, seed) =>
        transactionStep({ payee: stranger(seed), inputs: 2, seed, tokens: 1n }),
      )
      await publish(fixture, first, { steps: full })
    })

    it('is enough to publish in blobs', async () => {
      await using stage = await Stage.start('blobs', undefined, fork)
      const steps = askedBy([stranger(0)])
      const { whole, receipt } = await publishBlobs(stage, blobPostOf(stage, steps))
      const { gas } = publishBlobsCall(encodeSealed(stage.fixture.genesis), whole, { hashes: someBlobHashes(1) })
      assert.ok(receipt.gasUsed <= gas, `${receipt.gasUsed} of ${gas}`)
    })

    it('is enough to nominate, to finalize, and to pay many who hold nothing yet', async () => {
      await using fixture = await Fixture.deploy('bridge', undefined, fork)
      const { genesis } = fixture
      fixture.pass(HOUR)
      const block = await publish(fixture, genesis, {
        steps: askedBy(Array.from({ length: 51 }, (_, i) => stranger(i))),
      })
      const rival = await publish(fixture, genesis, { target: EASIEST_TARGET - 1n })
      await send(fixture, nominateCall(genesis.id, rival.id))
      await send(fixture, nominateCall(genesis.id, block.id))
      fixture.pass(48n * HOUR)
      await send(fixture, finalizeCall(encodeSealed(block)))
      await send(fixture, claimCall(encodeSealed(block), claimsOf(block, 0, 1)))
      await send(fixture, claimCall(encodeSealed(block), claimsOf(block, 1, 51)))
    })

    it('is enough for the first deposit of an account, and to force one transaction or a hundred', async () => {
      await using fixture = await Fixture.deploy('bridge', undefined, fork)
      const { genesis, chain } = fixture
      const block = await fixture.extendFinal(genesis, { steps: askedBy([fixture.account(0)]) })
      await fixture.claim(block, proofOf(block, 0))
      const deadline = chain.time + HOUR
      const [v, r, s] = await fixture.signPermit(UNIT, deadline)
      await send(fixture, depositCall(UNIT, stranger(1), { deadline: toTime(deadline), v, r, s }))
      const packed = Array.from({ length: LANE_SHARE }, (_, seed) => packedBytes({ payee: stranger(2), seed }))
      await send(fixture, forceCall(packed.slice(0, 1)), { value: PLENTY })
      await send(fixture, forceCall(packed.slice(0, 100)), { value: PLENTY })
      await send(fixture, forceCall([packedBytes({ payee: stranger(2), inputs: 8, memo: 140 })]), { value: PLENTY })
    })

    it('is enough to fetch a bond, for an account that Ethereum does not know yet', async () => {
      await using fixture = await Fixture.deploy('bridge', undefined, fork)
      const block = await fixture.extend(fixture.genesis, { miner: stranger(7) })
      fixture.pass(48n * HOUR)
      await send(fixture, withdrawBondCall(encodeSealed(block)))
      await send(fixture, withdrawCall(stranger(7)))
      assert.equal(await fixture.chain.client.getBalance({ address: stranger(7) }), fixture.bond())
    })
  })
}

/** Publishes as the miner does, beside what lives there. */
async function publish(
  fixture: Fixture,
  parent: TestBlock,
  draft: Parameters<Fixture['draft']>[1] = {},
): Promise<TestBlock> {
  const beside = await latestChild(fixture, parent)
  if (beside !== ZERO_KEY) fixture.pass(1n)
  const block = fixture.draft(parent, draft)
  const { steps, states, torrent, ...sealed } = block
  const posted = { sealed, torrent, steps: concat(...steps), states: concat(...states.map(toBytes)) }
  const value = fixture.bond({ rival: beside !== ZERO_KEY })
  await send(fixture, publishCall(encodeSealed(parent), posted, beside), { from: block.seal.miner, value })
  fixture.times.set(block.id, fixture.chain.time)
  return block
}

async function latestChild(fixture: Fixture, parent: TestBlock): Promise<BlockKey> {
  const { firstChild, lastChild } = await fixture.read.blocks([keyOf(parent.id)])
  return (lastChild === ZERO_KEY ? firstChild : lastChild) as BlockKey // the contract's, in lower case
}

function claimsOf(block: TestBlock, from: number, to: number) {
  return Array.from({ length: to - from }, (_, i) => {
    const { number, step, to: recipient, amount: gross, siblings } = proofOf(block, from + i)
    return { number, step, recipient, gross, siblings }
  })
}

/** With no more gas than goes along; throws where that does not suffice. */
async function send(fixture: Fixture, { data, gas }: BridgeCall, sender: Sender = {}): Promise<void> {
  await fixture.chain.send(fixture.bridge, data, { ...sender, gas })
}
