// The replay of the past by a node that began at a final block: when it is due, and what a wrong block in it means.

import type { BridgeFollower } from './bridge/follower.ts'
import { type PastStatus, Retrace } from './bridge/retrace/retrace.ts'
import type { NetworkDefinition } from './deployment.ts'
import type { KzgPool } from './ethereum/blobs/kzg-pool.ts'
import type { Logger } from './log.ts'
import type { Network } from './network/network.ts'

export type NodePastDeps = {
  readonly definition: NetworkDefinition
  readonly follower: BridgeFollower
  /** Not asked for before it is there. */
  readonly network: () => Network
  readonly kzg: Pick<KzgPool, 'hashes'>
  readonly log: Logger
  /** Of the node. */
  readonly folder: string
}

export class NodePast {
  readonly #deps: NodePastDeps
  #retrace: Retrace | undefined
  #isStopped = false

  constructor(deps: NodePastDeps) {
    this.#deps = deps
  }

  /** `undefined` in a node that began at genesis, and so replayed everything itself. */
  get status(): PastStatus | undefined {
    return this.#retrace?.status
  }

  /** Where the node began, before it is told anything else: resolves once a wrong past that was found by an earlier run is known. */
  async start(): Promise<void> {
    const { definition, follower, network, kzg, log, folder } = this.#deps
    const first = await follower.begunWith()
    if (first === undefined || this.#isStopped || this.#retrace !== undefined) return
    const { rules, genesisBlock, genesis } = definition
    const source = {
      headers: (...asked: Parameters<Network['past']['headers']>) => network().past.headers(...asked),
      block: (...asked: Parameters<Network['past']['block']>) => network().past.block(...asked),
    }
    const onWrong = follower.condemn.bind(follower)
    this.#retrace = new Retrace(
      {
        ...{ rules, source, kzg, log, folder, onWrong, now: () => performance.now() },
        genesis: { sealed: genesisBlock, transaction: genesis },
      },
      first,
    )
    await this.#retrace.start()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#retrace?.stop()
  }
}
