// A miner's report that has everything in it.

import type { MinerReport } from '../../../scripts/miner-report.ts'

export function exampleReport(changes: Partial<MinerReport> = {}): MinerReport {
  return {
    ...{ pid: 1, start: '1', cores: 4, at: 1_800_000_000_000 },
    account: '0x1111111111111111111111111111111111111111',
    payout: '0x2222222222222222222222222222222222222222',
    ...{ state: 'searching', because: 'fees worth 0.01 ETH exceed the gas of 0.002 ETH' },
    // Of 2^27 expected hashes.
    ...{
      height: '20',
      target: `${2n ** 229n - 1n}`,
      expectedSeconds: 74.57,
      steps: 3,
      requests: 1,
      rows: 'blobs',
      blobs: 1,
    },
    ...{ hashesPerSecond: 1_800_000, rates: { tenSeconds: 1_912_345, minute: 1_800_000, quarterHour: 1_754_321 } },
    ...{ threads: 3, kernel: 'avx2', searchedSeconds: 4_000 },
    network: { hashesPerSecond: 7_200_000, blocks: 25, seconds: 90_000, share: 0.25 },
    blocks: { found: 14, published: 13, final: 12, lost: 1 },
    money: {
      ...{ earned: '1230000000000000000', pending: '20000000000000000' },
      ...{ queueFees: '3000000000', pendingQueueFees: '0', gas: '2003000000000', bondsLost: '1000000000000' },
      ...{ ether: '-3000000000000', profit: '2457000000000000' },
    },
    ...{ bonds: '40000000000000000', owed: '0', balance: '999000000000000000' },
    ...changes,
  }
}
