// One measured sync: an empty node and peers that have all payments, each a process of its own, over loopback.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import { createNodeClient, type NodeClient } from '../../../node/client/rpc.ts'
import { Ledger } from '../../../node/ledger/ledger.ts'
import { BENCH_GENESIS, BENCH_RULES, type PaymentsOptions, payments } from '../payments.ts'
import type { Started } from './bench-node.ts'

export type SyncRun = {
  readonly payments: number
  readonly seconds: number
  /** Of messages between nodes, to the joiner. */
  readonly receivedBytes: number
  readonly fileBytes: number
  /** Of the joiner: resident at the end, and its processor. */
  readonly memoryBytes: number
  readonly cpuSeconds: number
  /** The joiner again, on what it has. */
  readonly restart?: { readonly startMs: number; readonly memoryBytes: number }
}

export type SyncOptions = PaymentsOptions & {
  readonly peers?: number
  readonly isRestarted?: boolean
  readonly onProgress?: (line: string) => void
}

const NODE_FILE = join(import.meta.dirname, 'bench-node.ts')
/** Nothing came for this long: it stalls. */
const STALLED_MS = 60_000
/** After a start, until what it needed has gone. */
const SETTLED_MS = 20_000
/** Payments that the ledger of a peer is filled with at once. */
const AT_ONCE = 2_000

/** Fills the ledgers of the peers first. Throws if the joiner stalls. */
export async function runSync({
  peers = 1,
  isRestarted,
  onProgress = () => {},
  ...options
}: SyncOptions): Promise<SyncRun> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-sync-'))
  const children: ChildProcess[] = []
  const startNode = async (name: string, flags: readonly string[] = []) => {
    const started = await start(join(folder, name), flags, children)
    return { ...started, client: createNodeClient(started.rpc) }
  }
  try {
    const fileBytes = await fill(join(folder, 'peer 0'), options, onProgress)
    for (let i = 1; i < peers; i++) await cp(join(folder, 'peer 0'), join(folder, `peer ${i}`), { recursive: true })
    const full = await Promise.all(Array.from({ length: peers }, (_, i) => startNode(`peer ${i}`)))
    const joiner = await startNode('joiner', ['--peers', full.map(({ address }) => address).join(',')])
    const beganMs = performance.now()
    await arrive(joiner.client, options.count, onProgress)
    const seconds = (performance.now() - beganMs) / 1_000
    const { peers: connected } = await joiner.client.call('node_peers', {})
    const { memoryBytes } = await joiner.client.call('node_status', {})
    const run = {
      ...{ payments: options.count, seconds, fileBytes, memoryBytes },
      cpuSeconds: await cpuSecondsOf(joiner.pid),
      receivedBytes: connected.reduce((sum, { received }) => sum + received.bytes, 0),
    }
    if (!isRestarted) return run
    await Promise.all(children.splice(0).map(end))
    const again = await startNode('joiner')
    await setTimeout(SETTLED_MS)
    const { memoryBytes: least } = await again.client.call('node_status', {})
    return { ...run, restart: { startMs: again.startMs, memoryBytes: least } }
  } finally {
    await Promise.all(children.map(end))
    await rm(folder, { recursive: true, force: true })
  }
}

/** Returns the bytes of the files. */
async function fill(folder: string, options: PaymentsOptions, onProgress: (line: string) => void): Promise<number> {
  const [database, log] = [join(folder, 'ledger'), pino({ level: 'warn' })]
  await using ledger = new Ledger({ database, rules: BENCH_RULES, genesis: BENCH_GENESIS, log, clock: Date.now })
  await ledger.start()
  let bytes = 0
  let batch: Promise<unknown>[] = []
  for (const file of payments(options)) {
    bytes += file.length
    batch.push(ledger.submit(file, 'rpc'))
    if (batch.length < AT_ONCE) continue
    await Promise.all(batch)
    batch = []
  }
  await Promise.all(batch)
  onProgress(`a peer has ${ledger.summary().count} payments`)
  return bytes
}

async function start(folder: string, flags: readonly string[], children: ChildProcess[]) {
  const child = spawn(process.execPath, [NODE_FILE, '--folder', folder, ...flags], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })
  const [line]: unknown[] = await once(lines, 'line')
  const started: Started = JSON.parse(String(line))
  return { ...started, pid: child.pid ?? 0 }
}

/** Resolves when all payments are accepted. */
async function arrive(client: NodeClient, count: number, onProgress: (line: string) => void): Promise<void> {
  let [held, changedMs] = [0, performance.now()]
  for (let looks = 0; held <= count; looks++) {
    const { transactions, memoryBytes } = await client.call('node_status', {})
    const now = performance.now()
    if (transactions.held > held) [held, changedMs] = [transactions.held, now]
    if (looks % 20 === 0) onProgress(`${held} held, ${transactions.waiting} wait, ${Math.round(memoryBytes / 1e6)} MB`)
    if (now - changedMs > STALLED_MS)
      throw new Error(`expected ${count} payments at the joiner, got ${held}, and no more within a minute`)
    await setTimeout(100)
  }
}

/** Linux: `proc(5)`, in hundredths of a second. */
async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.stdin?.end()
  await closed
}
