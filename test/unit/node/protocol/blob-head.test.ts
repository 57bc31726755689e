// The head of a block in blobs: what is said of it in calldata, and what the contract refuses of that.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  BLOB_REQUEST_LIMIT,
  type BlobHead,
  blobHeadOf,
  deriveBlobHeader,
  growthLimit,
  splitHead,
} from '../../../../node/protocol/blob-block.ts'
import { concat, encodeUint } from '../../../../node/protocol/bytes.ts'
import { toGrowth } from '../../../../node/protocol/header.ts'
import { toHash } from '../../../../node/protocol/ids.ts'
import { encodeStep } from '../../../../node/protocol/step.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { RULES } from '../../../../scripts/assure/models/world.ts'
import { AT, alice, hashesOf, parent, stepsOfScene, TARGET } from './blob-scene.ts'

const { steps } = stepsOfScene()
const COUNT = steps.length

describe('a head', () => {
  const nothing = { entries: new Uint8Array(), requests: new Uint8Array() }
  const [deposit = new Uint8Array(), first = new Uint8Array()] = splitHead(blobHeadOf(steps)).entries
  const derive = (head: Partial<BlobHead>, more: { stepCount?: number; growth?: number; count?: number } = {}) => {
    const { stepCount = COUNT, growth = 0, count = 1 } = more
    const content = { ...nothing, ...head, stepCount, growth, state: parent.header.state, hashes: hashesOf(count) }
    return deriveBlobHeader(RULES, parent, TARGET, content)
  }
  const refuses = (...args: Parameters<typeof derive>) => {
    assert.throws(() => derive(...args), { code: 'bad-steps' })
  }

  it('is split into its entries and requests, of which there may be none', () => {
    assert.deepEqual(splitHead(nothing), { entries: [], requests: [] })
    assert.deepEqual(blobHeadOf([]), nothing)
    const { supply, fee, queueFees, requestCount, lanes } = derive({})
    assert.deepEqual([supply, fee, queueFees, requestCount], [parent.header.supply, 0n, 0n, 0])
    assert.deepEqual(lanes, parent.header.lanes)
  })

  it('has as entries deposits and forced transactions in their short form, and nothing else', () => {
    for (const bad of [
      steps[AT.applied],
      steps[AT.payment],
      deposit.slice(1),
      deposit.slice(0, -1),
      Uint8Array.of(0),
    ]) {
      assert.throws(() => splitHead({ ...nothing, entries: bad ?? deposit }), { code: 'bad-steps' })
      refuses({ entries: concat(deposit, bad ?? deposit) })
    }
  })

  it('has its entries lane by lane, and not more than there are steps', () => {
    assert.equal(
      derive({ entries: concat(deposit, first, first) }).lanes.forced.count,
      parent.header.lanes.forced.count + 2n,
    )
    refuses({ entries: concat(first, deposit) })
    refuses({ entries: concat(deposit, first, deposit) })
    derive({ entries: concat(deposit, first) }, { stepCount: 2 })
    refuses({ entries: concat(deposit, first) }, { stepCount: 1 })
  })

  it('has requests of 39 bytes, or 59 of an asset, at most 500, and not more than there are steps', () => {
    const requests = (count: number) => ({ requests: new Uint8Array(39 * count) })
    assert.equal(splitHead({ ...nothing, ...requests(BLOB_REQUEST_LIMIT) }).requests.length, 500)
    assert.throws(() => splitHead({ ...nothing, ...requests(BLOB_REQUEST_LIMIT + 1) }), { code: 'bad-steps' })
    for (const bytes of [1, 38, 40]) refuses({ requests: new Uint8Array(bytes) })
    for (const kind of [2, 3]) {
      const record = new Uint8Array(59).fill(kind)
      const asset = record.slice(0, 21)
      const listed = splitHead({ ...nothing, requests: concat(record, new Uint8Array(39)) }).requests
      assert.deepEqual(
        listed.map((asked) => asked.asset),
        [asset, undefined],
      )
      for (const bytes of [39, 58, 60]) refuses({ requests: new Uint8Array(bytes).fill(kind) })
    }
    for (const kind of [1, 4, 255]) refuses({ requests: new Uint8Array(59).fill(kind) })
    assert.equal(derive(requests(COUNT)).requestCount, COUNT)
    refuses(requests(COUNT + 1))
    assert.equal(derive(requests(500), { stepCount: 500 }).requestCount, 500)
    refuses(requests(501), { stepCount: 501 })
  })

  it('is of 1 to 3,500 steps', () => {
    assert.deepEqual([derive({}, { stepCount: 1 }).stepCount, derive({}, { stepCount: 3_500 }).stepCount], [1, 3_500])
    refuses({}, { stepCount: 0 })
    refuses({}, { stepCount: 3_501 })
  })

  it('lets the state grow by 2,048 entries, and by 4 more for each of the queue; it may shrink by any number', () => {
    assert.deepEqual([growthLimit(0), growthLimit(1), growthLimit(384)], [2_048, 2_052, 3_584])
    const entries = concat(deposit, first)
    assert.equal(derive({}, { growth: 2_048 }).growth, 2_048)
    refuses({}, { growth: 2_049 })
    assert.equal(derive({ entries }, { growth: 2_056 }).growth, 2_056)
    refuses({ entries }, { growth: 2_057 })
    refuses({}, { growth: 32_767 })
    for (const growth of [-1, -32_768]) assert.equal(derive({}, { growth }).growth, growth)
    // As the contract takes it: the lower 16 bits.
    assert.equal(derive({}, { growth: 65_535 }).growth, -1)
    assert.deepEqual([toGrowth(32_768), toGrowth(-32_769), toGrowth(0)], [-32_768, 32_767, 0])
  })

  it('asks for no more than there is, and for sums that a header has room for', () => {
    const ask = (tokens: bigint) => ({ requests: concat(new Uint8Array(23), encodeUint(tokens, 16)) })
    assert.equal(derive(ask(10n ** 27n)).supply, 0n)
    refuses(ask(10n ** 27n + 1n))
    const forced = (fee: bigint) =>
      encodeStep({ kind: 'void', fee: toGwei(fee), packedHash: toHash(new Uint8Array(32)) })
    assert.equal(derive({ entries: forced(2n ** 64n - 1n) }).queueFees, 2n ** 64n - 1n)
    refuses({ entries: concat(forced(2n ** 64n - 1n), forced(1n)) })
    const gross = { kind: 'deposit', gross: 2n ** 128n - 1n, to: alice.address } as const
    refuses({ entries: encodeStep({ kind: 'deposit', entry: gross }) })
    // What it asks for may be among what the deposits bring.
    const brought = encodeStep({ kind: 'deposit', entry: { ...gross, gross: 1_000n } })
    assert.equal(derive({ entries: brought, ...ask(10n ** 27n + 990n) }).supply, 0n)
    refuses({ entries: brought, ...ask(10n ** 27n + 991n) })
  })
})
