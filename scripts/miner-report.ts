// What a running miner says of itself, for `ttx miner status` and whoever else asks beside it: `<data>/miner-status.json`.

import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '../node/durable.ts'
import { startOf } from './lock.ts'

/** Whole numbers as decimal text; those of money may be below zero. */
const whole = z.string().regex(/^-?[0-9]+$/)

const schema = z.object({
  pid: z.int(),
  /** When that process began, as the system counts: another one may have its number by now. */
  start: z.string(),
  /** When this was written, unix milliseconds. */
  at: z.number(),
  account: z.string(),
  payout: z.string(),
  /** `starting`, `searching`, `resting`, `holding`, `publishing` or `blocked`. */
  state: z.string(),
  /** Why, in words. */
  because: z.string(),
  /** What keeps it from working, and what to do. */
  problem: z.string().optional(),
  /** Of the block that it searches for, or would; absent before the first look at the node. */
  height: whole.optional(),
  target: whole.optional(),
  /** Until such a block is found, at `hashesPerSecond`; absent before the first search. */
  expectedSeconds: z.number().optional(),
  steps: z.int().optional(),
  requests: z.int().optional(),
  rows: z.string().optional(),
  blobs: z.int().optional(),
  /** The first block of the race for which it searches, in defence of our own blocks. */
  defends: z.string().optional(),
  /** While it searches: over the last minute of searching, or the last seconds before there is a minute. */
  hashesPerSecond: z.number(),
  rates: z.object({ tenSeconds: z.number(), minute: z.number().optional(), quarterHour: z.number().optional() }),
  threads: z.int(),
  /** What searches: a name that `ttx benchmark` lists. */
  kernel: z.string(),
  cores: z.int(),
  /** Since it was started. */
  searchedSeconds: z.number(),
  /** All miners together, estimated of blocks that came in some seconds; absent where these are too few. `share` is 0 to 1. */
  network: z
    .object({ hashesPerSecond: z.number(), blocks: z.int(), seconds: z.number(), share: z.number() })
    .optional(),
  /** Of all starts. */
  blocks: z.object({ found: z.int(), published: z.int(), final: z.int(), lost: z.int() }),
  /** Of all starts; base units of wTTX, and wei. */
  money: z.object({
    ...{ earned: whole, pending: whole },
    ...{ queueFees: whole, pendingQueueFees: whole, gas: whole, bondsLost: whole, ether: whole },
    /** Wei; absent without a price. */
    profit: whole.optional(),
  }),
  /** Wei in the bridge: bonds that come back, and what can be fetched. */
  bonds: whole,
  owed: whole,
  balance: whole.optional(),
})

export type MinerReport = Readonly<z.output<typeof schema>>

/** `stale`: its process lives, and has not written for a minute. `gone`: it was killed before it could remove this. */
export type Seen = { readonly report: MinerReport; readonly is: 'running' | 'stale' | 'gone' }

/** Reports are written six times a minute. */
const STALE_MS = 60_000

export function minerReportFile(data: string): string {
  return join(data, 'miner-status.json')
}

/** `undefined` if no miner has left one, or it cannot be read. `nowMs` is unix milliseconds. Never throws. */
export async function readMinerReport(data: string, nowMs: number): Promise<Seen | undefined> {
  const report = await readReport(data)
  if (report === undefined) return undefined
  const { pid, start, at } = report
  if (start === '' || (await startOf(pid)) !== start) return { report, is: 'gone' }
  return { report, is: nowMs - at > STALE_MS ? 'stale' : 'running' }
}

/** The report of one that runs, and says what it does now. Never throws. */
export async function readRunningMiner(data: string, nowMs: number): Promise<MinerReport | undefined> {
  const seen = await readMinerReport(data, nowMs)
  return seen?.is === 'running' ? seen.report : undefined
}

/** Replaces it at once, so that readers never see half of it; mode 0600. Throws `write-failed` (retry). */
export async function writeMinerReport(data: string, report: MinerReport): Promise<void> {
  await writeDurably(minerReportFile(data), `${JSON.stringify(report, undefined, 2)}\n`)
}

/** Only that of this process: a folder may have miners of several accounts, of which the last one to write is seen. */
export async function removeMinerReport(data: string): Promise<void> {
  const report = await readReport(data)
  if (report?.pid === process.pid) await rm(minerReportFile(data), { force: true })
}

async function readReport(data: string): Promise<MinerReport | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(minerReportFile(data), 'utf8')))
  } catch {
    return undefined
  }
}
