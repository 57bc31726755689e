// Answers the questions of a peer from the store, each at its price, which is paid before the work.

import { decodeSealed } from '../../protocol/header.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { within } from '../../within.ts'
import { MAX_INFOHASHES, MAX_PART_BYTES } from '../limits.ts'
import type { NetworkStore } from '../store.ts'
import type { Answer, Question } from './messages.ts'
import type { RemotePeer } from './peer.ts'
import type { SetIndex } from './reconcile/set-index.ts'

const NOTHING = new Uint8Array()
/** Prices in files read. */
const COUNT_COST = 200
const LIST_COST = 20
const SKETCH_COST = 2
/** Positions in an order that are looked at for the price of one file. */
const ORDER_ROWS_AT_COST = 4
const ROW_COST = 0.1
/** Of a header that is read, of a part of a block, and of a part for which the block has to be put together. */
const HEADER_COST = 2
const PART_COST = 20
const BLOCK_COST = 200
/** Files that are read, and rows that are listed, in one turn: a millisecond. */
const FILES_AT_ONCE = 25
const ROWS_AT_ONCE = 250
const HEADERS_AT_ONCE = 16

/** Waits for the peer's turn, and longer where it used up its share. */
export async function answer(
  store: NetworkStore,
  index: SetIndex,
  peer: RemotePeer,
  question: Question,
): Promise<Answer> {
  const { id } = question
  switch (question.type) {
    case 'get': {
      const files: Uint8Array[] = []
      for (let at = 0; at < question.infohashes.length && !peer.closed.aborted; at += FILES_AT_ONCE) {
        const infohashes = question.infohashes.slice(at, at + FILES_AT_ONCE)
        const read = () => infohashes.map((infohash) => store.transaction(infohash) ?? NOTHING)
        files.push(...(await peer.serve(infohashes.length, read)))
      }
      for (const [i, infohash] of question.infohashes.entries()) if (files[i] !== NOTHING) peer.confirm(infohash)
      return { type: 'files', id, files }
    }
    case 'count':
      await counted(index, peer)
      return {
        type: 'counts',
        id,
        counts: await peer.serve(COUNT_COST, () => index.buckets.encodeCounts(question.prefix)),
      }
    case 'sketch': {
      const { from, most } = question
      await counted(index, peer)
      const symbols = await peer.serve(SKETCH_COST, () => index.sketch.read(peer, from, most))
      return { type: 'symbols', id, symbols }
    }
    case 'order': {
      const { from, most, unordered } = question
      const cost = LIST_COST + most / ORDER_ROWS_AT_COST
      return { type: 'ordered', id, ...(await peer.serve(cost, () => store.order(from, most, unordered))) }
    }
    case 'ancestors': {
      return { type: 'headers', id, headers: await headersFrom(store, peer, question) }
    }
    case 'rows': {
      const { block, from } = question
      // Whoever asks for the end of one block after another pays for all of each.
      const cost = store.isPastAtHand?.(block) ? PART_COST : BLOCK_COST
      const whole = await peer.serve(cost, () => store.pastBlock?.(block))
      return {
        type: 'part',
        id,
        bytes: whole?.slice(from, from + MAX_PART_BYTES) ?? NOTHING,
        length: whole?.length ?? 0,
      }
    }
    case 'list':
      return { type: 'listed', id, ...(await list(store, peer, question)) }
  }
}

/** Or until the peer is gone. */
async function counted(index: SetIndex, peer: RemotePeer): Promise<void> {
  if (!index.isWhole) await within(index.whole, peer.closed).catch(() => undefined)
}

async function headersFrom(store: NetworkStore, peer: RemotePeer, { block, most }: Question & { type: 'ancestors' }) {
  const headers: Uint8Array[] = []
  for (let next = block; headers.length < most && !peer.closed.aborted; ) {
    const count = Math.min(HEADERS_AT_ONCE, most - headers.length)
    const some = await peer.serve(HEADER_COST * count, () => store.ancestors?.(next, count) ?? [])
    headers.push(...some)
    const last = some.at(-1)
    if (last === undefined || some.length < count) break
    next = decodeSealed(last).header.parent
  }
  return headers
}

async function list(store: NetworkStore, peer: RemotePeer, { prefix, after }: Question & { type: 'list' }) {
  const infohashes: Infohash[] = []
  let cost = LIST_COST + ROWS_AT_ONCE * ROW_COST
  const rows = await peer.serve(cost, () => {
    return store.infohashes(prefix, after === '' ? undefined : after)[Symbol.asyncIterator]()
  })
  cost = ROWS_AT_ONCE * ROW_COST
  let isOver = false
  /** Reads one more than an answer holds, to know whether there are more. */
  const read = async () => {
    for (let i = 0; i < ROWS_AT_ONCE && !isOver && infohashes.length <= MAX_INFOHASHES; i++) {
      const { done, value } = await rows.next()
      if (done === true) isOver = true
      else infohashes.push(value)
    }
  }
  try {
    while (!isOver && infohashes.length <= MAX_INFOHASHES && !peer.closed.aborted) await peer.serve(cost, read)
  } finally {
    await rows.return?.()
  }
  const more = infohashes.length > MAX_INFOHASHES
  return { infohashes: infohashes.slice(0, MAX_INFOHASHES), more }
}
