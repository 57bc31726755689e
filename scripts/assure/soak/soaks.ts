// What `npm run soak` can run at length, as data: which test, how often, and in batches of what size.

export type Variables = Readonly<Record<string, string>>
/** `runs` are counted in `unit`; a batch is what one process does, and `factor` what the test calls that number. */
export type Soak = {
  readonly file: string
  readonly unit: string
  readonly runs: number
  readonly batch: number
  readonly factor?: number
  /** What else the test is given. */
  readonly variables?: Variables
}

/** Attacks that are the same wherever the rows of arenas are. */
const WITHOUT_ARENA_ROWS = [
  // They have soaks of their own, `beacons`, `crowd` and `environment`.
  'blob-sources',
  'crowd-of-blocks',
  'environment',
  // Their blocks are made in the test, in calldata.
  'borrowed-torrent',
  'dead-branch',
  'many-blocks',
  'no-node',
  // It is without Ethereum.
  'parted-network',
  // They send a publication again from another account, which takes no more than its calldata.
  'copied-block',
  'same-second',
]

export const SOAKS: Readonly<Record<string, Soak>> = {
  differential: {
    file: 'contract/libraries/Apply',
    unit: 'random steps, TypeScript against Solidity',
    runs: 100_000,
    batch: 5_000,
  },
  tree: { file: 'contract/libraries/Tree', unit: 'random trees and their openings', runs: 500, batch: 50, factor: 60 },
  completeness: {
    file: 'contract/bridge/refute-completeness',
    unit: 'mutations of right blocks',
    runs: 50_000,
    batch: 2_000,
  },
  soundness: {
    file: 'contract/bridge/refute-soundness',
    unit: 'proofs against right blocks',
    runs: 100_000,
    batch: 5_000,
  },
  rows: {
    file: 'contract/bridge/blob-rows',
    unit: 'rows in blobs, TypeScript against Solidity',
    runs: 100_000,
    batch: 10_000,
  },
  blobs: {
    file: 'contract/bridge/blob-lies',
    unit: 'lies about right blocks in blobs',
    runs: 100_000,
    batch: 10_000,
  },
  race: {
    file: 'contract/bridge/Bridge.race-model',
    unit: 'random races, model against Solidity',
    runs: 2_000,
    batch: 100,
    factor: 6,
  },
  adversary: {
    file: 'contract/bridge/race-properties',
    unit: 'races against an adversary',
    runs: 20_000,
    batch: 1_000,
    factor: 2,
  },
  gateways: {
    file: 'contract/periphery/Gateway.money',
    unit: 'steps of money at gateways',
    runs: 20_000,
    batch: 1_000,
  },
  crowd: { file: 'adversarial/crowd-of-blocks', unit: 'light blocks beside a wrong one', runs: 10_000, batch: 10_000 },
  beacons: {
    file: 'adversarial/blob-sources',
    unit: 'ways in which sources of blobs fail, a right and a wrong block each',
    runs: 44,
    batch: 44,
  },
  full: {
    file: 'integration/miner/full-blobs',
    unit: 'steps of one block in blobs, from the payments to the verdict of another node',
    runs: 3_500,
    batch: 3_500,
  },
  drill: {
    file: 'e2e/drill',
    unit: 'drills of all kinds in both modes',
    runs: 1,
    batch: 1,
    variables: { FUZZ_KINDS: 'all' },
  },
  arenas: {
    file: `adversarial/!(${WITHOUT_ARENA_ROWS.join('|')})`,
    unit: 'round of all attacks on processes, rows in blobs',
    runs: 1,
    batch: 1,
    variables: { FUZZ_ROWS: 'blobs' },
  },
  maker: {
    file: 'unit/node/client/maker/takers',
    unit: 'random takers of a maker that is killed, where blocks lose, twice',
    runs: 1_000,
    batch: 1_000,
  },
  wire: {
    file: 'unit/node/network/wire-fuzz',
    unit: 'changed messages and datagrams, of each kind, against a node',
    runs: 8_000_000,
    batch: 1_000_000,
  },
  retrace: {
    file: 'unit/node/bridge/retrace/judge',
    unit: 'random chains of right blocks, replayed as the past is',
    runs: 2_000,
    batch: 100,
  },
  parted: {
    file: 'adversarial/parted-network',
    unit: 'payments among twenty nodes, a third of them while ten minutes part these',
    runs: 6_000,
    batch: 6_000,
    variables: { FUZZ_NODES: '20', FUZZ_PARTED_SECONDS: '600' },
  },
  environment: {
    file: 'adversarial/environment',
    unit: 'moves against real processes',
    runs: 2_000,
    batch: 200,
    variables: { FUZZ_SCALE: '25' },
  },
}

/** Where the tests of a soak are, from the root of the repository: a path, or a pattern of paths. */
export function pathOf(file: string): string {
  return `test/${file}.test.ts`
}
