// Bench: how long a new node takes from its start until it has the balances of a final block from a peer over loopback, and can be paid with.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Level } from 'level'
import { pino } from 'pino'
import { BlockPool } from '../../node/block-pool.ts'
import { BridgeFollower } from '../../node/bridge/follower.ts'
import { Ledger } from '../../node/ledger/ledger.ts'
import { Network } from '../../node/network/network.ts'
import { NodeStore } from '../../node/network-store.ts'
import { NodeBeginning } from '../../node/node-beginning.ts'
import { parseHex } from '../../node/protocol/bytes.ts'
import { decodeSealed } from '../../node/protocol/header.ts'
import { toTime } from '../../node/protocol/units.ts'
import { chainOf, networkMade } from './beginning-network.ts'
import type { Seeding } from './beginning-seeder.ts'
import type { Bench } from './measure.ts'

const log = pino({ level: 'warn' })
const DEFAULT_OUTPUTS = 100_000
const STEPS = ['torrent', 'balances', 'ledger', 'ready'] as const
type Times = { readonly [Step in (typeof STEPS)[number]]: number } & { readonly megabytes: number }

export const bench: Bench = {
  name: 'beginning',
  title:
    'Seconds from the start of a new node at a final block, over loopback; megabytes of memory at the end (--outputs, by default 100,000)',
  unit: 's',
  rounds: 1,
  limits: [],
  async prepare({ outputs = DEFAULT_OUTPUTS } = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-bench-beginning-'))
    const seeder = spawn(process.execPath, [join(import.meta.dirname, 'beginning-seeder.ts'), `${outputs}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(createInterface(seeder.stdout), 'line')
    const seeding: Seeding = JSON.parse(line)
    let times: Promise<Times> | undefined
    const all = () => {
      times ??= begin(folder, seeding)
      return times
    }
    const megabytes = `${Math.round(seeding.bytes / 1e6)} MB`
    return {
      cases: [
        { name: `torrent of ${megabytes} is here`, run: async () => (await all()).torrent },
        { name: 'balances are checked', run: async () => (await all()).balances },
        { name: 'ledger has them', run: async () => (await all()).ledger },
        { name: 'ready: live', run: async () => (await all()).ready },
        { name: 'memory, MB', run: async () => (await all()).megabytes },
      ],
      stop: async () => {
        seeder.kill()
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
}

/** When each step was over. */
async function begin(folder: string, { sealed, port }: Seeding): Promise<Times> {
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1_000
  const definition = networkMade()
  const ledger = new Ledger({ database: join(folder, 'ledger'), ...definition, log, clock: () => began })
  await ledger.start()
  const database = new Level<string, string>(join(folder, 'bridge'))
  await database.open()
  const options = { begin: 'final', network: { peers: [`127.0.0.1:${port}`] } } as const
  let network: Network | undefined
  const beginning = new NodeBeginning({ ledger, network: () => network as Network }, options)
  let balances = 0
  let ledgerAt = 0
  const follower = new BridgeFollower({
    ...{ chain: chainOf(decodeSealed(parseHex(sealed))), database, network: definition, log },
    beginning: {
      ...beginning.source,
      fetch: async (...asked) => {
        const files = await beginning.source.fetch(...asked)
        torrent = seconds()
        return files
      },
    },
    onBegun: async (block, outputs) => {
      balances = seconds()
      await beginning.fill(block, outputs)
      ledgerAt = seconds()
    },
  })
  let torrent = 0
  const pool = new BlockPool({
    ...{ kzg: { hashes: async () => [] }, rules: definition.rules, easiestTarget: 1n, now: () => toTime(0n) },
    ...{ tip: () => undefined, isPublished: () => true, isJudged: () => true, isOnQueue: () => false },
    queue: () => undefined,
  })
  network = new Network({ store: new NodeStore({ ledger, pool, follower }), log }, options.network)
  follower.on('begun', () => beginning.end())
  const live = new Promise<void>((resolve) => {
    follower.on('status', ({ state }) => {
      if (state === 'live') resolve()
    })
  })
  await beginning.begin(follower)
  await network.start()
  beginning.networkIsUp()
  await live
  const ready = seconds()
  const megabytes = process.memoryUsage.rss() / 1e6
  await network.stop()
  await follower.stop()
  await database.close()
  await ledger.stop()
  return { torrent, balances, ledger: ledgerAt, ready, megabytes }
}
