// Benches: what an empty node takes to get 100,000 payments that no block has ordered, and what it costs a ledger to store them, beside the bare signature checks; and how a node grows with what it holds.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Ledger } from '../../../node/ledger/ledger.ts'
import { recoverSender } from '../../../node/protocol/signature.ts'
import { decodeTransaction } from '../../../node/protocol/transaction.ts'
import { signingDigest } from '../../../node/protocol/typed-data.ts'
import type { Bench } from '../measure.ts'
import { BENCH_GENESIS, BENCH_RULES, payments } from '../payments.ts'
import { runSync, type SyncOptions, type SyncRun } from './sync-run.ts'

const COUNT = 100_000
const BARE = 5_000
/** Payments that are handed in at once, as a sync does. */
const AT_ONCE = 1_000

const SYNCS: Readonly<Record<string, SyncOptions>> = {
  'web of payments, one peer': { count: COUNT },
  'web of payments, four peers': { count: COUNT, peers: 4 },
  '500 long chains, one peer': { count: COUNT, chains: 500 },
}
const BARE_CASE = 'bare signature checks, one thread'

/** Each is run once in a process, for all that is told of it. */
const runs = new Map<string, Promise<SyncRun>>()

function run(name: string, options: SyncOptions): Promise<SyncRun> {
  const running = runs.get(name) ?? runSync({ ...options, onProgress: (line) => console.error(`${name}: ${line}`) })
  runs.set(name, running)
  return running
}

function benchOf(
  facts: Pick<Bench, 'title' | 'unit' | 'limits'>,
  tell: (run: SyncRun) => number,
  isBeside: boolean,
): Bench {
  return {
    ...{ name: 'sync', rounds: 1, ...facts },
    prepare: () => ({
      cases: [
        ...(isBeside ? [{ name: BARE_CASE, run: bareRate }] : []),
        ...Object.entries(SYNCS).map(([name, options]) => ({
          name,
          run: async () => tell(await run(name, options)),
        })),
      ],
      stop: () => {},
    }),
  }
}

export const benches: readonly Bench[] = [
  benchOf(
    {
      title: `An empty node gets ${COUNT.toLocaleString('en')} payments over loopback`,
      unit: 'thousand/s',
      limits: [],
    },
    ({ payments: count, seconds }) => count / seconds / 1_000,
    true,
  ),
  benchOf(
    {
      title: 'What it received, beside the files',
      unit: 'bytes/byte of files',
      limits: Object.keys(SYNCS).map((name) => ({ case: name, of: 'median', atMost: 1.3 })),
    },
    ({ receivedBytes, fileBytes }) => receivedBytes / fileBytes,
    false,
  ),
  benchOf({ title: 'Its memory at the end', unit: 'MB', limits: [] }, ({ memoryBytes }) => memoryBytes / 1e6, false),
]

const GROWTH = [1_000, 1_000_000]
const named = (count: number) => `${count.toLocaleString('en')} payments`
const grown = (count: number) => run(named(count), { count, isRestarted: true })

function growthOf(facts: Pick<Bench, 'title' | 'unit'>, tell: (run: SyncRun) => number): Bench {
  return {
    ...{ name: 'growth', rounds: 1, limits: [], ...facts },
    prepare: () => ({
      cases: GROWTH.map((count) => ({ name: named(count), run: async () => tell(await grown(count)) })),
      stop: () => {},
    }),
  }
}

/** A quarter of an hour, and 3 GB of disk. */
export const growth: readonly Bench[] = [
  growthOf({ title: 'Memory of a node that got them from a peer', unit: 'MB' }, (it) => it.memoryBytes / 1e6),
  growthOf({ title: 'Its memory after a restart', unit: 'MB' }, (it) => (it.restart?.memoryBytes ?? Number.NaN) / 1e6),
  growthOf({ title: 'From the start of the process until it answers', unit: 's' }, (it) => {
    return (it.restart?.startMs ?? Number.NaN) / 1_000
  }),
]

export const intake: Bench = {
  name: 'intake',
  title: `A ledger stores ${COUNT.toLocaleString('en')} payments, parents first`,
  unit: 'thousand/s',
  rounds: 1,
  limits: [],
  prepare: () => ({
    cases: [
      { name: BARE_CASE, run: bareRate },
      { name: 'stored, by the clock', run: async () => COUNT / (await store()).wallMs },
      { name: 'stored, by the processor time of the main thread', run: async () => COUNT / (await store()).mainMs },
    ],
    stop: () => {},
  }),
}

/** Thousands a second. */
function bareRate(): number {
  const checks = [...payments({ count: BARE })].flatMap((file) => {
    const tx = decodeTransaction(file)
    return tx.kind === 'signed' ? [[signingDigest(tx), tx.signature] as const] : []
  })
  const beganMs = performance.now()
  for (const [digest, signature] of checks) recoverSender(digest, signature)
  return checks.length / (performance.now() - beganMs)
}

let stored: Promise<{ readonly wallMs: number; readonly mainMs: number }> | undefined

function store() {
  stored ??= storeAll()
  return stored
}

async function storeAll() {
  const files = [...payments({ count: COUNT })]
  const folder = await mkdtemp(join(tmpdir(), 'ttx-intake-'))
  try {
    const common = { rules: BENCH_RULES, genesis: BENCH_GENESIS, log: pino({ level: 'warn' }), clock: Date.now }
    await using ledger = new Ledger({ ...common, database: join(folder, 'ledger') })
    await ledger.start()
    const [beganMs, began] = [performance.now(), process.threadCpuUsage()]
    for (let at = 0; at < COUNT; at += AT_ONCE) {
      await Promise.all(files.slice(at, at + AT_ONCE).map((file) => ledger.submit(file, 'bench')))
    }
    const { user, system } = process.threadCpuUsage(began)
    return { wallMs: performance.now() - beganMs, mainMs: (user + system) / 1_000 }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
