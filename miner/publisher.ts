// Brings one mined block to Ethereum: the torrent first, then the transaction, every step in the journal before it is done.

import type { NodeClient } from '../node/client/rpc.ts'
import { OperationError } from '../node/errors.ts'
import type { KzgPool, Sidecar } from '../node/ethereum/blobs/kzg-pool.ts'
import { type BridgeCall, publishBlobsCall, publishCall } from '../node/ethereum/calls.ts'
import { isAnyRefusal, isRefusal } from '../node/ethereum/refusals.ts'
import type { Outcome } from '../node/ethereum/sending/pending-call.ts'
import type { Logger } from '../node/log.ts'
import type { BlobPosted } from '../node/protocol/blob-block.ts'
import { decodeSealed } from '../node/protocol/header.ts'
import { type Hash, keyOf } from '../node/protocol/ids.ts'
import { isInBlobs } from '../node/protocol/replay.ts'
import { RuleError } from '../node/protocol/rule-error.ts'
import { toWei } from '../node/protocol/units.ts'
import { type Journal, type Publication, publicationId, withoutBody } from './journal.ts'
import type { Sends } from './money/counted-sender.ts'

export type PublisherDeps = {
  readonly node: NodeClient
  readonly sender: Sends
  readonly kzg: Pick<KzgPool, 'sidecar'>
  readonly journal: Journal
  readonly log: Logger
  /** Unix milliseconds. */
  readonly now: () => number
}

/** A node whose view of Ethereum is behind does not want a block at first; it gets this long to catch up. */
const NODE_PATIENCE_MS = 60_000
/** What the bridge says where a sibling came first: as long as that may be a wrong one, the block is not lost. */
const CONTESTED = ['SiblingExists', 'RivalWorkDiffers', 'RaceClosed'] as const

export class Publisher {
  readonly #deps: PublisherDeps
  /** Of the last block with blobs: made in seconds, and needed again where the price of blobs is above what is paid. */
  #sidecar: { readonly id: Hash; readonly made: Sidecar } | undefined

  constructor(deps: PublisherDeps) {
    this.#deps = deps
  }

  /**
   * Goes on from wherever the journal says the block is, until it is published or lost, or until a transaction had no effect or a sibling
   * came first: then whether to send it again, and beside whom, is for the caller to find out. Safe to call again after any failure or
   * crash. Throws `OperationError`s that may pass (`retry`), `unfunded-account`, and the reason of `signal`.
   */
  async publish(entry: Publication, signal: AbortSignal): Promise<Publication> {
    let current = entry
    for (;;) {
      signal.throwIfAborted()
      if (current.stage === 'published' || current.stage === 'final' || current.stage === 'lost') return current
      const wasServed = current.stage !== 'mined'
      current = (await this.#recognise(current)) ?? (await this.#advance(current, signal))
      if (wasServed && current.stage === 'submitted') return current
    }
  }

  /** A block that is on Ethereum already, no matter who sent it. */
  async #recognise(entry: Publication): Promise<Publication | undefined> {
    // With a transaction under way it is up to the sender when there are enough confirmations.
    if (entry.attempts.length > 0) return undefined
    return await this.#published(entry)
  }

  async #published(entry: Publication): Promise<Publication | undefined> {
    const record = await this.#deps.sender.ethereum.record(publicationId(entry))
    if (record.publishedAt === 0n) return undefined
    const { bond } = record
    const { problem: _, ...rest } = entry
    return await this.#put({ ...rest, stage: 'published', bond, publishedAt: Number(record.publishedAt), attempts: [] })
  }

  async #advance(entry: Publication, signal: AbortSignal): Promise<Publication> {
    return entry.stage === 'mined' ? await this.#submit(entry) : await this.#send(entry, signal)
  }

  async #submit(entry: Publication): Promise<Publication> {
    const { journal, node } = this.#deps
    const { sealed, body } = entry
    try {
      const rows = isInBlobs(body) ? { blobs: [...(await journal.blobsOf(entry))] } : body
      const { torrent } = await node.call('bridge_submit', { sealed, ...rows })
      return await this.#put({ ...entry, torrent, stage: 'submitted' })
    } catch (error) {
      if (error instanceof RuleError) return await this.#lose(entry, `the node says that it is wrong: ${error.message}`)
      // What defends a race may build on another block than the node's tip, on purpose.
      const isPatient = entry.defends === undefined && this.#deps.now() - entry.foundMs < NODE_PATIENCE_MS
      if (isPatient || !(error instanceof OperationError) || error.code !== 'block-not-wanted') throw error
      // The steps are on Ethereum soon anyway, and the bridge is the judge: better without a torrent than never.
      this.#deps.log.warn({ block: publicationId(entry), problem: error.message }, 'publishing without the torrent')
    }
    return await this.#put({ ...entry, stage: 'submitted' })
  }

  async #send(entry: Publication, signal: AbortSignal): Promise<Publication> {
    const call = await this.#callOf(entry).catch(async (error: unknown) => {
      // What is on Ethereum by now needs no blobs any more, and its bond has to be fetched back.
      const published =
        error instanceof OperationError && error.code === 'journal-damaged' ? await this.#published(entry) : undefined
      if (published !== undefined) return published
      throw error
    })
    if ('stage' in call) return call
    let current = entry
    let outcome: Outcome
    try {
      outcome = await this.#deps.sender.send(call, {
        attempts: entry.attempts,
        onAttempt: async (attempt) => {
          current = await this.#put({ ...current, stage: 'sent', attempts: [...current.attempts, attempt] })
        },
        signal,
      })
    } catch (error) {
      if (error instanceof OperationError && error.code === 'ethereum-refused' && current !== entry) {
        // Signed, but the endpoint did not accept it: it must not be mistaken for a transaction under way.
        await this.#again(current)
      }
      if (!isAnyRefusal(error) || error.retry) throw error
      const published = await this.#published(entry)
      if (published !== undefined) return published
      return isRefusal(error, ...CONTESTED) ? await this.#again(current) : await this.#lose(entry, error.message)
    }
    const published = await this.#published(current)
    if (published !== undefined) {
      const { hash, gasUsed } = 'receipt' in outcome ? outcome.receipt : { hash: undefined, gasUsed: 0n }
      this.#deps.log.info(
        { block: publicationId(entry), transaction: hash, gasUsed: `${gasUsed}` },
        'published a block',
      )
      return published
    }
    // Without a reason the cancelling was of an earlier process: then the next try finds out what it was.
    const refusal = outcome.status === 'cancelled' ? outcome.refusal : undefined
    if (refusal !== undefined && !isRefusal(refusal, ...CONTESTED)) return await this.#lose(current, refusal.message)
    this.#deps.log.warn({ block: publicationId(entry), outcome: outcome.status }, 'a publication had no effect')
    return await this.#again(current)
  }

  async #callOf(entry: Publication): Promise<BridgeCall> {
    const { sealed, body, parent, torrent } = entry
    const beside = entry.beside && keyOf(entry.beside)
    const block = { sealed: decodeSealed(sealed), torrent }
    return isInBlobs(body)
      ? publishBlobsCall(parent, { ...block, ...body }, await this.#sidecarOf(entry, body), beside)
      : publishCall(parent, { ...block, ...body }, beside)
  }

  /** Throws `OperationError('journal-damaged')` if the blobs on disk are not those of the block. */
  async #sidecarOf(entry: Publication, { hashes }: BlobPosted): Promise<Sidecar> {
    const id = publicationId(entry)
    if (this.#sidecar?.id === id) return this.#sidecar.made
    const made = await this.#deps.kzg.sidecar(await this.#deps.journal.blobsOf(entry))
    if (made.hashes.join() !== hashes.join()) throw otherBlobs(id)
    this.#sidecar = { id, made }
    return made
  }

  /** Nothing of it is on its way any more. */
  async #again(entry: Publication): Promise<Publication> {
    return await this.#put({ ...entry, stage: 'submitted', attempts: [] })
  }

  async #lose(entry: Publication, problem: string): Promise<Publication> {
    this.#deps.log.info({ block: publicationId(entry), problem }, 'one of our blocks is lost')
    return await this.#put({ ...withoutBody(entry), stage: 'lost', problem, bond: toWei(0n) })
  }

  async #put(entry: Publication): Promise<Publication> {
    return await this.#deps.journal.put(entry)
  }
}

function otherBlobs(block: Hash): OperationError {
  return new OperationError(
    'journal-damaged',
    `expected the blobs of our block ${block} in the journal, got others; move its two files away to go on without that block`,
    { facts: { file: `${block.slice(2)}.blobs` } },
  )
}
