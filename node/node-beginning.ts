// Where a new node begins: what its operator wants, what it can, whom it asks for the final block, and how its ledger gets the balances.

import type { BeginningSource } from './bridge/beginning.ts'
import type { BridgeFollower } from './bridge/follower.ts'
import type { LedgerBlock, TransactionLedger } from './ledger/types.ts'
import type { Network } from './network/network.ts'
import type { NetworkOptions } from './network/options.ts'
import { outputsIn } from './protocol/block-torrent.ts'
import { within } from './within.ts'

/** `either`: at the final block if a peer delivers its balances, else at genesis. */
export type Begin = 'final' | 'genesis' | 'either'

export type NodeBeginningOptions = {
  readonly begin?: Begin
  readonly patienceMs?: number
  readonly network: Partial<NetworkOptions>
}

export type NodeBeginningDeps = {
  readonly ledger: TransactionLedger
  /** Not asked for before it is there. */
  readonly network: () => Network
}

/** Two of these at once get a peer banned: it says that something is the torrent of the final block which is not. */
const WRONG_BEGINNING_FAULTS = 50

export class NodeBeginning {
  readonly #deps: NodeBeginningDeps
  readonly #options: NodeBeginningOptions
  readonly #up = Promise.withResolvers<void>()
  #mode: Begin | 'continues' = 'continues'

  constructor(deps: NodeBeginningDeps, options: NodeBeginningOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** `continues` where the folder was not new. */
  get mode(): Begin | 'continues' {
    return this.#mode
  }

  readonly source: BeginningSource = {
    mode: () => (this.#mode === 'either' ? 'final-or-genesis' : this.#mode === 'final' ? 'final' : 'genesis'),
    told: (id) =>
      this.#deps
        .network()
        .told.of(id)
        .map(({ sealed, torrent, peers }) => {
          const blame = (reason: string) => {
            for (const peer of peers) peer.fault(WRONG_BEGINNING_FAULTS, reason)
          }
          return { sealed, torrent, blame }
        }),
    fetch: async (torrent, signal, onProgress) => {
      // A network that cannot be started is never up.
      await within(this.#up.promise, signal)
      return await this.#deps.network().fetchBlock(torrent, signal, undefined, onProgress)
    },
    patienceMs: () => this.#options.patienceMs,
  }

  /** Starts the follower. Until it says `begun` a ledger that is to begin at the final block takes no payments. */
  async begin(follower: BridgeFollower): Promise<void> {
    this.#mode = this.#wanted()
    await follower.start()
    if (follower.isBegun) this.#mode = 'continues'
    if (this.#mode !== 'final' && this.#mode !== 'either') return
    this.#deps.ledger.hold()
    this.#deps.network().told.keep()
  }

  /** Peers can be asked from now on. */
  networkIsUp(): void {
    this.#up.resolve()
  }

  end(): void {
    this.#deps.ledger.release()
    this.#deps.network().told.forget()
  }

  /** The ledger of a folder that began at a final block begins there too: also after a crash in the middle of it, or where it was deleted. */
  async fill(block: LedgerBlock, outputs: () => Promise<Uint8Array>): Promise<void> {
    const { ledger } = this.#deps
    if (ledger.branch().final.height > 0n) return
    await ledger.loadSnapshot(block, outputsIn(await outputs()))
  }

  /** A node that knows of nobody to ask reads everything. So does one whose ledger holds more than genesis: it was here before the bridge. */
  #wanted(): Begin {
    const { begin = 'genesis', network } = this.#options
    const { ledger } = this.#deps
    const isNew = ledger.summary().count <= 1 && ledger.branch().final.height === 0n
    if (!isNew) return 'genesis'
    if (begin !== 'either') return begin
    const knowsAnyone = [network.peers, network.trackers].some((list) => list !== undefined && list.length > 0)
    return knowsAnyone || (network.dht !== undefined && network.dht !== false) ? 'either' : 'genesis'
  }
}
