// The honest processes: two nodes, a watcher, a miner and a relayer. Any of them may be killed, and comes back on the same data.

import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createNodeClient, type NodeClient } from '../../../node/client/rpc.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import { Arena } from '../../support/processes/arena.ts'
import { devnetPorts } from '../../support/processes/processes.ts'
import { Endpoints } from './endpoints.ts'

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
  readonly nodes: { readonly 'node-0': NodeClient; readonly 'node-1': NodeClient }
  readonly accounts: ReadonlySet<Address>
  /** Until which move they stay away. */
  readonly #away = new Map<Name, number>()
  restarts = 0

  private constructor(arena: Arena, endpoints: Endpoints, nodes: Honest['nodes'], accounts: ReadonlySet<Address>) {
    this.arena = arena
    this.endpoints = endpoints
    this.nodes = nodes
    this.accounts = accounts
  }

  /** `prepare` is done while there is nobody but the first node. */
  static async start(t: TestContext, prepare: (arena: Arena) => Promise<void>): Promise<Honest> {
    const { base } = await devnetPorts()
    const depth = { TTX_FINALITY_DEPTH: `${FINALITY_DEPTH}` } as const
    const ports = (i: number) => ({ TTX_RPC_PORT: `${base + 2 * i}`, TTX_LISTEN_PORT: `${base + 2 * i + 1}` }) as const
    const arena = await Arena.open(t, {
      settings: { TTX_POLL_MS: `${POLL_MS}` },
      node: { ...depth, ...ports(0) },
      anvil: ANVIL,
    })
    await prepare(arena)
    const endpoints = await Endpoints.start(arena.stage)
    const two = `${endpoints.a},${endpoints.b}`
    const second = await arena.startNode(two, 'live', { ...depth, ...ports(1) })
    const watcher = await arena.startWatcher('watcher', arena.node, { TTX_ETHEREUM: two })
    const miner = await arena.startMiner('miner', [], { TTX_ETHEREUM: two })
    const relayer = await arena.startRelayer('relayer', second, { TTX_ETHEREUM: two })
    const patient = ({ url }: NodeClient) => createNodeClient(url, { timeoutMs: RPC_MS })
    // No reorganisation takes back what they began with.
    await arena.stage.anvil.client.mine({ blocks: FINALITY_DEPTH })
    const nodes = { 'node-0': patient(arena.node), 'node-1': patient(second) }
    const accounts = new Set([watcher, miner, relayer].map(({ account }) => account.address))
    return new Honest(arena, endpoints, nodes, accounts)
  }

  /** One more node, without any data. */
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

  async kill(name: Name, untilMove: number): Promise<void> {
    await this.arena.process(name).stop('SIGKILL')
    this.#away.set(name, untilMove)
  }

  /** Starts those again whose time has come. Resolves when nodes answer; all others may take their time. */
  async tick(move: number): Promise<void> {
    // None of them begins without an endpoint, as a user would see.
    if (this.endpoints.isASilent) return
    for (const name of NAMES) {
      const until = this.#away.get(name)
      if (until === undefined || until > move) continue
      const { node } = READY[name]
      // Nor without its node.
      if (node !== undefined && !(await this.#answers(node))) continue
      this.#away.delete(name)
      this.arena.restart(name)
      this.restarts += 1
      if (name === 'node-0' || name === 'node-1')
        await this.arena.until(`${name} to be back`, () => this.#answers(name))
    }
  }

  /** Everybody is back, and the good endpoint with them. */
  async calm(): Promise<void> {
    this.endpoints.tick(Number.POSITIVE_INFINITY, 'a')
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
