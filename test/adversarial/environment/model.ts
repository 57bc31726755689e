// What was published, in calldata or in blobs, by the driver's own replay: the state after every block, which ones are wrong, and what Ethereum
// has of it now. Long: one account of one chain.

import assert from 'node:assert/strict'
import { BlockNotFoundError, type BlockNumber, type Hex } from 'viem'
import type { QueueReader } from '../../../node/protocol/block.ts'
import { parseHex } from '../../../node/protocol/bytes.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { blockId, decodeSealed, encodeSealed, type SealedHeader } from '../../../node/protocol/header.ts'
import { type Hash, type Infohash, parseAddress, parseHash, parseInfohash } from '../../../node/protocol/ids.ts'
import { LANES, type LanePoints, laneOf, type QueueEntry } from '../../../node/protocol/queue.ts'
import { replay, type WholeBody } from '../../../node/protocol/replay.ts'
import { MAX_DEPTH, SIBLING_SECONDS } from '../../../node/protocol/rules.ts'
import type { State } from '../../../node/protocol/state.ts'
import { toGwei } from '../../../node/protocol/units.ts'
import { readerOf } from '../../support/queue.ts'
import type { Stage } from '../../support/stage.ts'

/** `baseless`: it builds on what is wrong, and nobody has to say more of it. */
export type ModelVerdict = 'right' | 'wrong' | 'baseless'

export type ModelBlock = {
  readonly id: Hash
  readonly sealed: SealedHeader
  /** As its publication names it. */
  readonly torrent: Infohash
  readonly bytes: Uint8Array
  readonly body: WholeBody
  readonly verdict: ModelVerdict
  /** What is wrong, and where. */
  readonly problem?: string
  /** After the block; of a wrong one what its author goes on from. None where nobody could open it. */
  readonly state?: State
}

/** What Ethereum has of a block. */
export type Standing = {
  readonly id: Hash
  readonly publishedAt: bigint
  refuted: boolean
  final: boolean
  /** In the order of publication. */
  readonly children: Hash[]
}

/** What a parent is in the eyes of the contract and of the truth. */
export type ParentKind = 'final' | 'tip' | 'below the tip' | 'wrong' | 'baseless' | 'lost'

export type Entry = { readonly entry: QueueEntry; readonly time: bigint }

type Events = Awaited<ReturnType<Model['read']>>

/** Logs are read again from this far below the newest that was seen where Ethereum was reorganised. */
const REREAD = 64n

export class Model {
  readonly blocks = new Map<Hash, ModelBlock>()
  /** Blocks that the driver made. */
  readonly ours = new Set<Hash>()
  readonly genesis: Hash
  readonly #stage: Stage
  /** What its author goes on from, of blocks that the driver made and that are wrong or build on what is. */
  readonly #told = new Map<Hash, State>()
  #events: Events = []
  #read: { readonly number: bigint; readonly hash: Hash } | undefined
  #tree = new Map<Hash, Standing>()
  #finals: Hash[] = []
  #queue: Entry[] = []
  /** By their versioned hashes, of the blocks that are read next. */
  readonly #blobs = new Map<Hash, Uint8Array>()

  constructor(stage: Stage) {
    this.#stage = stage
    const { genesis, genesisBlock: sealed } = stage.definition
    this.genesis = blockId(sealed)
    const none = new Uint8Array()
    const torrent = genesisInfohash(genesis)
    const body = { steps: none, states: none }
    const known = { id: this.genesis, sealed, torrent, bytes: encodeSealed(sealed), body }
    this.blocks.set(this.genesis, { ...known, verdict: 'right', state: genesisState(genesis) })
    this.#reset()
  }

  /** Final blocks in their order, genesis first. */
  get finals(): readonly Hash[] {
    return this.#finals
  }

  get final(): Hash {
    return this.#finals.at(-1) ?? this.genesis
  }

  /** The newest block of a branch without rivals. */
  get tip(): Hash {
    let tip = this.final
    for (let [next] = this.liveChildren(tip); next !== undefined; [next] = this.liveChildren(tip)) tip = next
    return tip
  }

  get finalHeight(): bigint {
    return this.of(this.final).sealed.header.height
  }

  get tree(): ReadonlyMap<Hash, Standing> {
    return this.#tree
  }

  get queue(): readonly Entry[] {
    return this.#queue
  }

  /** As a replay asks for an entry. */
  get entryAt(): QueueReader {
    return readerOf(this.#queue.map(({ entry }) => entry))
  }

  /** What waits after a block that leaves the lanes at these points, lane by lane. */
  waitingAfter(points: LanePoints): readonly Entry[] {
    return LANES.flatMap((lane) => {
      const entries = this.#queue.filter(({ entry }) => laneOf(entry.kind) === lane)
      return entries.slice(Number(points[lane].count))
    })
  }

  /** Throws where there is no such block: our bug. */
  of(id: Hash): ModelBlock {
    const block = this.blocks.get(id)
    if (block === undefined) throw new RangeError(`there is no block ${id} in the model`)
    return block
  }

  standing(id: Hash): Standing {
    const standing = this.#tree.get(id)
    if (standing === undefined) throw new RangeError(`block ${id} is not on Ethereum`)
    return standing
  }

  /** Before it is published. */
  own(id: Hash, told: State): void {
    this.ours.add(id)
    if (told !== undefined) this.#told.set(id, told)
  }

  liveChildren(id: Hash): Hash[] {
    return this.standing(id).children.filter((child) => !this.standing(child).refuted)
  }

  /** What descends from the final block by unrefuted blocks, that one included, parents first. */
  living(): Set<Hash> {
    const living = new Set([this.final])
    for (const id of living) for (const child of this.liveChildren(id)) living.add(child)
    return living
  }

  /** Wrong blocks that live on right ones: each of them has to be refuted. */
  livingWrong(): Hash[] {
    return [...this.living()].filter((id) => this.of(id).verdict === 'wrong')
  }

  /** Every block that the contract lets somebody build on at this time, unix seconds. */
  parents(time: bigint): { readonly block: ModelBlock; readonly kind: ParentKind }[] {
    const living = this.living()
    const { final, finalHeight } = this
    const highest = finalHeight + BigInt(MAX_DEPTH)
    return [...this.#tree.values()]
      .filter(({ id, refuted }) => {
        const { height } = this.of(id).sealed.header
        const isHighEnough = id === final || (height > finalHeight && height < highest)
        return !refuted && isHighEnough && this.#isOpen(id, time)
      })
      .map((standing) => ({ block: this.of(standing.id), kind: this.#kindOf(standing, living) }))
  }

  /** Takes in what Ethereum has now. */
  async sync(): Promise<void> {
    const { client } = this.#stage.anvil
    const { number, hash } = await client.getBlock()
    const known = this.#read
    const isSame = known !== undefined && number >= known.number && (await this.#has(known.number, known.hash))
    if (!isSame) {
      const from = known === undefined ? 0n : known.number > REREAD ? known.number - REREAD : 0n
      const kept = this.#events.filter((event) => event.blockNumber < from)
      this.#reset()
      for (const event of kept) this.#take(event)
      for (const event of await this.read(from, number)) this.#take(event)
    } else if (number > known.number) {
      for (const event of await this.read(known.number + 1n, number)) this.#take(event)
    }
    this.#read = { number, hash: parseHash(hash) }
  }

  async read(fromBlock: BlockNumber, toBlock: BlockNumber) {
    const range = { fromBlock, toBlock, strict: true } as const
    const events = await this.#stage.anvil.client.getContractEvents({ ...this.#stage.bridge, ...range })
    this.#blobs.clear()
    for (const event of events) {
      if (event.eventName !== 'BlobsPublished' || this.blocks.has(parseHash(event.args.id))) continue
      for (const hash of event.args.hashes) this.#blobs.set(parseHash(hash), await this.#blobOf(hash))
    }
    return events
  }

  /** As Ethereum itself has it, whatever beacon endpoints say. */
  async #blobOf(hash: Hex): Promise<Uint8Array> {
    const { client } = this.#stage.anvil
    const blob = await client.request<ReadBlob>({ method: 'anvil_getBlobByHash', params: [hash] })
    assert(blob !== null, `anvil has no blob ${hash}`)
    return parseHex(blob)
  }

  #isOpen(id: Hash, time: bigint): boolean {
    const [first] = this.liveChildren(id)
    return first === undefined || time < this.standing(first).publishedAt + SIBLING_SECONDS
  }

  #kindOf({ id, children }: Standing, living: ReadonlySet<Hash>): ParentKind {
    const { verdict } = this.of(id)
    if (id === this.final) return 'final'
    if (verdict !== 'right') return verdict
    if (!living.has(id)) return 'lost'
    return children.length === 0 ? 'tip' : 'below the tip'
  }

  /** False also where the chain has just become shorter than it was. */
  async #has(blockNumber: bigint, hash: Hash): Promise<boolean> {
    try {
      return (await this.#stage.anvil.client.getBlock({ blockNumber })).hash === hash
    } catch (cause) {
      if (cause instanceof BlockNotFoundError) return false
      throw cause
    }
  }

  #reset(): void {
    const publishedAt = this.#stage.definition.deployedAt
    this.#events = []
    this.#tree = new Map([[this.genesis, { id: this.genesis, publishedAt, refuted: false, final: true, children: [] }]])
    this.#finals = [this.genesis]
    this.#queue = []
  }

  #take(event: Events[number]): void {
    this.#events.push(event)
    switch (event.eventName) {
      case 'BlockPublished': {
        const { steps, states } = event.args
        this.#publish(event.args, () => ({ steps: parseHex(steps), states: parseHex(states) }))
        return
      }
      case 'BlobsPublished': {
        const { entries, requests } = event.args
        const hashes = event.args.hashes.map(parseHash)
        const head = { entries: parseHex(entries), requests: parseHex(requests) }
        this.#publish(event.args, () => ({ ...head, hashes, blobs: hashes.map((hash) => this.#readBlob(hash)) }))
        return
      }
      case 'BlockRefuted':
        this.standing(parseHash(event.args.id)).refuted = true
        return
      case 'BlockFinalized':
        this.standing(parseHash(event.args.id)).final = true
        this.#finals.push(parseHash(event.args.id))
        return
      case 'Deposited': {
        const { amount, to, time } = event.args
        const entry = { kind: 'deposit', gross: amount, to: parseAddress(to.toLowerCase()) } as const
        this.#queue.push({ entry, time: BigInt(time) })
        return
      }
      case 'Forced': {
        const { fee, transaction, time } = event.args
        this.#queue.push({
          entry: { kind: 'forced', fee: toGwei(fee), packed: parseHex(transaction) },
          time: BigInt(time),
        })
        return
      }
      default:
        return
    }
  }

  /** `readBody` is asked where the block is new here. */
  #publish({ id: text, header, torrent, time }: Publication, readBody: () => WholeBody): void {
    const id = parseHash(text)
    const sealed = decodeSealed(parseHex(header))
    if (!this.blocks.has(id)) {
      const judged = this.#judge(id, sealed, readBody())
      this.blocks.set(id, { ...judged, torrent: parseInfohash(torrent.slice(2)) })
    }
    this.#tree.set(id, { id, publishedAt: BigInt(time), refuted: false, final: false, children: [] })
    this.standing(sealed.header.parent).children.push(id)
  }

  #readBlob(hash: Hash): Uint8Array {
    const blob = this.#blobs.get(hash)
    assert(blob, `blob ${hash} was not read with its event`)
    return blob
  }

  #judge(id: Hash, sealed: SealedHeader, body: WholeBody): Omit<ModelBlock, 'torrent'> {
    const known = { id, sealed, bytes: encodeSealed(sealed), body }
    const told = this.#told.get(id)
    const { state: before, verdict: ground, sealed: below } = this.of(sealed.header.parent)
    const stated = told === undefined ? {} : { state: told }
    if (ground !== 'right') return { ...known, verdict: 'baseless', ...stated }
    const parent = { id: sealed.header.parent, header: below.header, state: before }
    const verdict = replay(this.#stage.definition.rules, parent, { sealed, ...body }, this.entryAt)
    if (verdict.verdict === 'valid') return { ...known, verdict: 'right', state: verdict.state }
    if (verdict.verdict === 'unknown') throw new RangeError(`the model cannot judge ${id}: ${verdict.why}`)
    return { ...known, verdict: 'wrong', problem: `step ${verdict.step}: ${verdict.problem}`, ...stated }
  }
}

type Publication = { readonly id: Hex; readonly header: Hex; readonly torrent: Hex; readonly time: number }

type ReadBlob = { Method: 'anvil_getBlobByHash'; Parameters: [Hex]; ReturnType: Hex | null }
