// Looks after our own blocks that are published and not final: which races they are in, and what there is to lose.

import { readAllBlocks } from '../../node/client/all-blocks.ts'
import type { NodeClient } from '../../node/client/rpc.ts'
import { OperationError } from '../../node/errors.ts'
import { decodeSealed } from '../../node/protocol/header.ts'
import type { Hash } from '../../node/protocol/ids.ts'
import { addGwei, type Time, toBaseUnits, toTime, toWork } from '../../node/protocol/units.ts'
import type { Result } from '../../node/rpc/api.ts'
import { type Offer, offerOf } from '../assemble.ts'
import { type Journal, type Publication, publicationId } from '../journal.ts'
import type { Stake } from '../profit.ts'
import { type Race, type RaceBlock, racesOf } from './races.ts'
import { type Stand, standsIn } from './stand.ts'

export type DefenceDeps = {
  readonly node: NodeClient
  readonly journal: Pick<Journal, 'entries'>
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Races last for a day: a look takes a tenth of the time at most, however many blocks there are. */
const PAUSE_FACTOR = 10

export class Defence {
  readonly #deps: DefenceDeps
  readonly #offers = new Map<Hash, Offer>()
  #races: readonly Race[] | undefined
  #nextMs = 0

  constructor(deps: DefenceDeps) {
    this.#deps = deps
  }

  /** First blocks of the races that our own blocks are in, and in which a block still counts; `undefined` before the first look. */
  firsts(now: Time): ReadonlySet<Hash> | undefined {
    return this.#races && new Set(this.#races.flatMap(({ first, until }) => (now <= until ? [first.id] : [])))
  }

  /** Reads the tree, if our own blocks in it earn something. Throws what the node throws, and then knows what it knew. */
  async look(signal: AbortSignal): Promise<void> {
    const { node, now } = this.#deps
    const own = this.#earning()
    const startMs = now()
    if (own.length > 0 && startMs < this.#nextMs) return
    this.#races = own.length === 0 ? [] : await readRaces(node, own.map(publicationId), signal)
    const endMs = now()
    this.#nextMs = endMs + PAUSE_FACTOR * (endMs - startMs)
  }

  /** What could be done for our own blocks now, the best first. `hashRate` hashes a second, zero if unknown. */
  stands(now: Time, hashRate: number): readonly Stand[] {
    return standsIn(this.#races ?? [], now, hashRate)
  }

  /** What there is to lose, and what its defence has cost so far. */
  stake({ own }: Stand): Stake {
    const all = this.#deps.journal.entries()
    const firsts = this.firsts(toTime(0n))
    const isSpent = ({ defends, publishedAt }: Publication) =>
      publishedAt !== undefined && defends !== undefined && firsts?.has(defends)
    const offersOf = (some: readonly Publication[]) => some.map((entry) => this.#offer(entry))
    const lost = offersOf(all.filter((entry) => own.includes(publicationId(entry))))
    const spent = offersOf(all.filter(isSpent))
    return {
      blocks: lost.length,
      fee: toBaseUnits(sum(lost, 'fee')),
      queueFees: addGwei(lost.map(({ queueFees }) => queueFees)),
      expense: { gas: sum(lost, 'gas'), blobs: sumBlobs(lost) },
      defences: spent.length,
      spent: { gas: sum(spent, 'gas'), blobs: sumBlobs(spent) },
    }
  }

  #earning(): Publication[] {
    const published = this.#deps.journal.entries().filter(({ stage }) => stage === 'published')
    const known = new Set(published.map(publicationId))
    for (const id of this.#offers.keys()) if (!known.has(id)) this.#offers.delete(id)
    return published.filter((entry) => {
      const { fee, queueFees } = this.#offer(entry)
      return fee > 0n || queueFees > 0n
    })
  }

  #offer(entry: Publication): Offer {
    const id = publicationId(entry)
    const offer = this.#offers.get(id) ?? offerOf(decodeSealed(entry.sealed), entry.body)
    this.#offers.set(id, offer)
    return offer
  }
}

function sum(offers: readonly Offer[], part: 'fee' | 'gas'): bigint {
  return offers.reduce((total, offer) => total + offer[part], 0n)
}

function sumBlobs(offers: readonly Offer[]): number {
  return offers.reduce((total, { blobs }) => total + blobs, 0)
}

async function readRaces(node: NodeClient, own: readonly Hash[], signal: AbortSignal): Promise<Race[]> {
  const { status, blocks } = await readAllBlocks(node, signal)
  if (status.state !== 'live' || status.final === undefined) {
    throw new OperationError('node-not-ready', `expected the node to follow the bridge, but it says ${status.state}`, {
      facts: { state: status.state },
      retry: true,
    })
  }
  return racesOf(status.final.id, blocks.map(raceBlockOf), own)
}

function raceBlockOf(block: Result<'bridge_blocks'>['blocks'][number]): RaceBlock {
  const { id, parent, target, work, publishedAt, verdict, refuted } = block
  return {
    id,
    parent,
    target,
    work: toWork(work),
    publishedAt: toTime(publishedAt),
    isRight: verdict === 'valid' && !refuted,
  }
}
