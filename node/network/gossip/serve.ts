// Answers the questions of a peer from the store, each at its price.

import type { Infohash } from '../../protocol/ids.ts'
import { MAX_INFOHASHES } from '../limits.ts'
import type { NetworkStore } from '../store.ts'
import type { Buckets } from './buckets.ts'
import type { Answer, Question } from './messages.ts'
import type { RemotePeer } from './peer.ts'

const NOTHING = new Uint8Array()
/** Prices in files read. */
const COUNT_COST = 200
const LIST_COST = 20
/** Positions in an order that are looked at for the price of one file. */
const ORDER_ROWS_AT_COST = 4

/** Waits first where the peer used up its share. */
export async function answer(
  store: NetworkStore,
  buckets: Buckets,
  peer: RemotePeer,
  question: Question,
): Promise<Answer> {
  const { id } = question
  switch (question.type) {
    case 'get':
      await peer.chargeFor(question.infohashes.length)
      return { type: 'files', id, files: question.infohashes.map((infohash) => store.transaction(infohash) ?? NOTHING) }
    case 'count':
      await peer.chargeFor(COUNT_COST)
      if (!buckets.isWhole) await Promise.race([buckets.whole, peer.gone])
      return { type: 'counts', id, counts: buckets.encodeCounts(question.prefix) }
    case 'order': {
      const { from, most, unordered } = question
      await peer.chargeFor(LIST_COST + most / ORDER_ROWS_AT_COST)
      return { type: 'ordered', id, ...(await store.order(from, most, unordered)) }
    }
    case 'list': {
      const infohashes: Infohash[] = []
      const { prefix, after } = question
      let more = false
      for await (const infohash of store.infohashes(prefix, after === '' ? undefined : after)) {
        more = infohashes.length === MAX_INFOHASHES
        if (more) break
        infohashes.push(infohash)
      }
      await peer.chargeFor(LIST_COST + infohashes.length / 10)
      return { type: 'listed', id, infohashes, more }
    }
  }
}
