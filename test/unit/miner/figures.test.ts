// The figures of miner, relayer, watcher and their accounts against what they are read from.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { gasFigures } from '../../../deployments/gas.ts'
import { accountFigures, EMPTY_BLOCK, REFUTATION } from '../../../miner/figures/account-figures.ts'
import { AccountWatch } from '../../../miner/figures/account-watch.ts'
import { MINER_FIGURES, type MinerReading } from '../../../miner/figures/miner-figures.ts'
import { RELAYER_FIGURES } from '../../../miner/figures/relayer-figures.ts'
import { WATCHER_FIGURES } from '../../../miner/figures/watcher-figures.ts'
import type { WorkStatus } from '../../../miner/status.ts'
import type { Case } from '../../../miner/watch/cases.ts'
import { OperationError } from '../../../node/errors.ts'
import { addFigures, type Figure } from '../../../node/metrics/figures.ts'
import { type Address, parseAddress, toHash, ZERO_ADDRESS, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { GWEI, toBaseUnits, toGasPrice, toTime, toWei } from '../../../node/protocol/units.ts'
import { Rounds } from '../../../node/rounds.ts'
import { log } from '../../support/log.ts'
import { parseSamples } from '../../support/scrape.ts'

const BRIDGE = parseAddress(`0x${'bb'.repeat(20)}`)
const ETHER = 10n ** 18n

async function samplesOf<Source>(source: Source, figures: readonly Figure<Source>[]) {
  const registry = new Registry()
  addFigures(registry, () => source, figures)
  const samples = parseSamples(await registry.metrics())
  return (name: string) => samples.get(name)
}

const status: MinerReading['status'] = {
  ...{ state: 'searching', account: ZERO_ADDRESS, payout: ZERO_ADDRESS, reason: 'fees exceed gas' },
  rates: { tenSeconds: 1_900_000, minute: 1_800_000 },
  ...{ hashes: 10n ** 12n, searchedMs: 5_500, threads: 3, kernel: 'wasm' as const },
  blocks: { found: 14, published: 13, final: 12, lost: 1 },
  money: {
    ...{ earned: toBaseUnits(5n * ETHER), pending: toBaseUnits(ETHER / 2n) },
    ...{ queueFees: toWei(ETHER / 10n), pendingQueueFees: toWei(0n) },
    ...{ gas: toWei(ETHER / 5n), bondsLost: toWei(ETHER / 4n), ether: -ETHER / 3n, profit: ETHER / 8n },
  },
  ...{ bonds: toWei(2n * ETHER), owed: toWei(ETHER) },
}

test('a miner shows its status: state, rate, blocks, fees against gas, bonds', async () => {
  const network = { hashesPerSecond: 7_200_000, blocks: 25, seconds: 90_000 }
  const of = await samplesOf({ status, network }, MINER_FIGURES)
  assert.deepEqual(
    ['searching', 'blocked'].map((state) => of(`ttx_miner_state{state="${state}"}`)),
    [1, 0],
  )
  assert.equal(of('ttx_miner_hashes_per_second'), 1_800_000)
  assert.equal(of('ttx_network_hashes_per_second'), 7_200_000)
  assert.deepEqual([of('ttx_miner_hashes_total'), of('ttx_miner_searched_seconds_total')], [1e12, 5.5])
  assert.deepEqual(
    ['found', 'published', 'final', 'lost'].map((stage) => of(`ttx_miner_blocks{stage="${stage}"}`)),
    [14, 13, 12, 1],
  )
  assert.deepEqual(
    ['earned', 'pending'].flatMap((standing) => [
      of(`ttx_miner_fees_ttx{standing="${standing}"}`),
      of(`ttx_miner_fees_ether{standing="${standing}"}`),
    ]),
    [5, 0.1, 0.5, 0],
  )
  assert.deepEqual([of('ttx_miner_costs_ether{for="gas"}'), of('ttx_miner_costs_ether{for="bonds"}')], [0.2, 0.25])
  assert.deepEqual([of('ttx_miner_profit_ether'), of('ttx_miner_bonds_locked_ether')], [0.125, 2])
  assert.equal(of('ttx_miner_owed_ether'), 1)
  assert.equal(of('ttx_miner_next_block_cost_ether'), undefined)
  assert.equal(of('ttx_miner_defends'), 0)
})

test('of the block that it would mine it shows cost, worth and time', async () => {
  const work: WorkStatus = {
    ...{ parent: ZERO_HASH, height: 7n, target: 1n, steps: 3, requests: 1, queueEntries: 0, rows: 'calldata' },
    ...{ blobs: 0, blobFee: toWei(0n), code: 'defence', defends: ZERO_HASH, expectedSeconds: 90 },
    ...{ fee: toBaseUnits(1n), queueFees: toWei(0n), worth: toWei(ETHER / 2n), cost: toWei(ETHER / 4n) },
  }
  const { profit: _, ...money } = status.money
  const of = await samplesOf({ status: { ...status, money, work }, network: undefined }, MINER_FIGURES)
  assert.deepEqual([of('ttx_miner_next_block_cost_ether'), of('ttx_miner_next_block_worth_ether')], [0.25, 0.5])
  assert.equal(of('ttx_miner_next_block_expected_seconds'), 90)
  assert.equal(of('ttx_miner_defends'), 1)
  assert.equal(of('ttx_miner_profit_ether'), undefined)
  assert.equal(of('ttx_network_hashes_per_second'), undefined)
})

test('a relayer shows what it paid and what waits', async () => {
  const of = await samplesOf(
    { account: ZERO_ADDRESS, reason: '', claimed: 7, paid: 3n * ETHER, waiting: 2 },
    RELAYER_FIGURES,
  )
  assert.deepEqual(
    [of('ttx_relayer_claims_total'), of('ttx_relayer_paid_ttx_total'), of('ttx_relayer_waiting')],
    [7, 3, 2],
  )
})

test('a watcher shows its cases, and the first deadline of those that live', async () => {
  const caseOf = (n: number, state: Case['state'], deadline: number, failures?: number): Case => ({
    ...{ block: toHash(Uint8Array.of(...new Uint8Array(31), n)), state, problem: '', deadline: toTime(deadline) },
    ...(failures === undefined ? {} : { failures }),
  })
  const cases = [
    caseOf(1, 'killed', 100, 9),
    caseOf(2, 'open', 5_000, 2),
    caseOf(3, 'tried', 4_000),
    caseOf(4, 'doubtful', 10),
  ]
  const of = await samplesOf({ status: { state: 'watching', valid: 3, cases }, nowMs: 1_000_000 }, WATCHER_FIGURES)
  assert.deepEqual(
    ['open', 'tried', 'killed', 'doubtful'].map((state) => of(`ttx_watcher_cases{state="${state}"}`)),
    [1, 1, 1, 1],
  )
  assert.equal(of('ttx_deadline_seconds{of="wrong-block"}'), 3_000)
  assert.equal(of('ttx_watcher_failed_refutations'), 2)
  assert.deepEqual([of('ttx_watcher_state{state="watching"}'), of('ttx_watcher_right_blocks')], [1, 3])
  const quiet = await samplesOf({ status: { state: 'unknown', valid: 0, cases: [] }, nowMs: 0 }, WATCHER_FIGURES)
  assert.equal(quiet('ttx_deadline_seconds{of="wrong-block"}'), undefined)
})

const seen = {
  balance: toWei(ETHER),
  bridgeBalance: toWei(3n * ETHER),
  baseFee: toGasPrice(10n * GWEI),
  floorPrice: toGasPrice(GWEI),
  tokenSupply: 5n * ETHER,
}

test('how long an account can defend follows from its balance and from what one act costs', () => {
  // 20,000,000 gas of bond, at the base fee since the floor is below it.
  const block = 20_000_000n + BigInt(gasFigures['publish, 0 steps of 1 inputs'])
  assert.equal(EMPTY_BLOCK(seen), block * 10n * GWEI)
  assert.equal(REFUTATION(seen), BigInt(gasFigures['refuteBlobs, worst swap']) * 10n * GWEI)
})

test('an account is looked at again and again, and a look that fails leaves no old figures', async () => {
  let fails = false
  const { promise: looked, resolve } = Promise.withResolvers<void>()
  const ethereum = {
    bridge: BRIDGE,
    balance: async (address?: Address) => (address === BRIDGE ? seen.bridgeBalance : seen.balance),
    parameters: async () => ({
      token: ZERO_ADDRESS,
      minRequest: 1n,
      easiestTarget: 1n,
      floorPrice: seen.floorPrice,
      genesis: ZERO_HASH,
    }),
    tokenSupply: async () => seen.tokenSupply,
    head: async () => {
      if (fails) {
        resolve()
        throw new OperationError('ethereum-silent', 'no answer', { retry: true })
      }
      return { number: 1n, hash: ZERO_HASH, time: toTime(1n), next: toTime(1n), baseFee: seen.baseFee }
    },
  }
  const rounds = new Rounds()
  await using watch = new AccountWatch({ ethereum, log, rounds }, 5)
  const of = async () => await samplesOf(watch, accountFigures(EMPTY_BLOCK))
  assert.equal((await of())('ttx_account_balance_ether'), undefined)
  watch.start()
  while (watch.seen === undefined) await delay(1)
  const now = await of()
  assert.equal(now('ttx_account_balance_ether'), 1)
  assert.equal(now('ttx_bridge_balance_ether'), 3)
  assert.equal(now('ttx_ethereum_base_fee_wei'), 1e10)
  assert.equal(now('ttx_token_supply_ttx'), 5)
  const seconds = now('ttx_account_defence_seconds') ?? 0
  assert.ok(Math.abs(seconds - (3_600 * 1e18) / Number(EMPTY_BLOCK(seen))) < 1e-6, `${seconds}`)
  assert.deepEqual(
    rounds.all().map(({ part }) => part),
    ['account'],
  )
  fails = true
  await looked
  while (watch.seen !== undefined) await delay(1)
  assert.equal((await of())('ttx_account_balance_ether'), undefined)
})
