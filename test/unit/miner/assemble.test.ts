// Assembled blocks: always valid, within the limits, by the rules of the queue, and ranked as the miner says.
// Long: one list of rules.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Content,
  chooseContent,
  chooseSteps,
  costOf,
  offerOf,
  type Policy,
  revenueOf,
  type Supply,
} from '../../../miner/assemble.ts'
import { type Plan, planBlock, postCalldata, postContent } from '../../../miner/plan.ts'
import { decide } from '../../../miner/profit.ts'
import type { Candidate } from '../../../miner/ranking.ts'
import type { Rows } from '../../../miner/rows-choice.ts'
import { applyTransaction } from '../../../node/protocol/apply.ts'
import type { Asset } from '../../../node/protocol/asset.ts'
import { BLOB_REQUEST_LIMIT, GROWTH_LIMIT, replayBlobs, splitHead } from '../../../node/protocol/blob-block.ts'
import { blobHash } from '../../../node/protocol/blob-hash.ts'
import { type ParentBlock, type QueueReader, replayBlock, requestsOf } from '../../../node/protocol/block.ts'
import { encodeUint } from '../../../node/protocol/bytes.ts'
import { genesisBlock } from '../../../node/protocol/header.ts'
import { type Address, type Infohash, toHash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { LANES, type QueueEntry } from '../../../node/protocol/queue.ts'
import { asksForTtx } from '../../../node/protocol/requests.ts'
import { BYTE_LIMIT, LANE_SHARE, MAX_TOKENS, STEP_LIMIT, UNIT } from '../../../node/protocol/rules.ts'
import { outputsOf, type State, stateOf, stateRoot } from '../../../node/protocol/state.ts'
import { decodeStep } from '../../../node/protocol/step.ts'
import type { Posted } from '../../../node/protocol/trace.ts'
import { toBaseUnits, toGasPrice, toGwei } from '../../../node/protocol/units.ts'
import { type VerifiedTransaction, verifyPacked } from '../../../node/protocol/verify.ts'
import { type Account, accountOf, type Paid, pay, RULES, World } from '../../../scripts/assure/models/world.ts'
import { entriesOf, readerOf } from '../../support/queue.ts'

const miner = accountOf('miner').address
const EASIEST = 2n ** 240n
const policy: Policy = {
  weiPerTtx: 10n ** 15n,
  gasPrice: toGasPrice(10n ** 9n),
  marginPercent: 10n,
  extraGas: 200_000n,
  unpaidSteps: 50,
}

test('whatever waits, the block that is assembled replays as valid, and says what it brings', () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.integer({ min: 0, max: 2 ** 31 }),
        warmup: fc.integer({ min: 0, max: 20 }),
        waiting: fc.integer({ min: 0, max: 40 }),
        forced: fc.integer({ min: 0, max: 10 }),
        unpaidSteps: fc.constantFrom(0, 5, STEP_LIMIT),
        weiPerTtx: fc.constantFrom(0n, 1n, 10n ** 18n, 10n ** 30n),
        firstIndex: fc.bigInt({ min: 0n, max: 2n ** 40n }),
      }),
      ({ seed, warmup, waiting, forced, unpaidSteps, weiPerTtx, firstIndex }) => {
        const { parent, supply, queue } = scene(seed, warmup, waiting, forced, firstIndex)
        const chosen = { ...policy, weiPerTtx, unpaidSteps }
        const content = chooseSteps(RULES, parent, supply, chosen, 'calldata')
        const { header, body: block } = planned(parent, content)
        const sealed = { header, seal: { miner, nonce: ZERO_HASH } }
        const verdict = replayBlock(RULES, parent, { sealed, ...block }, readerAfter(parent, queue))
        assert.equal(verdict.verdict, 'valid')
        for (const lane of LANES) {
          const consumed = header.lanes[lane].count - parent.header.lanes[lane].count
          assert.equal(consumed, BigInt(entriesOf(queue, lane).length))
        }
        assert.deepEqual([content.fee, content.queueFees], [header.fee, header.queueFees])
        const asked = requestsOf(RULES, block.steps)
        assert.equal(content.requests, asked.filter(({ asset }) => asset === undefined).length)
        const { rows: ___, steps: _, oldestRequest: __, oldestPayment: ____, ...offer } = content
        assert.deepEqual(offerOf(sealed, block), offer)
        const plain = content.steps.length - content.queueEntries
        const paying = content.steps.filter(({ step }) => isPlainRequest(step)).length
        const revenue = revenueOf(content, chosen)
        const pays = revenue !== undefined && revenue * 110n >= costOf(content, chosen) * 100n
        if (!pays && paying === 0) assert.ok(plain <= unpaidSteps)
      },
    ),
    { numRuns: 60, seed: 1 },
  )
})

test('of a full lane 128 entries are consumed, whatever waits in the others, forced transactions as what they are in their place', () => {
  const { parent, supply, queue } = scene(7, 3, 0, 300, 0n)
  const content = chooseSteps(RULES, parent, supply, policy, 'calldata')
  const deposits = entriesOf(queue, 'deposits').length
  assert.ok(deposits > 0 && deposits < LANE_SHARE && entriesOf(queue, 'forced').length > LANE_SHARE)
  const entered = entriesOf(queue, 'assets').length
  assert.ok(entered > 0 && entered < LANE_SHARE)
  assert.equal(content.queueEntries, deposits + entered + LANE_SHARE)
  const kinds = content.steps.map(({ step }) => decodeStep(step)?.kind)
  assert.ok(kinds.includes('applied') && kinds.includes('void') && kinds.includes('deposit'))
  assert.ok(kinds.slice(0, deposits).every((kind) => kind === 'deposit'))
  assert.ok(kinds.slice(deposits, deposits + entered).every((kind) => kind === 'entered'))
  const rest = kinds.slice(deposits + entered, content.queueEntries)
  assert.ok(rest.every((kind) => kind === 'applied' || kind === 'void'))
  const sealed = {
    header: planned(parent, content).header,
    seal: { miner, nonce: ZERO_HASH },
  }
  const { body: block } = planned(parent, content)
  assert.equal(replayBlock(RULES, parent, { sealed, ...block }, readerOf(queue)).verdict, 'valid')
})

test('no block has more steps or bytes than the contract takes', () => {
  const { parent, candidates } = fan(800, 140)
  const free = { ...policy, weiPerTtx: 0n, unpaidSteps: STEP_LIMIT }
  const content = chooseSteps(RULES, parent, supplyOf([], candidates), free, 'calldata')
  const { body: block, header } = planned(parent, content)
  const bytes = block.steps.length + block.states.length
  assert.ok(header.stepCount <= STEP_LIMIT && bytes <= BYTE_LIMIT)
  assert.ok(bytes > BYTE_LIMIT - 450, 'a step of at most 450 bytes was left out, so the block is full')
  const small = fan(800, 0)
  assert.equal(
    chooseSteps(RULES, small.parent, supplyOf([], small.candidates), free, 'calldata').steps.length,
    STEP_LIMIT,
  )
})

test('requests come first by fee minus gas a step, their ancestors before them', () => {
  const { parent, outputs } = fanOutputs(6)
  const rich = request(outputs, 0, 5_000n * UNIT)
  const richer = request(outputs, 1, 9_000n * UNIT)
  const ancestor = transfer(outputs, 2, outputs[2]?.owner ?? holder, 50_000n * UNIT)
  const richest = requestFrom(outputs[2]?.owner ?? holder, [ancestor.infohash], 12_000n * UNIT)
  const candidates = [
    candidateOf(rich),
    candidateOf(richer),
    candidateOf(ancestor, { coinAge: 1n }),
    candidateOf(richest, { after: [ancestor.infohash] }),
  ]
  const order = orderOf(chooseSteps(RULES, parent, supplyOf([], candidates), policy, 'calldata'))
  // The richest shares its fee with its ancestor: 6,000 a step.
  assert.deepEqual(
    order,
    [richer, ancestor, richest, rich].map(({ infohash }) => infohash),
  )
})

test('a request that does not pay for its gas is ranked by the coin age that it destroys', () => {
  const { parent, outputs } = fanOutputs(4)
  const poor = request(outputs, 0, 1_000n)
  const old = transfer(outputs, 1, holder, 5n)
  const young = transfer(outputs, 2, holder, 5n)
  const paying = request(outputs, 3, 900_000n * UNIT)
  const candidates = [
    candidateOf(young, { coinAge: 10n }),
    candidateOf(poor, { coinAge: 20n }),
    candidateOf(old, { coinAge: 30n }),
    candidateOf(paying),
  ]
  const order = orderOf(chooseSteps(RULES, parent, supplyOf([], candidates), policy, 'calldata'))
  assert.deepEqual(
    order,
    [paying, old, poor, young].map(({ infohash }) => infohash),
  )
})

test('what pays nothing rides along only as far as the profit goes, and by a fixed number where there is none', () => {
  const { parent, outputs } = fanOutputs(40)
  const paying = request(outputs, 0, 1_000n * UNIT) // its fee: 10 TTX
  const free = outputs.slice(1).map((_, i) => transfer(outputs, i + 1, holder, 5n))
  const candidates = [candidateOf(paying), ...free.map((each) => candidateOf(each, { coinAge: 1n }))]
  const withPrice = (weiPerTtx: bigint) => {
    const chosen = { ...policy, weiPerTtx, unpaidSteps: 7 }
    const content = chooseSteps(RULES, parent, supplyOf([], candidates), chosen, 'calldata')
    return { content, chosen }
  }
  const alone = withPrice(10n ** 18n).content
  assert.equal(alone.steps.length, 40, 'a fee beyond all gas takes all along')
  const base = chooseSteps(RULES, parent, supplyOf([], [candidateOf(paying)]), policy, 'calldata')
  const cost = costOf(base, policy)
  const { content, chosen } = withPrice((cost * 12n) / 10n / 10n)
  assert.ok(content.steps.length > 1 && content.steps.length < 40)
  assert.ok(
    (revenueOf(content, chosen) ?? 0n) * 100n >= costOf(content, chosen) * 110n,
    'still worth its gas and margin',
  )
  assert.equal(withPrice(0n).content.steps.length, 8)
})

test('requests that pay only together bring in the ancestor that they share', () => {
  const { parent, outputs } = fanOutputs(1)
  const owner = outputs[0]?.owner ?? holder
  // A chain of transfers to oneself, then two requests that spend from it.
  const chain: VerifiedTransaction[] = []
  let last = outputs[0]?.infohash ?? ('' as Infohash)
  for (let i = 0; i < 3; i++) {
    const next = pay(owner, { to: owner.address, tokens: 1n, time: i, prev: [last] })
    chain.push(next)
    last = next.infohash
  }
  const big = requestFrom(owner, [last], 30_000n * UNIT)
  const small = requestFrom(owner, [big.infohash], 2_000n * UNIT)
  const candidates = [
    ...chain.map((each, i) => candidateOf(each, { after: i === 0 ? [] : [chain[i - 1]?.infohash ?? last] })),
    candidateOf(big, { after: [last] }),
    candidateOf(small, { after: [big.infohash] }),
  ]
  const content = chooseSteps(RULES, parent, supplyOf([], candidates), { ...policy, unpaidSteps: 0 }, 'calldata')
  assert.deepEqual(
    orderOf(content),
    [...chain, big, small].map(({ infohash }) => infohash),
  )
})

test('candidates that do not apply, are forged, or stand on each other in a circle are left out', () => {
  const { parent, outputs } = fanOutputs(4)
  const good = request(outputs, 0, 900_000n * UNIT)
  const double = request(outputs, 0, 800_000n * UNIT)
  const orphan = requestFrom(holder, ['11'.repeat(20) as Infohash], 5_000n)
  const a = transfer(outputs, 1, holder, 1n)
  const b = transfer(outputs, 2, holder, 1n)
  const candidates = [
    candidateOf(good),
    candidateOf(double),
    candidateOf(orphan),
    { ...candidateOf(transfer(outputs, 3, holder, 1n)), infohash: 'ff'.repeat(20) as Infohash },
    candidateOf(a, { after: [b.infohash] }),
    candidateOf(b, { after: [a.infohash] }),
  ]
  const order = orderOf(chooseSteps(RULES, parent, supplyOf([], candidates), policy, 'calldata'))
  assert.deepEqual(order, [good.infohash])
})

test('whatever waits, a block in blobs replays as valid from what was written, and says what it brings', async () => {
  for (const [seed, waiting, forced] of [
    [1, 30, 0],
    [2, 0, 10],
    [3, 40, 300],
    [4, 20, 5],
  ] as const) {
    const { parent, supply, queue } = scene(seed, 10, waiting, forced, 3n)
    const content = chooseSteps(RULES, parent, supply, cheapBlobs, 'blobs')
    const body = await postContent(content, madeUpKzg)
    const { header } = planBlock(RULES, parent, content, body, EASIEST, miner)
    assert.ok('blobs' in body)
    const sealed = { header, seal: { miner, nonce: ZERO_HASH } }
    assert.equal(replayBlobs(RULES, parent, { sealed, ...body }, readerAfter(parent, queue)).verdict, 'valid')
    const { requests } = splitHead(body)
    assert.deepEqual([content.fee, content.queueFees], [header.fee, header.queueFees])
    assert.deepEqual([content.requests, requests.length], [requests.filter(asksForTtx).length, header.requestCount])
    const { rows: ___, steps: _, oldestRequest: __, oldestPayment: ____, ...offer } = content
    assert.deepEqual(offerOf(sealed, body), offer)
    assert.equal(body.blobs.length, content.blobs)
  }
})

test('no block in blobs has more requests, or makes the state larger, than the contract takes; what is left fills it', () => {
  const { parent, outputs } = fanOutputs(1_400)
  const free = { ...cheapBlobs, weiPerTtx: 10n ** 18n }
  const requests = outputs.slice(0, 600).map((_, i) => candidateOf(request(outputs, i, 5_000n * UNIT)))
  // Each to an account of its own: an output more, and an account.
  const payments = outputs
    .slice(600)
    .map((_, i) => candidateOf(transfer(outputs, 600 + i, accountOf(`payee ${i}`), 5n)))
  const content = chooseSteps(RULES, parent, supplyOf([], [...requests, ...payments]), free, 'blobs')
  assert.equal(content.requests, BLOB_REQUEST_LIMIT)
  const growth = content.steps.reduce((sum, step) => sum + step.growth, 0)
  assert.equal(content.steps.length, BLOB_REQUEST_LIMIT + 800)
  assert.ok(growth <= GROWTH_LIMIT)
  const many = fanOutputs(1_200)
  const growing = many.outputs.map((_, i) => candidateOf(transfer(many.outputs, i, accountOf(`payee ${i}`), 5n)))
  const large = chooseSteps(RULES, many.parent, supplyOf([], growing), { ...free, unpaidSteps: 2_000 }, 'blobs')
  // 2 more by each of them.
  assert.equal(large.steps.length, GROWTH_LIMIT / 2)
})

test('in blobs a payment that has room in a blob that is paid for rides along, and one that would need another blob does not', () => {
  const { parent, outputs } = fanOutputs(1_000)
  const paying = candidateOf(request(outputs, 0, 1_000n * UNIT))
  const free = outputs.slice(1).map((_, i) => candidateOf(transfer(outputs, i + 1, holder, 5n)))
  const supply = supplyOf([], [paying, ...free])
  const dear = { ...policy, blobGasPrice: toGasPrice(10n ** 9n), unpaidSteps: 0 }
  // One that pays for itself and not for the block, and a block that pays for itself and not for another blob.
  for (const weiPerTtx of [10n ** 13n, 6n * 10n ** 13n]) {
    const content = chooseSteps(RULES, parent, supply, { ...dear, weiPerTtx }, 'blobs')
    // 4,096 elements, of which each takes 2 + 5.
    assert.ok(content.steps.length > 500 && content.steps.length < 600, `${content.steps.length}`)
    assert.equal(content.blobs, 1)
  }
  const rich = chooseSteps(RULES, parent, supply, { ...dear, weiPerTtx: 10n ** 18n }, 'blobs')
  assert.equal(rich.steps.length, 1_000)
})

test('where a block is worth most decides where it is posted, and what is told beats that', () => {
  const { parent, outputs } = fanOutputs(700)
  const requests = outputs.map((_, i) => candidateOf(request(outputs, i, 5_000n * UNIT)))
  const few = supplyOf([], requests.slice(0, 3))
  const gas = policy.gasPrice
  const choose = (supply: Supply, chosen: Policy, where: 'auto' | Rows = 'auto') =>
    chooseContent(RULES, parent, supply, chosen, where).rows
  assert.equal(choose(few, policy), 'calldata', 'blobs have no price')
  assert.equal(choose(few, policy, 'blobs'), 'calldata')
  assert.equal(choose(few, { ...policy, blobGasPrice: gas }), 'calldata')
  assert.equal(choose(few, { ...policy, blobGasPrice: gas }, 'blobs'), 'blobs')
  assert.equal(choose(supplyOf([], requests.slice(0, 60)), { ...policy, blobGasPrice: gas }), 'blobs', 'a blob for all')
  assert.equal(choose(supplyOf([], requests.slice(0, 60)), { ...policy, blobGasPrice: gas }, 'calldata'), 'calldata')
  const unpriced = { ...policy, weiPerTtx: 0n }
  assert.equal(choose(few, { ...unpriced, blobGasPrice: gas }), 'calldata')
  assert.equal(choose(supplyOf([], requests), { ...unpriced, blobGasPrice: gas }), 'blobs')
  assert.equal(choose(supplyOf([], []), cheapBlobs, 'blobs'), 'calldata', 'without steps there are no rows')
})

// ------------------------------------------------------------------------------------------------------------- scenes

const cheapBlobs: Policy = { ...policy, blobGasPrice: toGasPrice(1n) }
const madeUpKzg = { hashes: async (blobs: readonly Uint8Array[]) => blobs.map(() => blobHash(new Uint8Array(48))) }

function planned(parent: ParentBlock, content: Content): Plan & { readonly body: Posted } {
  const body = postCalldata(content)
  return { ...planBlock(RULES, parent, content, body, EASIEST, miner), body }
}

const holder: Account = accountOf('fan')

/** A random state, a random queue, and candidates that apply after it, some of which the queue makes stale. */
function scene(seed: number, warmup: number, waiting: number, forced: number, firstIndex: bigint) {
  const world = new World(seed)
  // Entries of the past, which the queue of the block must not meet.
  world.queueIndex = 2n ** 50n
  world.assetIndex = 2n ** 50n
  for (let i = 0; i < warmup; i++) world.apply(world.step())
  const parent = parentOf(world.state, firstIndex)
  world.queueIndex = firstIndex
  world.assetIndex = 0n
  const queue: QueueEntry[] = []
  const stale: QueueEntry[] = []
  for (let i = 0; i < forced; i++) {
    const step = world.step()
    if (step.kind === 'deposit' || step.kind === 'entered') queue.push(step.entry)
    else if (step.kind !== 'void') {
      const entry: QueueEntry = { kind: 'forced', fee: toGwei(BigInt(i)), packed: step.packed }
      queue.push(entry)
      stale.push(entry)
    }
    world.apply(step.kind === 'transaction' ? { kind: 'applied', fee: toGwei(0n), packed: step.packed } : step)
    const again = stale[Math.floor(world.random() * 3 * stale.length)]
    if (again !== undefined) queue.push(again)
  }
  const made: VerifiedTransaction[] = []
  let state = world.state
  for (let i = 0; i < waiting; i++) {
    world.state = state
    if (world.accounts.every(({ address }) => outputsOf(state).every(({ owner }) => owner !== address))) break
    const next = world.transaction()
    made.push(next)
    // Some compete for the same inputs.
    if (world.random() < 0.8) state = applyTransaction(state, next).state
  }
  const ids = new Set(made.map(({ infohash }) => infohash))
  const candidates = made.map((each) =>
    candidateOf(each, {
      after: each.tx.prev.filter((prev) => ids.has(prev)),
      coinAge: BigInt(Math.floor(world.random() * 1000)),
    }),
  )
  return { parent, queue, supply: supplyOf(queue, candidates) }
}

/** Entries of the queue that come after what the parent has consumed. */
function readerAfter({ header }: ParentBlock, queue: readonly QueueEntry[]): QueueReader {
  const read = readerOf(queue)
  return ({ lane, index }) => read({ lane, index: index - header.lanes[lane].count })
}

/** A state in which `count` accounts own an output of a million TTX each, and as many base units of `asset` as fit. */
function fanOutputs(count: number, asset?: Address) {
  const outputs = Array.from({ length: count }, (_, i) => ({
    owner: accountOf(`fan ${i}`),
    infohash: toHash(encodeUint(i + 1, 32)).slice(26) as Infohash,
  }))
  const ofTtx = outputs.map(({ owner, infohash }) => ({ infohash, owner: owner.address, value: 1_000_000n * UNIT }))
  const others = asset === undefined ? [] : ofTtx.map((output) => ({ ...output, asset, value: MAX_TOKENS }))
  const state = stateOf([...ofTtx, ...others])
  return { parent: parentOf(state, 0n), outputs }
}

test('what moves another asset comes last, and its requests bring nothing and cause no block', () => {
  const vault = accountOf('vault').address
  const { parent, outputs } = fanOutputs(4, vault)
  const bodyOf = (i: number) => ({
    tokens: 10n ** 30n,
    time: 1,
    prev: [outputs[i]?.infohash ?? ('' as Infohash)],
    asset: vault,
  })
  const ownerOf = (i: number) => outputs[i]?.owner ?? holder
  const asked = pay(ownerOf(0), { ...bodyOf(0), to: RULES.bridge, bridge: { chain: RULES.chain, to: holder.address } })
  const paid = pay(ownerOf(1), { ...bodyOf(1), to: holder.address })
  const young = transfer(outputs, 2, holder, 5n)
  const candidates = [candidateOf(asked), candidateOf(paid), { ...candidateOf(young), firstSeen: 2_000 }]
  const content = chooseSteps(RULES, parent, supplyOf([], candidates), policy, 'calldata')
  const order = orderOf(content)
  assert.equal(order[0], young.infohash)
  assert.deepEqual(new Set(order), new Set([asked, paid, young].map(({ infohash }) => infohash)))
  const { header, body } = planned(parent, content)
  assert.deepEqual([header.requestCount, header.fee, header.supply], [1, 0n, parent.header.supply])
  assert.deepEqual([content.requests, content.fee, content.oldestRequest], [0, 0n, undefined])
  const { rows: ___, steps: _, oldestPayment, ...offer } = content
  assert.deepEqual(offerOf({ header }, body), offer)
  assert.equal(
    oldestPayment,
    Math.min(...candidates.map(({ firstSeen }) => firstSeen)),
    'a miner may order payments after a wait',
  )
  assert.equal(decide(content, policy, { sinceMs: 0, longestMs: 0 }, 1).code, 'nothing')
  const profit = candidateOf(request(outputs, 3, 900_000n * UNIT))
  const paying = chooseSteps(RULES, parent, supplyOf([], [...candidates, profit]), policy, 'calldata')
  assert.deepEqual([paying.requests, paying.fee, orderOf(paying)[0]], [1, 9_000n * UNIT, profit.infohash])
  assert.equal(paying.steps.length, 4)
})

test('of requests of other assets a block carries those of the miner`s list, and payments of any asset', () => {
  const [vault, other] = [accountOf('vault').address, accountOf('other vault').address]
  const { parent, outputs } = fanOutputs(3, vault)
  const bodyOf = (i: number) => ({
    tokens: 5n,
    time: 1,
    prev: [outputs[i]?.infohash ?? ('' as Infohash)],
    asset: vault,
  })
  const ownerOf = (i: number) => outputs[i]?.owner ?? holder
  const bridge = { chain: RULES.chain, to: holder.address }
  const asked = pay(ownerOf(0), { ...bodyOf(0), to: RULES.bridge, bridge })
  const paid = pay(ownerOf(1), { ...bodyOf(1), to: holder.address })
  // The change of a request that is left out is not there to be spent.
  const after = pay(ownerOf(0), { ...bodyOf(0), to: holder.address, prev: [asked.infohash] })
  const candidates = [candidateOf(asked), candidateOf(paid), { ...candidateOf(after), after: [asked.infohash] }]
  const profit = candidateOf(request(outputs, 2, 900_000n * UNIT))
  const chosen = (assets?: ReadonlySet<Asset>) =>
    new Set(
      orderOf(chooseSteps(RULES, parent, supplyOf([], [...candidates, profit]), { ...policy, assets }, 'calldata')),
    )
  const all = [asked, paid, after, profit].map(({ infohash }) => infohash)
  assert.deepEqual(chosen(), new Set(all))
  assert.deepEqual(chosen(new Set([other, vault])), new Set(all))
  for (const list of [new Set<Asset>(), new Set([other])])
    assert.deepEqual(chosen(list), new Set([paid, profit].map(({ infohash }) => infohash)))
})

/** Transfers that depend on nothing, with memos of a length. */
function fan(count: number, memoLength: number) {
  const { parent, outputs } = fanOutputs(count)
  const memo = memoLength === 0 ? {} : { memo: 'm'.repeat(memoLength) }
  const candidates = outputs.map(({ owner, infohash }) =>
    candidateOf(pay(owner, { to: holder.address, tokens: 1n, time: 1, prev: [infohash], ...memo })),
  )
  return { parent, candidates }
}

type Fan = ReturnType<typeof fanOutputs>['outputs']

function transfer(outputs: Fan, i: number, to: Account, tokens: bigint): VerifiedTransaction {
  const { owner, infohash } = outputs[i] ?? { owner: holder, infohash: '' as Infohash }
  return pay(owner, { to: to.address, tokens, time: 1, prev: [infohash] })
}

function request(outputs: Fan, i: number, tokens: bigint): VerifiedTransaction {
  const { owner, infohash } = outputs[i] ?? { owner: holder, infohash: '' as Infohash }
  return requestFrom(owner, [infohash], tokens)
}

function requestFrom(owner: Account, prev: readonly Infohash[], tokens: bigint): Paid {
  return pay(owner, { to: RULES.bridge, tokens, time: 1, prev, bridge: { chain: RULES.chain, to: owner.address } })
}

function candidateOf(
  { infohash, packed, tx }: VerifiedTransaction,
  more: { readonly after?: readonly Infohash[]; readonly coinAge?: bigint } = {},
): Candidate {
  const { after = [], coinAge = 0n } = more
  const asked = tx.kind === 'signed' && tx.bridge ? { request: tx.tokens } : {}
  const common = { infohash, packed, after: [...after], firstSeen: 1_000, ...asked }
  return tx.kind === 'take' || tx.asset === undefined
    ? { ...common, coinAge }
    : { ...common, coinAge: 0n, asset: tx.asset }
}

function supplyOf(queue: readonly QueueEntry[], candidates: readonly Candidate[]): Supply {
  return {
    queue,
    candidates,
    verify: ({ infohash, packed }) => {
      const judged = verifyPacked(RULES, packed)
      return typeof judged === 'string' || judged.infohash !== infohash ? undefined : judged
    },
  }
}

function parentOf(state: State, deposits: bigint): ParentBlock {
  const { header } = genesisBlock({
    ...RULES,
    easiestTarget: EASIEST,
    state: stateRoot(state),
  })
  // What a world's deposits bring in has left before, as far as the header is concerned.
  const ttx = outputsOf(state).filter(({ asset }) => asset === undefined)
  const supply = toBaseUnits(ttx.reduce((sum, { value }) => sum + value, 0n))
  return {
    id: toHash(encodeUint(1, 32)),
    header: { ...header, supply, lanes: { ...header.lanes, deposits: { count: deposits, hash: ZERO_HASH } } },
    state,
  }
}

function orderOf({ steps }: Content): string[] {
  return steps.map(({ step }) => {
    const verified = verifyPacked(RULES, step.subarray(1))
    return typeof verified === 'string' ? verified : verified.infohash
  })
}

function isPlainRequest(step: Uint8Array): boolean {
  const decoded = decodeStep(step)
  if (decoded?.kind !== 'transaction') return false
  const verified = verifyPacked(RULES, decoded.packed)
  return typeof verified !== 'string' && verified.tx.kind === 'signed' && verified.tx.bridge !== undefined
}
