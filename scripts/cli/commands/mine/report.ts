// What a miner says of itself, put together from the miner, its process and the blocks of late.

import { availableParallelism } from 'node:os'
import { type NetworkRate, shareOf } from '../../../../miner/network-rate.ts'
import type { MinerStatus } from '../../../../miner/status.ts'
import { steadyRate } from '../../../../miner/work/hash-rate.ts'
import { startOf } from '../../../lock.ts'
import type { MinerReport } from '../../../miner-report.ts'

export type Process = Pick<MinerReport, 'pid' | 'start' | 'cores'>

/** This one. */
export async function thisProcess(): Promise<Process> {
  return { pid: process.pid, start: await startOf(process.pid), cores: availableParallelism() }
}

/** `at` is unix milliseconds. */
export function reportOf(
  status: MinerStatus,
  self: Process,
  network: NetworkRate | undefined,
  at: number,
): MinerReport {
  const { state, account, payout, reason, problem, rates, threads, kernel, searchedMs, work, blocks, money } = status
  const hashesPerSecond = Math.round(steadyRate(rates))
  const seconds = work?.expectedSeconds
  return {
    ...self,
    at,
    account,
    payout,
    state,
    because: reason,
    ...(problem === undefined ? {} : { problem }),
    ...(work === undefined
      ? {}
      : {
          height: `${work.height}`,
          target: `${work.target}`,
          ...(seconds === undefined ? {} : { expectedSeconds: Math.round(seconds * 1_000) / 1_000 }),
          ...{ steps: work.steps, requests: work.requests, rows: work.rows, blobs: work.blobs },
          ...(work.defends === undefined ? {} : { defends: work.defends }),
        }),
    hashesPerSecond,
    rates: {
      tenSeconds: Math.round(rates.tenSeconds),
      ...(rates.minute === undefined ? {} : { minute: Math.round(rates.minute) }),
      ...(rates.quarterHour === undefined ? {} : { quarterHour: Math.round(rates.quarterHour) }),
    },
    threads,
    kernel,
    searchedSeconds: Math.round(searchedMs / 1_000),
    ...(network === undefined || hashesPerSecond === 0
      ? {}
      : {
          network: {
            ...network,
            hashesPerSecond: Math.round(network.hashesPerSecond),
            share: Math.round(1_000 * shareOf(hashesPerSecond, network)) / 1_000,
          },
        }),
    blocks,
    money: {
      ...{ earned: `${money.earned}`, pending: `${money.pending}` },
      ...{ queueFees: `${money.queueFees}`, pendingQueueFees: `${money.pendingQueueFees}`, gas: `${money.gas}` },
      ...{ bondsLost: `${money.bondsLost}`, ether: `${money.ether}` },
      ...(money.profit === undefined ? {} : { profit: `${money.profit}` }),
    },
    bonds: `${status.bonds}`,
    owed: `${status.owed}`,
    ...(status.balance === undefined ? {} : { balance: `${status.balance}` }),
  }
}
