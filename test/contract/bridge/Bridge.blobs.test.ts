// Publishing blocks whose rows are in blobs: what is refused, what header is sealed, and how they stand among the others.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { network } from 'hardhat'
import { encodeErrorResult, encodeFunctionData, type Hex, size } from 'viem'
import { concat, encodeUint, parseHex } from '../../../node/protocol/bytes.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { decodeSealed } from '../../../node/protocol/header.ts'
import { toBytes, type ZERO_HASH } from '../../../node/protocol/ids.ts'
import { countsOf } from '../../../node/protocol/queue.ts'
import { requestsRoot } from '../../../node/protocol/requests.ts'
import { toBaseUnits } from '../../../node/protocol/units.ts'
import { blobPostOf, carry, publishBlobs, sendHead, someBlobHashes } from '../../support/contract/blob-stage.ts'
import {
  appliedStep,
  depositStep,
  enteredStep,
  packedBytes,
  proofOf,
  someHash,
  transactionStep,
  voidStep,
} from '../../support/contract/blocks.ts'
import { assertReverts, readArtifact } from '../../support/contract/chain.ts'
import { founder, genesisTransaction, HOUR, sealedHex } from '../../support/contract/fixture.ts'
import { freshForEach } from '../../support/contract/fresh.ts'
import { Stage } from '../../support/contract/stage.ts'
import { requestTo, transfer } from '../../support/contract/verdicts.ts'

const DAY = 24n * HOUR
const GENESIS = genesisInfohash(genesisTransaction)
const stage = await Stage.start('blobs')
const { fixture } = stage
const tip = stage.tip
await freshForEach(fixture)

const payee = fixture.account(5)
const request = (step: number, tokens: bigint, to = payee, kind = 0) =>
  concat(encodeUint(step, 2), Uint8Array.of(kind), toBytes(to), encodeUint(tokens, 16))
const assetRequest = (step: number, tokens: bigint, kind = 2) =>
  concat(request(step, tokens, payee, kind), toBytes(fixture.account(7)))
const requests = (count: number, tokens = 100n) =>
  concat(...Array.from({ length: count }, (_, i) => request(i, tokens)))
/** A deposit that the queue does not have: all that is before the queue's check is refused first. */
const deposits = (count: number) => concat(...Array.from({ length: count }, () => depositStep(1_000n, payee)))
const forced = packedBytes({ payee })

describe('publishBlobs', () => {
  before(async () => {
    stage.tip = tip
    stage.queue.length = 0
    await carry(stage, someBlobHashes(1))
  })

  const refuses = (head: Parameters<typeof sendHead>[1], name: string, args?: readonly unknown[]) =>
    assertReverts(sendHead(stage, head), name, args)

  it('refuses a transaction without blobs, with more than six, or with hashes of another version', async () => {
    for (const count of [0, 7]) {
      await carry(stage, someBlobHashes(count))
      await refuses({}, 'BadBlobs', [BigInt(count)])
    }
    await carry(stage, [...someBlobHashes(1), `0x02${someHash(1).slice(4)}` as typeof ZERO_HASH])
    await refuses({}, 'BadBlobs', [2n])
  })

  it('refuses all of them on a chain where no element can be opened', async () => {
    const { provider, close } = await network.create({ override: { hardfork: 'shanghai' } })
    const { abi, deployedBytecode } = await readArtifact('contracts/Reader.sol/Reader.json')
    const to = `0x${'10'.repeat(20)}`
    await provider.request({ method: 'hardhat_setCode', params: [to, deployedBytecode] })
    const { header, seal } = fixture.draft(tip.block)
    const draft = { ...header, ...seal, elapsed: 0n, easiestTarget: header.target }
    const head = { stepCount: 1, growth: 0, state: someHash(3), entries: '0x', requests: '0x' }
    const args = [draft, sealedHex(tip.block), head, someBlobHashes(1)]
    const data = encodeFunctionData({ abi, functionName: 'sealBlobs', args })
    const none = encodeErrorResult({ abi, errorName: 'NoOpener' })
    await assert.rejects(provider.request({ method: 'eth_call', params: [{ to, data }] }), { data: none })
    await close()
  })

  it('has a reader that refuses a parent which is not as long as a header, whoever asks', async () => {
    const { abi } = await readArtifact('contracts/Reader.sol/Reader.json')
    const address = await fixture.read.reader()
    const { header, seal } = fixture.draft(tip.block)
    const draft = { ...header, ...seal, elapsed: HOUR, easiestTarget: header.target }
    const parent = sealedHex(tip.block)
    const read = (bytes: Hex) =>
      fixture.chain.call(
        fixture.chain.client.readContract({ address, abi, functionName: 'seal', args: [draft, bytes, '0x', '0x'] }),
      )
    assert.equal(size((await read(parent)) as Hex), size(parent))
    await assertReverts(read(`${parent}00`), 'BadHeaderLength', [BigInt(size(parent) + 1)])
    await assertReverts(read(`0x${parent.slice(2, -2)}`), 'BadHeaderLength', [BigInt(size(parent) - 1)])
  })

  it('refuses no steps, more than 3,500, and fewer than entries that they consume', async () => {
    await carry(stage, someBlobHashes(6))
    for (const stepCount of [0, 3_501, 65_535]) await refuses({ stepCount }, 'BadStepCount', [BigInt(stepCount)])
    await refuses({ stepCount: 1, entries: deposits(2) }, 'BadStepCount', [1n])
    await sendHead(stage, { stepCount: 3_500 })
  })

  it('refuses requests that are no records, or more than steps, or more than 500', async () => {
    await carry(stage, someBlobHashes(6))
    const [ttx, other] = [request(0, 100n), assetRequest(1, 100n)]
    const wrong = [
      ...[1, 2, 38, 40, 77, 79].map((length) => new Uint8Array(length)),
      ...[39, 40, 58, 60].map((length) => concat(other, other).slice(0, length)),
      ...[1, 4, 5, 255].map((kind) => assetRequest(0, 100n, kind)),
      request(0, 100n, payee, 2),
      concat(ttx, other.slice(0, -1)),
      concat(other, ttx.slice(0, -1)),
      concat(ttx, assetRequest(1, 100n, 1), ttx),
    ]
    for (const bytes of wrong)
      await refuses({ stepCount: 9, requests: bytes }, 'BadRequests', [BigInt(bytes.length), 9n])
    await refuses({ stepCount: 2, requests: requests(3) }, 'BadRequests', [117n, 2n])
    await refuses({ stepCount: 2, requests: concat(other, other, other) }, 'BadRequests', [177n, 2n])
    await refuses({ stepCount: 3_500, requests: requests(501) }, 'BadRequests', [19_539n, 500n])
    const again = await stage.snapshot()
    await sendHead(stage, { stepCount: 500, requests: requests(500) })
    await again()
    await sendHead(stage, { stepCount: 500, requests: concat(...Array.from({ length: 500 }, () => other)) })
  })

  it('seals the tree of what the records say, of whatever asset, and sums up TTX alone', async () => {
    await carry(stage, someBlobHashes(1))
    const records = [request(3, 700n), assetRequest(5, 2n ** 128n - 1n), assetRequest(6, 9n, 3), request(500, 301n)]
    const { receipt } = await sendHead(stage, { stepCount: 501, requests: concat(...records) })
    const [event] = fixture.events(receipt, 'BlobsPublished')
    assert(event)
    const { header } = decodeSealed(parseHex(event.args.header))
    const asset = (kind: number) => concat(Uint8Array.of(kind), toBytes(fixture.account(7)))
    const root = requestsRoot([
      { step: 3, to: payee, tokens: toBaseUnits(700n) },
      { step: 5, to: payee, tokens: toBaseUnits(2n ** 128n - 1n), asset: asset(2) },
      { step: 6, to: payee, tokens: toBaseUnits(9n), asset: asset(3) },
      { step: 500, to: payee, tokens: toBaseUnits(301n) },
    ])
    assert.deepEqual([header.requestsRoot, header.requestCount], [root, 4])
    assert.deepEqual([header.supply, header.fee], [10n ** 27n - 1_001n, 10n])
  })

  it('refuses entries that are not deposits or forced transactions in short form', async () => {
    await carry(stage, someBlobHashes(1))
    const steps = [
      appliedStep(7n, forced),
      transactionStep({ payee }),
      Uint8Array.of(0),
      Uint8Array.of(6),
      enteredStep(7n, 5n, payee, payee).slice(0, -1),
      depositStep(1n, payee).slice(1),
      depositStep(1n, payee).slice(0, -1),
      voidStep(1n, forced).slice(0, -1),
    ]
    for (const step of steps) await refuses({ stepCount: 9, entries: step }, 'MalformedStep', [0n, 0n])
    await refuses({ stepCount: 9, entries: concat(depositStep(1n, payee), Uint8Array.of(1)) }, 'MalformedStep', [
      1n,
      37n,
    ])
  })

  it('consumes entries of all lanes, one lane after another', async () => {
    await carry(stage, someBlobHashes(1))
    const entry = await stage.enter(70n, payee, fixture.account(7))
    const fee = await stage.force(forced)
    const late = voidStep(fee, forced)
    await refuses({ stepCount: 9, entries: concat(late, entry) }, 'QueueStepTooLate', [1n])
    await refuses({ stepCount: 9, entries: concat(entry, entry) }, 'QueueOverrun')
    await refuses({ stepCount: 9, entries: enteredStep(fee, 71n, payee, fixture.account(7)) }, 'QueueMismatch')
    const { receipt } = await sendHead(stage, { stepCount: 9, entries: concat(entry, late) })
    const [event] = fixture.events(receipt, 'BlobsPublished')
    assert(event)
    const { header } = decodeSealed(parseHex(event.args.header))
    assert.deepEqual([header.queueFees, header.fee], [fee + fixture.enterFee(), 0n])
    assert.deepEqual(countsOf(header.lanes), { deposits: 0n, assets: 1n, forced: 1n })
  })

  it('refuses a lane behind one that comes later, and entries that the queue does not have', async () => {
    await carry(stage, someBlobHashes(1))
    await refuses({ stepCount: 9, entries: concat(voidStep(1n, forced), deposits(1)) }, 'QueueStepTooLate', [1n])
    await refuses({ stepCount: 9, entries: deposits(1) }, 'QueueOverrun')
    const fee = await stage.force(forced)
    await refuses({ stepCount: 9, entries: voidStep(fee + 1n, forced) }, 'QueueMismatch')
    await sendHead(stage, { stepCount: 9, entries: voidStep(fee, forced) })
  })

  it('refuses a block that passes over an entry for an hour', async () => {
    await carry(stage, someBlobHashes(1))
    await stage.force(forced)
    fixture.pass(HOUR)
    await refuses({ stepCount: 9 }, 'QueueIgnored')
  })

  it('refuses growth by more than 2,048 entries and 4 for each of the queue', async () => {
    await carry(stage, someBlobHashes(1))
    await refuses({ growth: 2_049 }, 'TooMuchGrowth', [2_049n, 2_048n])
    await refuses({ growth: 32_767 }, 'TooMuchGrowth', [32_767n, 2_048n])
    const again = await stage.snapshot()
    await sendHead(stage, { growth: 2_048 })
    await again()
    const fee = await stage.force(forced)
    await refuses({ growth: 2_053, entries: voidStep(fee, forced) }, 'TooMuchGrowth', [2_053n, 2_052n])
    await sendHead(stage, { growth: 2_052, entries: voidStep(fee, forced) })
  })

  it('accepts a block that makes the state smaller', async () => {
    await carry(stage, someBlobHashes(1))
    await sendHead(stage, { growth: -32_768 })
  })

  it('refuses requests of more than there is', async () => {
    await carry(stage, someBlobHashes(1))
    const supply = 10n ** 27n
    await refuses({ requests: request(0, supply + 1n) }, 'SupplyExceeded', [supply, supply + 1n])
    await sendHead(stage, { requests: request(0, supply) })
  })

  it('refuses a parent of more than 14 days, unless it is final', async () => {
    const { block } = await publishBlobs(stage, blobPostOf(stage, [transactionStep({ payee })]))
    const parent = { block, state: tip.state }
    fixture.pass(14n * DAY)
    const again = await stage.snapshot()
    await sendHead(stage, {}, parent)
    await again()
    fixture.pass(1n)
    await assertReverts(sendHead(stage, {}, parent), 'OldParent', [block.id])
    // Nor in calldata, where the state before it would be as little known.
    await assertReverts(fixture.publish(block, fixture.draft(block)), 'OldParent', [block.id])
    await fixture.finalize(block)
    await sendHead(stage, {}, parent)
  })

  it('seals the header that follows from head, blobs and parent, with every part filled', async () => {
    const fee = await stage.force(forced)
    const pay = transfer(stage, founder, { ...requestTo(stage, payee), tokens: 10n ** 20n, prev: [GENESIS] })
    const gift = transfer(stage, founder, { to: payee, tokens: 7n, prev: [pay.infohash] })
    const post = blobPostOf(stage, [voidStep(fee, forced), pay.step, gift.step])
    const { whole } = await publishBlobs(stage, post, someBlobHashes(3))
    const { header } = whole.sealed
    assert.deepEqual([header.stepCount, header.requestCount, header.queueFees, header.fee], [3, 1, fee, 10n ** 18n])
    assert.notEqual(header.growth, 0)
    assert.equal(header.lanes.forced.count, 1n)
  })

  it('mixes with blocks in calldata, and its requests are claimed as theirs', async () => {
    const first = transfer(stage, founder, { ...requestTo(stage, payee), tokens: 1_000n, prev: [GENESIS] })
    const second = transfer(stage, founder, { ...requestTo(stage, payee), tokens: 3_000n, prev: [first.infohash] })
    const third = transfer(stage, founder, { ...requestTo(stage, payee), tokens: 5_000n, prev: [second.infohash] })
    const one = await publishBlobs(stage, blobPostOf(stage, [first.step]))
    const [after] = stage.statesOf([first.step])
    assert(after)
    const two = await stage.publish(stage.draft([second.step], undefined, { block: one.block, state: after }), {
      block: one.block,
      state: after,
    })
    const onTwo = {
      block: two,
      state: stage.statesOf([second.step], { block: one.block, state: after }).at(-1) ?? after,
    }
    const three = await publishBlobs(stage, blobPostOf(stage, [third.step], onTwo), someBlobHashes(2), onTwo)
    const asked = [first, second, third].map(({ step }) => [step])
    for (const [i, block] of [one.block, two, three.block].entries()) {
      fixture.pass(DAY)
      await fixture.finalize(block)
      const proof = proofOf({ ...block, steps: asked[i] ?? [] }, 0)
      assert.equal(proof.number, BigInt(i))
      await assertReverts(fixture.claim(block, { ...proof, step: 1 }), 'BadProof')
      await fixture.claim(block, proof)
      await assertReverts(fixture.claim(block, proof), 'AlreadyClaimed')
    }
    assert.equal(await fixture.wttx.balanceOf([payee]), 990n + 2_970n + 4_950n)
    assert.equal(three.whole.sealed.header.supply, 10n ** 27n - 9_000n)
  })
})
