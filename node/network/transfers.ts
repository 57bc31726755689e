// Gets single transactions and block torrents: from connected nodes, else from any client that seeds them.

import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { OperationError } from '../errors.ts'
import type { Infohash } from '../protocol/ids.ts'
import { RuleError } from '../protocol/rule-error.ts'
import { byMerit } from './gossip/announcements.ts'
import type { RemotePeer } from './gossip/peer.ts'
import { checkTxFolder } from './proof.ts'
import type { NetworkStore, TorrentFile } from './store.ts'
import type { TorrentClient } from './torrent/client.ts'
import { type DownloadOptions, download, type Progress } from './torrent/download.ts'
import { type Folder, folderBytes } from './torrent/metainfo.ts'

/** Nodes that are asked for a file at the same time. */
const ASKED_AT_ONCE = 4
/** How long these have before more are asked, and all nodes before the torrent is looked for. */
const ASK_MORE_MS = 1_000
const ALONE_MS = 1_500
const MAX_ANCESTORS = 10_000
const BLOCK_TIMEOUT_MS = 300_000
/** Where to look first. A proof's trackers are not asked: they would be addresses that a stranger chose. */
export type FetchHints = {
  /** `host:port` of nodes or stock clients. */
  readonly peers: readonly string[]
}
export const NO_HINTS: FetchHints = { peers: [] }

export type TransferDeps = {
  readonly store: NetworkStore
  /** Throws `OperationError('not-started')`. */
  readonly client: () => TorrentClient
  readonly peers: () => readonly RemotePeer[]
  /** Asks one peer over the extension. */
  readonly fetchOne: (peer: RemotePeer, infohash: Infohash) => Promise<Uint8Array | undefined>
  /** Those of addresses that a stranger chose that may be dialled. */
  readonly diallable: (addresses: readonly string[]) => Promise<readonly string[]>
  /** Where peers are looked for besides the connected ones. */
  readonly trackers: readonly string[]
  /** Of the meeting point: it holds neither a transaction nor a block, and anyone who could have it fetched would put an end to it. */
  readonly meeting: Infohash
  readonly maxBlockBytes: number
  /** Aborts when the network stops. */
  readonly stopping: AbortSignal
}

/** `folder`: what its metadata say, as soon as they are here, also where the check refused it. */
type Running = { folder: Folder | undefined; files: Promise<TorrentFile[]> }

export class Transfers {
  readonly #deps: TransferDeps
  readonly #downloads = new Map<Infohash, Running>()

  constructor(deps: TransferDeps) {
    this.#deps = deps
  }

  /** See `Network.fetch`. */
  async fetch(infohash: Infohash, signal: AbortSignal, hints: FetchHints): Promise<Uint8Array> {
    const { store } = this.#deps
    const queue = [infohash]
    const seen = new Set(queue)
    for (const next of queue) {
      if (store.has(next)) continue
      const file = await this.#fetchFile(next, signal, hints)
      const missing = await this.#hand(next, file, infohash)
      for (const ancestor of missing) {
        if (!seen.has(ancestor) && seen.size < MAX_ANCESTORS) queue.push(ancestor)
        seen.add(ancestor)
      }
    }
    const file = store.transaction(infohash)
    if (file !== undefined) return file
    const options = { facts: { infohash } }
    throw new OperationError(
      'transaction-not-accepted',
      `transaction ${infohash} is here but was not accepted`,
      options,
    )
  }

  /** See `Network.fetchBlock`. Whoever published the block chose the torrent, which may be large, and of use to nobody: it is not kept. */
  async fetchBlock(
    torrent: Infohash,
    signal: AbortSignal,
    hints: FetchHints,
    onProgress?: Progress,
  ): Promise<readonly TorrentFile[]> {
    const held = await this.#deps.store.blockFiles(torrent)
    return (
      held ??
      (await this.#download(torrent, this.#deps.peers(), hints, signal, {
        check: (folder) => this.#checkBlock(folder),
        isKept: false,
        onProgress,
      }))
    )
  }

  /** A block that peers announced. */
  async fetchBlockFrom(torrent: Infohash, peers: Iterable<RemotePeer>): Promise<readonly TorrentFile[]> {
    const signal = AbortSignal.timeout(BLOCK_TIMEOUT_MS)
    return await this.#download(torrent, peers, NO_HINTS, signal, {
      check: (folder) => this.#checkBlock(folder),
      isKept: true,
    })
  }

  /** What the store misses beneath a file. An ancestor that it makes itself from the bridge's queue, once it has read that far, may wait. */
  async #hand(infohash: Infohash, file: Uint8Array, wanted: Infohash): Promise<readonly Infohash[]> {
    try {
      return (await this.#deps.store.onTransaction(infohash, file, { id: '', host: '' })).missing
    } catch (error) {
      const mayWait = error instanceof OperationError && error.code === 'deposit-not-queued' && infohash !== wanted
      if (!mayWait) throw error
      return []
    }
  }

  /** A peer wants a torrent and cannot reach this node: this node, which reached the peer, connects for it. */
  async connectFor(peer: RemotePeer, infohash: Infohash): Promise<void> {
    const torrent = peer.hello.outgoing ? await this.#deps.client().get(infohash) : null
    if (torrent && peer.hello.address !== undefined && !torrent.destroyed) torrent.addPeer(peer.hello.address)
  }

  /** From nodes, and after a while by plain BitTorrent too: nodes that let the question wait must not keep it from those that seed it. */
  async #fetchFile(infohash: Infohash, signal: AbortSignal, hints: FetchHints): Promise<Uint8Array> {
    const found = new AbortController()
    const either = AbortSignal.any([signal, found.signal])
    const nodes = this.#askNodes(infohash, either)
    const first = await Promise.race([nodes, within(ALONE_MS, either)])
    if (first !== undefined) {
      found.abort()
      return first
    }
    const download = this.#downloadFile(infohash, either, hints)
    const asked = nodes.then((file) => file ?? download)
    try {
      return await Promise.any([asked, download])
    } catch (error) {
      const cause = error instanceof AggregateError ? error.errors[0] : error
      if (!(cause instanceof OperationError) || cause.code === 'transaction-not-found') throw cause
      throw new OperationError(
        'transaction-not-found',
        `expected a peer to deliver transaction ${infohash}, but none did in time; connect to more nodes, wait longer, or import it as a proof`,
        { facts: { infohash }, retry: true, cause },
      )
    } finally {
      found.abort()
    }
  }

  async #downloadFile(infohash: Infohash, signal: AbortSignal, hints: FetchHints): Promise<Uint8Array> {
    const [file] = await this.#download(infohash, this.#deps.peers(), hints, signal, {
      check: checkTxFolder,
      isKept: true,
    })
    if (file !== undefined) return file.bytes
    throw new OperationError(
      'transaction-not-found',
      `expected a file in the torrent of transaction ${infohash}, got none; it is not a transaction`,
      { facts: { infohash } },
    )
  }

  /** Asks a few of the connected nodes at a time, the best and those that announced it first; a few more as soon as these take long. */
  async #askNodes(infohash: Infohash, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const peers = [...this.#deps.peers()].sort(
      (a, b) => Number(b.remembers(infohash)) - Number(a.remembers(infohash)) || byMerit(a, b),
    )
    const { promise: first, resolve } = Promise.withResolvers<Uint8Array>()
    const asked: Promise<unknown>[] = []
    while (peers.length > 0 && !signal.aborted) {
      const some = peers.splice(0, ASKED_AT_ONCE).map(async (peer) => {
        const file = await this.#deps.fetchOne(peer, infohash)
        if (file !== undefined) resolve(file)
      })
      asked.push(...some)
      const file = await Promise.race([first, Promise.all(some).then(() => undefined), within(ASK_MORE_MS, signal)])
      if (file !== undefined) return file
    }
    return await Promise.race([first, Promise.all(asked).then(() => undefined), aborted(signal)])
  }

  /** Plain BitTorrent, on connections that can be made: the node that dialled the other dials again for this torrent. */
  async #download(
    infohash: Infohash,
    peers: Iterable<RemotePeer>,
    hints: FetchHints,
    signal: AbortSignal,
    manner: Pick<DownloadOptions, 'check' | 'isKept' | 'onProgress'>,
  ): Promise<TorrentFile[]> {
    const { check, isKept, onProgress } = manner
    if (infohash === this.#deps.meeting) throw isMeeting(infohash)
    const hinted = await this.#deps.diallable(hints.peers)
    const running = this.#downloads.get(infohash)
    if (running !== undefined) {
      try {
        const files = await joinDownload(this.#deps.client(), infohash, running.files, hinted, signal)
        // What began it may have wanted something else under this infohash.
        if (running.folder !== undefined) check(running.folder)
        return files
      } catch (error) {
        // What began it found the file otherwise.
        const isOurs = !(error instanceof OperationError) || error.code !== 'download-aborted' || signal.aborted
        if (!isOurs) return await this.#download(infohash, peers, hints, signal, manner)
        // Refused by the check of what began it, which is not ours.
        if (!(error instanceof RuleError) || running.folder === undefined) throw error
        check(running.folder)
        return await this.#download(infohash, peers, hints, signal, manner)
      }
    }
    const reachable = [...peers].filter(({ hello }) => hello.outgoing)
    const entry: Running = { folder: undefined, files: Promise.resolve([]) }
    const started = download(this.#deps.client(), infohash, {
      peers: [...hinted, ...reachable.flatMap(({ hello }) => hello.address ?? [])],
      trackers: this.#deps.trackers,
      check: (folder) => {
        entry.folder = folder
        check(folder)
      },
      isKept,
      onProgress,
      signal: AbortSignal.any([signal, this.#deps.stopping]),
    }).finally(() => this.#downloads.delete(infohash))
    entry.files = started
    this.#downloads.set(infohash, entry)
    for (const peer of peers) if (!reachable.includes(peer)) peer.send({ type: 'seed', infohash })
    return await started
  }

  #checkBlock(folder: Folder): void {
    if (folder.name === 'block' && folderBytes(folder) <= this.#deps.maxBlockBytes) return
    throw new RuleError('bad-torrent', 'expected the folder of a block that is not too large', { name: folder.name })
  }
}

/** Undefined after these milliseconds, or as soon as `signal` aborts. */
async function within(ms: number, signal: AbortSignal): Promise<undefined> {
  return await setTimeout(ms, undefined, { signal }).catch(() => undefined)
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort')
}

function isMeeting(infohash: Infohash): OperationError {
  return new OperationError(
    'download-failed',
    `expected the infohash of a transaction or a block, got ${infohash}, at which the nodes of this network meet`,
    { facts: { infohash } },
  )
}

/** A download that another call began: it gets more peers, and is waited for no longer than `signal` allows. */
async function joinDownload(
  client: TorrentClient,
  infohash: Infohash,
  running: Promise<TorrentFile[]>,
  hinted: readonly string[],
  signal: AbortSignal,
): Promise<TorrentFile[]> {
  const torrent = client.torrents.find((other) => other.infoHash === infohash)
  for (const peer of hinted) torrent?.addPeer(peer)
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () =>
    reject(new OperationError('download-aborted', `nobody delivered ${infohash} in time`, { retry: true }))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return await Promise.race([running, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}
