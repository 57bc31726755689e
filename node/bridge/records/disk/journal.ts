// What the follower learned, on disk: events, bodies of blocks, checkpoints of Ethereum, states to replay from. Long, as it reads and writes all of it.

import { OperationError } from '../../../errors.ts'
import type { ChainBlock } from '../../../ethereum/chain.ts'
import { BLOB_BYTES } from '../../../protocol/blob.ts'
import type { BlobPosted } from '../../../protocol/blob-block.ts'
import { decodeUint } from '../../../protocol/bytes.ts'
import { type Hash, type Infohash, parseHash, parseInfohash, toHash } from '../../../protocol/ids.ts'
import type { PostedBody, WholeBody } from '../../../protocol/replay.ts'
import type { Finding, StoredEvent, ViewRoot } from '../fold.ts'
import type { BlockBody } from '../judging/judge.ts'
import { Archive, type Leaving } from './archive.ts'
import { type BridgeDatabase, decodeRecord, encodeRecord, numberText, type Operation } from './encoding.ts'
import {
  addAll,
  BASE,
  BASE_OUTPUTS,
  type Base,
  BEGINNING,
  type Beginning,
  baseOperations,
  beginningOperations,
  blobsOperation,
  bodyOperation,
  checkpointKey,
  contentOperations,
  eventKey,
  postedOperation,
  STATE,
  stateKey,
  TORRENT,
  torrentOperation,
} from './operations.ts'

/** How far the journal goes. `audited`: the contract itself agreed with the events up to here. */
export type Checkpoint = ChainBlock & { readonly audited: boolean }

/** What one step adds, after taking away everything above block `ancestor` of Ethereum, where that is given. */
export type JournalStep = {
  readonly ancestor?: bigint
  readonly events: readonly { readonly event: StoredEvent; readonly body?: PostedBody }[]
  /** Steps and states of blocks in blobs that were found right. */
  readonly bodies?: ReadonlyMap<Hash, BlockBody>
  readonly findings?: ReadonlyMap<Hash, Finding>
  readonly checkpoint?: Checkpoint
  /** Checkpoints below this number are not needed any more, but for the newest of them. */
  readonly keepFrom?: bigint
  readonly base?: Base
  /** Heights whose states are not kept any more. */
  readonly dropped?: readonly bigint[]
  readonly move?: Move
}

/** The view begins with a newer block: what it does not need any more. */
export type Move = {
  readonly root: ViewRoot
  readonly events: readonly StoredEvent[]
  readonly leaving: Leaving
}

type Loaded = {
  readonly root: ViewRoot
  readonly checkpoints: Checkpoint[]
  readonly events: StoredEvent[]
  readonly findings: Map<Hash, Finding>
}

const ROOT = 'root'
const FINDING = 'finding/'
/** There once every publication on disk has its row under `TORRENT`, which earlier versions did not write. */
const TORRENTS_LISTED = 'torrents-listed'
const LISTED_AT_ONCE = 1_000
const HASH_BYTES = 32

/** Every method throws `OperationError('database-failed')` where the disk or the database refuses. */
export class Journal {
  readonly archive: Archive
  readonly #database: BridgeDatabase
  /** Heights of the blocks whose states are on disk. */
  readonly #kept = new Set<bigint>()

  constructor(database: BridgeDatabase) {
    this.#database = database
    this.archive = new Archive(database)
  }

  /** What it holds; nothing before `begin`. Events and checkpoints ascend. */
  async load(): Promise<Loaded | undefined> {
    return this.#do('read', async () => {
      const root = await this.#database.get(ROOT)
      if (root === undefined) return undefined
      const checkpoints = (await this.#values('checkpoint/')).map((text) => decodeRecord<Checkpoint>(text))
      const events = (await this.#values('event/')).map((text) => decodeRecord<StoredEvent>(text))
      const states = await this.#database.keys({ gt: STATE, lt: 'state0' }).all()
      for (const key of states) this.#kept.add(BigInt(`0x${key.slice(STATE.length)}`))
      const found = await this.#database.iterator({ gt: FINDING, lt: 'finding0' }).all()
      const findings = new Map(
        found.map(([key, text]) => [parseHash(key.slice(FINDING.length)), decodeRecord<Finding>(text)]),
      )
      return { root: decodeRecord<ViewRoot>(root), checkpoints, events, findings }
    })
  }

  /**
   * Starts an empty journal at a block, which is right; `origin` is the last block of Ethereum that holds nothing of it, `outputs` are those of
   * its state, `posted` is its content.
   */
  async begin(root: ViewRoot, origin: Checkpoint, outputs?: Uint8Array, posted?: WholeBody): Promise<void> {
    await this.#write([
      { type: 'put', key: ROOT, value: encodeRecord(root) },
      { type: 'put', key: checkpointKey(origin.number), value: encodeRecord(origin) },
      { type: 'put', key: TORRENTS_LISTED, value: '' },
      ...(outputs ? beginningOperations(root, outputs) : []),
      ...(root.torrent === undefined ? [] : [torrentOperation(root.torrent, root.id)]),
      ...(posted ? contentOperations(root, posted) : []),
    ])
    if (outputs !== undefined) this.#kept.add(root.sealed.header.height)
  }

  /** The block with which this node began; `undefined` if that is genesis. */
  async beginning(): Promise<Beginning | undefined> {
    return this.#do('read', async () => {
      const text = await this.#database.get(BEGINNING)
      return text === undefined ? undefined : decodeRecord<Beginning>(text)
    })
  }

  /** The newest state that was kept: outputs as in `outputs.bin`, and the block after which it was, of which earlier versions kept no height. */
  async base(): Promise<{ id: Hash; outputs: Uint8Array } | undefined> {
    return this.#do('read', async () => {
      const text = await this.#database.get(BASE)
      if (text === undefined) return undefined
      const record = decodeRecord<Hash | Pick<Base, 'id' | 'height'>>(text)
      if (typeof record !== 'string') {
        const outputs = await this.#outputsAt(record.height, record.id)
        return outputs && { id: record.id, outputs }
      }
      const outputs = await this.#database.get<string, Uint8Array>(BASE_OUTPUTS, { valueEncoding: 'view' })
      return outputs && { id: record, outputs }
    })
  }

  /** Heights of the final blocks whose states are kept. */
  get keptStates(): ReadonlySet<bigint> {
    return this.#kept
  }

  /** The outputs after a final block, if they were kept. */
  async stateOutputs(height: bigint, id: Hash): Promise<Uint8Array | undefined> {
    return this.#do('read', () => this.#outputsAt(height, id))
  }

  /** Blocks whose publication names this torrent, or whose torrent was found to be this one. */
  async blocksOfTorrent(torrent: Infohash): Promise<Hash[]> {
    return this.#do('read', async () => {
      const start = `${TORRENT}${torrent}/`
      const keys = await this.#database.keys({ gt: start, lt: `${TORRENT}${torrent}0` }).all()
      return keys.map((key) => parseHash(key.slice(start.length)))
    })
  }

  /** All of these torrents. */
  async *torrents(): AsyncGenerator<Infohash> {
    for await (const key of this.#database.keys({ gt: TORRENT, lt: 'torrent0' }))
      yield parseInfohash(key.slice(TORRENT.length).split('/')[0] ?? '')
  }

  /** Notes what the torrent of a block really is. */
  async nameTorrent(torrent: Infohash, id: Hash): Promise<void> {
    await this.#write([torrentOperation(torrent, id)])
  }

  /** Once, where an earlier version wrote what is here. */
  async listTorrents(events: readonly StoredEvent[]): Promise<void> {
    if ((await this.#do('read', () => this.#database.get(TORRENTS_LISTED))) !== undefined) return
    let operations: Operation[] = []
    for (const event of events)
      if (event.kind === 'published') operations.push(torrentOperation(event.torrent, event.id))
    for await (const { torrent, id } of this.archive.blocks(0n)) {
      if (torrent !== undefined) operations.push(torrentOperation(torrent, id))
      if (operations.length < LISTED_AT_ONCE) continue
      await this.#write(operations)
      operations = []
    }
    await this.#write([...operations, { type: 'put', key: TORRENTS_LISTED, value: '' }])
  }

  /** The steps and states of a block; of one in blobs once it was found right. */
  async body(id: Hash): Promise<BlockBody | undefined> {
    return this.#do('read', () => Promise.resolve(this.bodySync(id)))
  }

  /** The content of a block as it was posted, with its blobs if they have come. */
  async posted(id: Hash): Promise<PostedBody | WholeBody | undefined> {
    return this.#do('read', async () => {
      const head = await this.#database.get(`head/${id}`)
      if (head === undefined) return this.bodySync(id)
      const posted = decodeRecord<BlobPosted>(head)
      const bytes = await this.#database.get<string, Uint8Array>(`blobs/${id}`, { valueEncoding: 'view' })
      if (bytes === undefined) return posted
      return {
        ...posted,
        blobs: posted.hashes.map((_, i) => new Uint8Array(bytes.subarray(BLOB_BYTES * i, BLOB_BYTES * (i + 1)))),
      }
    })
  }

  /** Whether a block is in blobs that have not come. */
  async lacksBlobs(id: Hash): Promise<boolean> {
    return this.#do('read', async () => {
      const [isInBlobs, isWhole] = await this.#database.hasMany([`head/${id}`, `blobs/${id}`])
      return isInBlobs === true && isWhole !== true
    })
  }

  /** Those of the hashes that were posted, in their order: whoever calls has compared them. */
  async putBlobs(id: Hash, blobs: readonly Uint8Array[]): Promise<void> {
    await this.#write([blobsOperation(id, blobs)])
  }

  bodySync(id: Hash): BlockBody | undefined {
    const bytes = this.#database.getSync<string, Uint8Array>(`body/${id}`, { valueEncoding: 'view' })
    if (bytes === undefined) return undefined
    const end = 4 + Number(decodeUint(bytes.subarray(0, 4)))
    return { steps: bytes.slice(4, end), states: bytes.slice(end) }
  }

  /** One atomic batch. */
  async apply(step: JournalStep): Promise<void> {
    const operations: Operation[] = []
    if (step.ancestor !== undefined) addAll(operations, await this.#operationsOfRollback(step.ancestor))
    for (const { event, body } of step.events) {
      operations.push({ type: 'put', key: eventKey(event.place), value: encodeRecord(event) })
      if (event.kind === 'published') operations.push(torrentOperation(event.torrent, event.id))
      if (event.kind === 'published' && body !== undefined) operations.push(postedOperation(event.id, body))
    }
    for (const [id, body] of step.bodies ?? []) operations.push(bodyOperation(id, body))
    for (const [id, finding] of step.findings ?? []) {
      if (finding.verdict === 'unknown') continue // the next process may do better
      operations.push({ type: 'put', key: `${FINDING}${id}`, value: encodeRecord(finding) })
    }
    const { checkpoint, base, move, dropped = [] } = step
    if (checkpoint !== undefined) {
      operations.push({ type: 'put', key: checkpointKey(checkpoint.number), value: encodeRecord(checkpoint) })
    }
    if (step.keepFrom !== undefined) addAll(operations, await this.#operationsOfPruning(step.keepFrom))
    if (base !== undefined) addAll(operations, baseOperations(base))
    for (const height of dropped) operations.push({ type: 'del', key: stateKey(height) })
    if (move !== undefined) addAll(operations, this.#operationsOfMove(move))
    await this.#write(operations)
    if (base !== undefined) this.#kept.add(base.height)
    for (const height of dropped) this.#kept.delete(height)
  }

  async #outputsAt(height: bigint, id: Hash): Promise<Uint8Array | undefined> {
    const bytes = await this.#database.get<string, Uint8Array>(stateKey(height), { valueEncoding: 'view' })
    return bytes !== undefined && toHash(bytes.subarray(0, HASH_BYTES)) === id ? bytes.subarray(HASH_BYTES) : undefined
  }

  #operationsOfMove({ root, events, leaving }: Move): Operation[] {
    const operations = this.archive.operations(leaving)
    operations.push({ type: 'put', key: ROOT, value: encodeRecord(root) })
    for (const { place } of events) operations.push({ type: 'del', key: eventKey(place) })
    for (const { id } of leaving.blocks) operations.push({ type: 'del', key: `${FINDING}${id}` })
    return operations
  }

  async #operationsOfRollback(ancestor: bigint): Promise<Operation[]> {
    return this.#do('read', async () => {
      // Bodies stay: an id stands for its content, the block most likely comes back, and a branch may still be read.
      const events = this.#database.keys({ gte: `event/${numberText(ancestor + 1n)}`, lt: 'event0' })
      const checkpoints = this.#database.keys({ gt: checkpointKey(ancestor), lt: 'checkpoint0' })
      const keys = [...(await events.all()), ...(await checkpoints.all())]
      return keys.map((key) => ({ type: 'del', key }))
    })
  }

  async #operationsOfPruning(keepFrom: bigint): Promise<Operation[]> {
    return this.#do('read', async () => {
      const keys = await this.#database.keys({ gt: 'checkpoint/', lte: checkpointKey(keepFrom) }).all()
      return keys.slice(0, -1).map((key) => ({ type: 'del', key }))
    })
  }

  async #values(prefix: string): Promise<string[]> {
    return this.#database.values({ gt: prefix, lt: `${prefix.slice(0, -1)}0` }).all()
  }

  #write(operations: Operation[]): Promise<void> {
    return this.#do('write', () => this.#database.batch<string, string | Uint8Array>(operations, {}))
  }

  async #do<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw new OperationError(
        'database-failed',
        `expected to ${what} the bridge's journal, got ${cause}; check the disk`,
        {
          facts: { what },
          retry: true,
          cause,
        },
      )
    }
  }
}
