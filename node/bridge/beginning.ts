// A new node begins at the final block instead of genesis: its id from the contract, its header and its torrent from the publication or from
// peers, its balances from the torrent. Nothing of it is believed but what the id commits to.

import { OperationError } from '../errors.ts'
import type { KzgPool } from '../ethereum/blobs/kzg-pool.ts'
import type { Chain } from '../ethereum/chain.ts'
import type { Logger } from '../log.ts'
import type { BlockFile } from '../protocol/block-torrent.ts'
import { blockId, decodeSealed } from '../protocol/header.ts'
import type { Hash, Infohash } from '../protocol/ids.ts'
import { NO_LENGTHS } from '../protocol/queue.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { pause } from './pause.ts'
import type { FollowedNetwork } from './records/bridge-records.ts'
import { type CheckedSnapshot, checkSnapshot, lastBefore } from './snapshot.ts'

/** A sealed header of 417 bytes, and the torrent of which somebody says that it is the block's. */
type HeaderHint = {
  readonly sealed: Uint8Array
  readonly torrent: Infohash
  /** Who says so loses by it: the torrent holds something else. */
  readonly blame?: (reason: string) => void
}

/** What a beginning asks of the rest of the node. */
export type BeginningSource = {
  /**
   * `final`: it waits for the block as long as it takes. `final-or-genesis`: where nobody delivers it, everything is read from genesis on.
   * `genesis`: that at once.
   */
  readonly mode: () => 'final' | 'final-or-genesis' | 'genesis'
  /** What connected peers say of a block. */
  readonly told: (id: Hash) => readonly HeaderHint[]
  /** The files of a block's torrent. Rejects with `RuleError` or `OperationError`. */
  readonly fetch: (
    torrent: Infohash,
    signal: AbortSignal,
    onProgress: (bytes: number, total: number) => void,
  ) => Promise<readonly BlockFile[]>
  /** Without progress for this long nobody delivers it. Default a minute. */
  readonly patienceMs?: () => number | undefined
}

/** How far a beginning is: `header` and `torrent` are looked for or fetched, `balances` are checked, and written to the ledger. */
export type BeginningProgress = {
  readonly step: 'header' | 'torrent' | 'balances' | 'ledger'
  readonly block?: Hash
  /** Of the torrent. */
  readonly bytes?: number
  readonly total?: number
  /** Why the last try failed. */
  readonly problem?: string
}

export type BeginningDeps = {
  readonly chain: Chain
  readonly network: FollowedNetwork
  readonly log: Logger
  readonly kzg?: Pick<KzgPool, 'hashes'> | undefined
  readonly source: BeginningSource
  readonly finalityDepth: bigint
  readonly onProgress: (progress: BeginningProgress) => void
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

const PATIENCE_MS = 60_000
/** Between two looks at what peers say. */
const LOOK_MS = 500
/** What counts as progress: this part of a torrent, and this many bytes of a small one; else a seeder could trickle for days. */
const PROGRESS_PART = 256
const LEAST_PROGRESS_BYTES = 65_536

/**
 * The final block, checked; `undefined` if the node is to begin at genesis: as it was told, since no other block is final, or, where it may be
 * either, since nobody delivers the block and Ethereum still has all events of the bridge. Throws what `Chain` throws, `OperationError('final-not-seeded')`
 * where nobody delivers it, and the signal's reason.
 */
export async function beginAtFinal(deps: BeginningDeps, signal: AbortSignal): Promise<CheckedSnapshot | undefined> {
  const { source, network, log } = deps
  const mode = source.mode()
  if (mode === 'genesis') return undefined
  const id = await finalBlock(deps)
  if (id === blockId(network.genesisBlock)) return undefined
  const attempt = new Attempt(deps, id, await publication(deps, id))
  const found = await attempt.run(signal)
  if (found !== undefined) return found
  if (mode === 'final-or-genesis' && (await hasOldEvents(deps))) {
    log.warn({ block: id }, 'nobody delivers the balances of the final block: everything is read from genesis on')
    return undefined
  }
  throw notSeeded(id, attempt.problem)
}

/** As of a block of Ethereum that cannot be reorganised any more. */
async function finalBlock({ chain, network, finalityDepth }: BeginningDeps): Promise<Hash> {
  const head = await chain.head()
  const number = head.number - finalityDepth
  const genesis = blockId(network.genesisBlock)
  if (number <= network.deployedBlock) return genesis
  const block = await chain.blockAt(number)
  if (block === undefined) throw new OperationError('ethereum-moved', 'the chain of Ethereum changed', { retry: true })
  return (await chain.read(block.hash, NO_LENGTHS, [genesis])).finalBlock
}

/** What its publication says, as long as Ethereum's endpoints have that event. */
async function publication({ chain, network }: BeginningDeps, id: Hash): Promise<HeaderHint | undefined> {
  const head = await chain.head()
  const [record] = (await chain.read(head.hash, NO_LENGTHS, [id])).records
  if (record === undefined || record.publishedAt === 0n) return undefined
  const before = await lastBefore(chain, record.publishedAt, network.deployedBlock - 1n, head)
  try {
    for (const event of await chain.events(before.number + 1n, before.number + 1n))
      if (event.kind === 'published' && blockId(decodeSealed(event.sealed)) === id) return event
  } catch (error) {
    if (!isLost(error)) throw error
  }
  return undefined
}

/** Whether everything can be read from genesis on, as far as one question shows. */
async function hasOldEvents({ chain, network }: BeginningDeps): Promise<boolean> {
  try {
    await chain.events(network.deployedBlock, network.deployedBlock)
    return true
  } catch (error) {
    if (isLost(error)) return false
    throw error
  }
}

/** What an endpoint answers that keeps no old logs: it says so in many ways. */
function isLost(error: unknown): boolean {
  return error instanceof OperationError && (error.code === 'ethereum-pruned-logs' || error.code === 'ethereum-refused')
}

class Attempt {
  readonly #deps: BeginningDeps
  readonly #id: Hash
  readonly #published: HeaderHint | undefined
  /** Torrents that hold something else. */
  readonly #refused = new Set<Infohash>()
  /** How often each torrent had its turn. */
  readonly #turns = new Map<Infohash, number>()
  #lastProgress: number
  #problem: string | undefined

  constructor(deps: BeginningDeps, id: Hash, published: HeaderHint | undefined) {
    this.#deps = deps
    this.#id = id
    this.#published = published
    this.#lastProgress = deps.now()
  }

  get problem(): string | undefined {
    return this.#problem
  }

  /** `undefined` where nobody delivers it. */
  async run(signal: AbortSignal): Promise<CheckedSnapshot | undefined> {
    while (!this.#isOverdue) {
      signal.throwIfAborted()
      this.#tell({ step: 'header' })
      for (const hint of this.#hints()) {
        const found = await this.#try(hint, signal)
        if (found !== undefined) return found
      }
      await pause(LOOK_MS, signal)
    }
    return undefined
  }

  get #patienceMs(): number {
    return this.#deps.source.patienceMs?.() ?? PATIENCE_MS
  }

  get #isOverdue(): boolean {
    return this.#deps.now() - this.#lastProgress >= this.#patienceMs
  }

  /** One for each torrent; a header that is not the block's is not looked at. */
  #hints(): HeaderHint[] {
    const { told } = this.#deps.source
    const hints = new Map<Infohash, HeaderHint>()
    if (this.#published !== undefined) hints.set(this.#published.torrent, this.#published)
    for (const hint of told(this.#id)) {
      // Who repeats what Ethereum says is not to blame for it.
      if (!hints.has(hint.torrent)) hints.set(hint.torrent, hint)
    }
    return [...hints.values()].filter(({ torrent }) => !this.#refused.has(torrent))
  }

  async #try(hint: HeaderHint, signal: AbortSignal): Promise<CheckedSnapshot | undefined> {
    const { chain, network, kzg, log } = this.#deps
    const { sealed, torrent, blame } = hint
    try {
      const files = await this.#fetch(torrent, signal)
      this.#tell({ step: 'balances' })
      const snapshot = { sealed, files, torrent }
      return await checkSnapshot(chain, network, snapshot, { kzg, signal })
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof RuleError) {
        this.#refused.add(torrent)
        blame?.(`the torrent ${torrent} does not hold the final block: ${error.message}`)
        log.warn({ torrent, error }, 'what was fetched is not the final block')
      } else if (!(error instanceof OperationError) || !error.code.startsWith('download-')) throw error
      this.#problem = error.message
      log.debug({ torrent, error }, 'the final block was not delivered')
      return undefined
    }
  }

  /** Gives up where nothing has come for a while; and, where peers name other torrents too, after a turn that is twice as long each time. */
  async #fetch(torrent: Infohash, signal: AbortSignal): Promise<readonly BlockFile[]> {
    const over = new AbortController()
    this.#tell({ step: 'torrent' })
    const turns = this.#turns.get(torrent) ?? 0
    this.#turns.set(torrent, turns + 1)
    const turn = setTimeout(() => this.#hints().length > 1 && over.abort(), this.#patienceMs * 2 ** turns)
    let most = 0
    let idle = setTimeout(() => over.abort(), this.#patienceMs / 2)
    try {
      return await this.#deps.source.fetch(torrent, AbortSignal.any([signal, over.signal]), (bytes, total) => {
        this.#tell({ step: 'torrent', bytes, total })
        if (bytes < Math.min(total, most + Math.max(total / PROGRESS_PART, LEAST_PROGRESS_BYTES)) || bytes === most)
          return
        most = bytes
        this.#lastProgress = this.#deps.now()
        clearTimeout(idle)
        idle = setTimeout(() => over.abort(), this.#patienceMs / 2)
      })
    } finally {
      clearTimeout(idle)
      clearTimeout(turn)
    }
  }

  #tell(progress: BeginningProgress): void {
    const problem = this.#problem === undefined ? {} : { problem: this.#problem }
    this.#deps.onProgress({ ...problem, ...progress, block: this.#id })
  }
}

function notSeeded(id: Hash, problem: string | undefined): OperationError {
  const why = problem === undefined ? 'no connected peer names its torrent' : problem
  return new OperationError(
    'final-not-seeded',
    `expected a peer to deliver the balances of final block ${id}, got none (${why}); connect to more nodes with --peers, or start again with --from-genesis in an empty data folder and an endpoint that keeps old logs; it is tried again until then`,
    { facts: { block: id }, retry: true },
  )
}
