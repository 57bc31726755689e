// What a miner that runs on this data folder says of itself: `<data>/miner-status.json`, which it writes again and again.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** What is older was written by a miner that does something else by now, or nothing. */
const FRESH_MS = 60_000
const MOST_BYTES = 65_536

const report = z.object({
  pid: z.int().positive(),
  at: z.union([z.number(), z.string()]),
  state: z.string().max(40),
  height: z.coerce.bigint().optional().catch(undefined),
  hashesPerSecond: z.coerce.number().nonnegative().finite().optional().catch(undefined),
  expectedSeconds: z.coerce.number().nonnegative().finite().optional().catch(undefined),
  because: z.string().max(1_000).optional().catch(undefined),
})

/** `height` is that of the block on which it works. */
export type MinerReport = Omit<z.output<typeof report>, 'at'>

/**
 * `undefined` without such a file, and where it is not to be believed: not of this form, older than a minute, or of a process that is gone.
 * `nowMs` is unix milliseconds on the clock of this machine, which is that of the miner too.
 */
export async function readMinerReport(data: string, nowMs: number): Promise<MinerReport | undefined> {
  const text = await readFile(join(data, 'miner-status.json'), 'utf8').catch(() => undefined)
  if (text === undefined || text.length > MOST_BYTES) return undefined
  const { at, ...said } = report.safeParse(jsonOf(text)).data ?? {}
  if (at === undefined || !('pid' in said) || !isRunning(said.pid)) return undefined
  const ageMs = nowMs - millisOf(at)
  return Math.abs(ageMs) <= FRESH_MS ? said : undefined
}

/** Of unix seconds, of milliseconds, or of a date (ISO 8601). */
function millisOf(at: number | string): number {
  if (typeof at === 'string') return Date.parse(at)
  return at < 1e11 ? 1_000 * at : at
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Also one of another user, to which nothing may be sent. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
