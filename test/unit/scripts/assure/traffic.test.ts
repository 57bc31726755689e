// Blocks in both modes in the simulation: they are posted where the product's miner posts them, and what blobs cost is Ethereum's rule.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { chooseContent } from '../../../../miner/assemble.ts'
import type { Candidate } from '../../../../miner/ranking.ts'
import { MAX_BLOB_STEPS } from '../../../../node/protocol/blob.ts'
import { GROWTH_LIMIT } from '../../../../node/protocol/blob-block.ts'
import { encodeUint } from '../../../../node/protocol/bytes.ts'
import { genesisBlock } from '../../../../node/protocol/header.ts'
import { type Hash, toHash, toInfohash } from '../../../../node/protocol/ids.ts'
import { UNIT } from '../../../../node/protocol/rules.ts'
import { stateOf, stateRoot } from '../../../../node/protocol/state.ts'
import { GWEI, toGasPrice } from '../../../../node/protocol/units.ts'
import { verifyPacked } from '../../../../node/protocol/verify.ts'
import { accountOf, pay, RULES } from '../../../../scripts/assure/models/world.ts'
import { crowd, crowdingTable, indifference } from '../../../../scripts/assure/simulate/blobs/crowding.ts'
import { growthTable, walletTable, watchingTable } from '../../../../scripts/assure/simulate/blobs/tables.ts'
import { walletGrowth } from '../../../../scripts/assure/simulate/blobs/wallets.ts'
import { hasPart, PAGES } from '../../../../scripts/assure/simulate/page.ts'
import { blockTable, firstInBlobs, throughput } from '../../../../scripts/assure/simulate/traffic/blocks.ts'
import { playVolume } from '../../../../scripts/assure/simulate/traffic/volumes.ts'
import { Account } from '../../../../scripts/assure/simulate/world/account.ts'
import {
  blobPriceAt,
  excessAt,
  MOST_BLOBS,
  nextExcess,
  reservePrice,
  TARGET_BLOBS,
} from '../../../../scripts/assure/simulate/world/blob-price.ts'
import { SimulatedBridge } from '../../../../scripts/assure/simulate/world/bridge.ts'
import { contentOn, policyAt } from '../../../../scripts/assure/simulate/world/content.ts'

const SEED = 7
const GENESIS: Hash = toHash(encodeUint(1, 32))
const PAYMENTS = 80
const OWNER = accountOf('owner')

/** Of two inputs each, as the simulation assumes them. */
function candidatesOf(requests: number, tokens: bigint) {
  const names = Array.from({ length: 2 * (requests + PAYMENTS) }, (_, i) => toInfohash(encodeUint(i + 1, 20)))
  const state = stateOf(names.map((infohash) => ({ infohash, owner: OWNER.address, value: tokens })))
  const candidates = Array.from({ length: requests + PAYMENTS }, (_, i): Candidate => {
    const isRequest = i < requests
    const prev = names.slice(2 * i, 2 * i + 2)
    const bridge = isRequest ? { bridge: { chain: RULES.chain, to: OWNER.address } } : {}
    const to = isRequest ? RULES.bridge : accountOf('payee').address
    const { infohash, packed, tx } = pay(OWNER, { to, tokens, time: i, prev, ...bridge })
    return { infohash, packed, after: [], coinAge: 1n, firstSeen: i, ...(isRequest ? { request: tx.tokens } : {}) }
  })
  return { state, candidates }
}

for (const [requests, ttx, factor] of [
  [1, 200n, 1n],
  [3, 200n, 1n],
  [4, 200n, 1n],
  [8, 200n, 400n],
  [8, 200n, 1n],
  [8, 1n, 1n],
] as const) {
  test(`a block of ${requests} requests of ${ttx} TTX is what the product makes of them, blobs at ${factor} times their reserve`, () => {
    const gasPrice = toGasPrice(5n * GWEI)
    const prices = { gasPrice, blobGasPrice: toGasPrice(factor * reservePrice(gasPrice)) }
    const { state, candidates } = candidatesOf(requests, ttx * UNIT)
    const { header } = genesisBlock({ ...RULES, easiestTarget: 2n ** 216n, state: stateRoot(state) })
    const verify = ({ packed }: Candidate) => {
      const judged = verifyPacked(RULES, packed)
      return typeof judged === 'string' ? undefined : judged
    }
    const supply = { queue: [], candidates, verify }
    const real = chooseContent(RULES, { id: GENESIS, header, state }, supply, policyAt(prices), 'auto')
    const owner = new Account('owner', 0n)
    const open = Array.from({ length: requests }, (_, id) => ({ id, madeAt: 0, amount: ttx * UNIT, owner }))
    const bridge = new SimulatedBridge(GENESIS, 2n ** 216n, 0)
    const scene = { bridge, open, payments: PAYMENTS, draftOf: () => undefined, prices, now: 0 }
    const { rows, load, payments } = contentOn(scene, GENESIS, 'all')
    const steps = real.steps.length
    const expected = { rows: real.rows, requests: real.requests, payments: steps - real.requests, steps }
    assert.deepEqual({ rows, requests: load.requests, payments, steps: load.steps }, expected)
  })
}

test('the price of blobs goes as EIP-4844 and EIP-7918 say', () => {
  const reserve = Number(reservePrice(toGasPrice(16n * GWEI)))
  assert.equal(reserve, 1e9)
  const at = (factor: number, blobs: number) => blobPriceAt(nextExcess(excessAt(factor * reserve), blobs, 16e9))
  assert.equal(nextExcess(0, TARGET_BLOBS - 1, 16e9), 0)
  assert(Math.abs(at(10, TARGET_BLOBS) / (10 * reserve) - 1) < 1e-9, 'at the target the price stays')
  assert(Math.abs(at(10, MOST_BLOBS) / (10 * reserve) - 1.0817) < 1e-3, 'full blocks: 8.2% more')
  assert(at(10, 0) < 10 * reserve)
  assert(at(0.5, 0) >= 0.499 * reserve && at(0.5, MOST_BLOBS) > 0.53 * reserve, 'below the reserve it never falls')
})

test('blobs pay from 16 requests on, until they are some hundred times as dear, which costs their author more than a bridge is worth', () => {
  assert.equal(firstInBlobs(), 16)
  assert(indifference() > 100)
  assert(crowd(100, 1).cost > 50)
})

test(`honest wallets do not fill a block in blobs with growth (seed ${SEED})`, async () => {
  const growth = await walletGrowth(3_000, 2, SEED)
  assert(
    growth.every((each) => each * MAX_BLOB_STEPS < GROWTH_LIMIT),
    `${growth}`,
  )
})

test(`what has no room in calldata has room in blobs (seed ${SEED})`, () => {
  const volume = { requests: 60, payments: 1_200, gwei: 10 }
  const both = playVolume(volume, SEED)
  assert(both.inBlobs > 0.9 && both.paymentWaits.waiting === 0 && both.paymentWaits.longest < 4)
  const alone = playVolume({ ...volume, isCalldataOnly: true }, SEED)
  assert(alone.inBlobs === 0 && alone.paymentWaits.waiting > 0.3, `${alone.paymentWaits.waiting}`)
  assert(alone.requestWaits.longest < 4 && alone.net < both.net)
})

test('docs/economics.md says for how many payments blocks have room, and from how many requests on they are in blobs', async () => {
  const text = (await Promise.all(PAGES.map((page) => readFile(page, 'utf8')))).join('')
  const [blobs, calldata] = [throughput('blobs'), throughput('calldata')].map((each) => each.toFixed(2))
  assert(text.includes(`${blobs} payments a second in blobs (${calldata} in calldata)`), `${blobs} and ${calldata}`)
  assert(text.includes(`From ${firstInBlobs()} requests on blobs are cheaper`))
  assert(text.includes(`up to ${Math.floor(indifference() / 10) * 10} times their reserve`))
})

test('the tables about blobs in docs/economics.md are those of the rules and of the measured gas', async () => {
  for (const [name, table] of [
    ['blocks', blockTable()],
    ['growth', growthTable()],
    ['wallets', await walletTable(1)],
    ['watching', watchingTable()],
    ['crowding', crowdingTable()],
  ] as const)
    assert.ok(await hasPart(name, table), name)
})
