// The honest processes: two nodes, a watcher, a miner and a relayer. Any of them may be killed, and comes back on the same data.

import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createNodeClient, type NodeClient } from '../../../node/client/rpc.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import type { Account } from '../../../scripts/assure/models/world.ts'
import { Arena, type Variables } from '../../support/processes/arena.ts'
import { devnetPorts } from '../../support/processes/processes.ts'
import { Beacons } from './beacons.ts'
import { Endpoints } from './endpoints.ts'
import type { RowsMode } from './rows.ts'

/** Blocks of Ethereum that may be reorganised. */
export const FINALITY_DEPTH = 12
const NAMES = ['node-0', 'node-1', 'watcher', 'miner', 'relayer'] as const
export type Name = (typeof NAMES)[number]

/** What a process says once it runs, and the node without which it does not begin. */
const READY: Readonly<Record<Name, { readonly says: RegExp; readonly node?: 'node-0' | 'node-1' }>> = {
  'node-0': { says: /^data/m },
  'node-1': { says: /^data/m },
  watcher: { says: /^account/m, node: 'node-0' },
  miner: { says: /^threads/m, node: 'node-0' },
  relayer: { says: /^Ethereum/m, node: 'node-1' },
}
const POLL_MS = 150
/** Anvil loses states when it moves old ones to disk and is reorganised afterwards: the contract itself may be gone. */
const ANVIL = ['--prune-history', '300']
const RPC_MS = 30_000
const LOOK_MS = 50

export class Honest {
  readonly arena: Arena
  readonly endpoints: Endpoints
  readonly beacons: Beacons
  readonly nodes: { readonly 'node-0': NodeClient; readonly 'node-1': NodeClient }
  readonly accounts: ReadonlySet<Address>
  readonly miner: Account
  /** Until which move they stay away, and what is set otherwise when they come back. */
  readonly #away = new Map<Name, { readonly until: number; readonly changes: Variables }>()
  restarts = 0

  private constructor(parts: Pick<Honest, 'arena' | 'endpoints' | 'beacons' | 'nodes' | 'accounts' | 'miner'>) {
    this.arena = parts.arena
    this.endpoints = parts.endpoints
    this.beacons = parts.beacons
    this.nodes = parts.nodes
    this.accounts = parts.accounts
    this.miner = parts.miner
  }

  /** `prepare` is done while there is nobody but the first node. The miner posts its rows as `rows` says, of both the one that is worth more. */
  static async start(t: TestContext, rows: RowsMode, prepare: (arena: Arena) => Promise<void>): Promise<Honest> {
    const { base } = await devnetPorts()
    const beacons = await Beacons.start()
    t.after(() => beacons[Symbol.asyncDispose]())
    const depth = { TTX_FINALITY_DEPTH: `${FINALITY_DEPTH}` } as const
    const ports = (i: number) => ({ TTX_RPC_PORT: `${base + 2 * i}`, TTX_LISTEN_PORT: `${base + 2 * i + 1}` }) as const
    const arena = await Arena.open(t, {
      settings: { TTX_POLL_MS: `${POLL_MS}` },
      node: { ...depth, ...ports(0), TTX_BEACON: beacons.a },
      anvil: ANVIL,
    })
    beacons.serve(arena.stage)
    await prepare(arena)
    const endpoints = await Endpoints.start(arena.stage)
    const two = `${endpoints.a},${endpoints.b}`
    // The one that lies is asked first.
    const TTX_BEACON = `${beacons.b},${beacons.a}`
    const second = await arena.startNode(two, 'live', { ...depth, ...ports(1), TTX_BEACON })
    const watcher = await arena.startWatcher('watcher', arena.node, { TTX_ETHEREUM: two, TTX_BEACON })
    const TTX_ROWS = rows === 'both' ? 'auto' : rows
    const miner = await arena.startMiner('miner', [], { TTX_ETHEREUM: two, TTX_ROWS })
    const relayer = await arena.startRelayer('relayer', second, { TTX_ETHEREUM: two })
    const patient = ({ url }: NodeClient) => createNodeClient(url, { timeoutMs: RPC_MS })
    // No reorganisation takes back what they began with.
    await arena.stage.anvil.client.mine({ blocks: FINALITY_DEPTH })
    const nodes = { 'node-0': patient(arena.node), 'node-1': patient(second) }
    const accounts = new Set([watcher, miner, relayer].map(({ account }) => account.address))
    endpoints.reserve(miner.account.address)
    return new Honest({ arena, endpoints, beacons, nodes, accounts, miner: miner.account })
  }

  /** One more node, without any data. It has a beacon endpoint that keeps all blobs: peers have no torrents of blocks that were final long ago. */
  async welcome(): Promise<NodeClient> {
    return await this.arena.startNode(this.endpoints.a, 'live', { TTX_FINALITY_DEPTH: `${FINALITY_DEPTH}` })
  }

  get names(): readonly Name[] {
    return NAMES
  }

  /** Whether it runs, and has said that it does. */
  isUp(name: Name): boolean {
    const { err, out } = this.arena.process(name)
    const { says } = READY[name]
    return this.isRunning(name) && (says.test(out) || says.test(err))
  }

  isRunning(name: Name): boolean {
    const { child } = this.arena.process(name)
    return child.exitCode === null && child.signalCode === null
  }

  /** Was killed, and is to stay away for some moves. */
  isAway(name: Name): boolean {
    return this.#away.has(name)
  }

  /** `changes` of settings are for when it comes back. */
  async kill(name: Name, untilMove: number, changes: Variables = {}): Promise<void> {
    await this.arena.process(name).stop('SIGKILL')
    this.#away.set(name, { until: untilMove, changes })
  }

  /** Starts those again whose time has come. Resolves when nodes answer; all others may take their time. */
  async tick(move: number): Promise<void> {
    // None of them begins without an endpoint, as a user would see.
    if (this.endpoints.isASilent) return
    for (const name of NAMES) {
      const away = this.#away.get(name)
      if (away === undefined || away.until > move) continue
      const { node } = READY[name]
      // Nor without its node.
      if (node !== undefined && !(await this.#answers(node))) continue
      this.#away.delete(name)
      this.arena.restart(name, away.changes)
      this.restarts += 1
      if (name === 'node-0' || name === 'node-1')
        await this.arena.until(`${name} to be back`, () => this.#answers(name))
    }
  }

  /** Everybody is back, and the good endpoints with them. */
  async calm(): Promise<void> {
    this.endpoints.tick(Number.POSITIVE_INFINITY, 'a')
    this.beacons.tick(Number.POSITIVE_INFINITY, 'a')
    while (this.#away.size > 0) {
      await this.tick(Number.POSITIVE_INFINITY)
      await delay(LOOK_MS)
    }
  }

  async #answers(name: 'node-0' | 'node-1'): Promise<boolean> {
    if (!this.isRunning(name)) return false
    return await createNodeClient(this.nodes[name].url, { timeoutMs: 2_000 })
      .call('node_info', {})
      .then(
        () => true,
        () => false,
      )
  }

  /** The last lines that a process has logged. */
  tail(name: Name, lines = 8): string {
    const { err, child } = this.arena.process(name)
    const end = child.exitCode ?? child.signalCode
    const state = end === null ? 'runs' : `ended with ${end}`
    return [`${name} ${state}`, ...err.trimEnd().split('\n').slice(-lines)].join('\n    ')
  }
}
