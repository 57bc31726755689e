// The figures of a miner: all of its status, read when somebody scrapes.

import { type Figure, oneOf, whole } from '../../node/metrics/figures.ts'
import type { NetworkRate } from '../network-rate.ts'
import type { MinerState, MinerStatus } from '../status.ts'
import { steadyRate } from '../work/hash-rate.ts'

export type MinerReading = { readonly status: MinerStatus; readonly network: NetworkRate | undefined }

const STATES = [
  'starting',
  'resting',
  'searching',
  'holding',
  'publishing',
  'blocked',
  'stopped',
] as const satisfies readonly MinerState[]

export const MINER_FIGURES: readonly Figure<MinerReading>[] = [
  {
    name: 'ttx_miner_state',
    help: '1 for what the miner does now; blocked: something is in its way, and its log says what',
    labels: ['state'],
    of: ({ status }) => oneOf('state', STATES, status.state),
  },
  {
    name: 'ttx_miner_hashes_per_second',
    help: 'Of this miner while it searches, hashes a second',
    of: ({ status }) => steadyRate(status.rates),
  },
  {
    name: 'ttx_network_hashes_per_second',
    help: 'Of all miners, estimated of the blocks of late, hashes a second; absent with fewer than seven',
    of: ({ network }) => network?.hashesPerSecond,
  },
  {
    name: 'ttx_miner_hashes_total',
    help: 'Hashes since the miner was started',
    of: ({ status }) => Number(status.hashes),
  },
  {
    name: 'ttx_miner_searched_seconds_total',
    help: 'Time in which it searched since it was started, seconds',
    of: ({ status }) => status.searchedMs / 1_000,
  },
  {
    name: 'ttx_miner_blocks',
    help: 'Own blocks of all starts by what became of them, number of them: published includes final',
    labels: ['stage'],
    of: ({ status: { blocks } }) => Object.entries(blocks).map(([stage, count]) => [{ stage }, count]),
  },
  {
    name: 'ttx_miner_fees_ttx',
    help: 'Fees of own blocks of all starts in wTTX, TTX: earned by final ones, pending in those that are not final',
    labels: ['standing'],
    of: ({ status: { money } }) => [
      [{ standing: 'earned' }, whole(money.earned)],
      [{ standing: 'pending' }, whole(money.pending)],
    ],
  },
  {
    name: 'ttx_miner_fees_ether',
    help: 'The same of what forced transactions and entries pay, ether',
    labels: ['standing'],
    of: ({ status: { money } }) => [
      [{ standing: 'earned' }, whole(money.queueFees)],
      [{ standing: 'pending' }, whole(money.pendingQueueFees)],
    ],
  },
  {
    name: 'ttx_miner_costs_ether',
    help: 'What mining has cost in all starts, ether: gas, blobs included, and bonds that the contract kept',
    labels: ['for'],
    of: ({ status: { money } }) => [
      [{ for: 'gas' }, whole(money.gas)],
      [{ for: 'bonds' }, whole(money.bondsLost)],
    ],
  },
  {
    name: 'ttx_miner_profit_ether',
    help: 'What mining has come to in all starts at the price of --price, ether; absent without one',
    of: ({ status: { money } }) => (money.profit === undefined ? undefined : whole(money.profit)),
  },
  {
    name: 'ttx_miner_bonds_locked_ether',
    help: 'Bonds of own blocks that are in the bridge and come back, ether',
    of: ({ status }) => whole(status.bonds),
  },
  {
    name: 'ttx_miner_owed_ether',
    help: 'What the bridge owes to the payout address and withdraw would send, ether',
    of: ({ status }) => whole(status.owed),
  },
  {
    name: 'ttx_miner_next_block_cost_ether',
    help: 'What the block that it searches, or would, costs at the prices of now, ether',
    of: ({ status: { work } }) => work && whole(work.cost),
  },
  {
    name: 'ttx_miner_next_block_worth_ether',
    help: 'What the fees of that block are worth at the price of --price, ether; absent without one',
    of: ({ status: { work } }) => (work?.worth === undefined ? undefined : whole(work.worth)),
  },
  {
    name: 'ttx_miner_next_block_expected_seconds',
    help: 'How long the search for it takes on average at the rate of now, seconds',
    of: ({ status: { work } }) => work?.expectedSeconds,
  },
  {
    name: 'ttx_miner_defends',
    help: '1 if it searches in defence of own blocks that a rival could displace',
    of: ({ status: { work } }) => (work?.defends === undefined ? 0 : 1),
  },
]
