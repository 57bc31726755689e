// What is written for each thing that the journal holds, and under which key.

import type { ChainPlace } from '../../../ethereum/chain.ts'
import { concat, encodeUint } from '../../../protocol/bytes.ts'
import { type Hash, type Infohash, toBytes } from '../../../protocol/ids.ts'
import { isInBlobs, type PostedBody, postedOf, type WholeBody } from '../../../protocol/replay.ts'
import type { Time } from '../../../protocol/units.ts'
import type { ViewRoot } from '../fold.ts'
import type { BlockBody } from '../judging/judge.ts'
import { encodeRecord, numberText, type Operation } from './encoding.ts'

/** The state after a final block, as `outputs.bin` has it. */
export type Base = { readonly id: Hash; readonly height: bigint; readonly outputs: Uint8Array }

/** The final block above genesis with which a node began. */
export type Beginning = { readonly id: Hash; readonly height: bigint; readonly publishedAt: Time }

export const BASE = 'base'
/** Where earlier versions kept the one state that they had. */
export const BASE_OUTPUTS = 'base-outputs'
export const BEGINNING = 'beginning'
export const STATE = 'state/'
export const TORRENT = 'torrent/'

export function eventKey(place: ChainPlace): string {
  return `event/${numberText(place.number)}/${numberText(BigInt(place.logIndex))}`
}

export function checkpointKey(number: bigint): string {
  return `checkpoint/${numberText(number)}`
}

export function postedOperation(id: Hash, body: PostedBody): Operation {
  return isInBlobs(body) ? { type: 'put', key: `head/${id}`, value: encodeRecord(body) } : bodyOperation(id, body)
}

/** All that is kept of a right block. */
export function contentOperations({ id, sealed }: ViewRoot, posted: WholeBody): Operation[] {
  const body = bodyOperation(id, postedOf({ sealed, ...posted }))
  if (!('blobs' in posted)) return [body]
  const { blobs, ...head } = posted
  return [postedOperation(id, head), blobsOperation(id, blobs), body]
}

export function blobsOperation(id: Hash, blobs: readonly Uint8Array[]): Operation {
  return { type: 'put', key: `blobs/${id}`, value: concat(...blobs), valueEncoding: 'view' }
}

export function bodyOperation(id: Hash, { steps, states }: BlockBody): Operation {
  const value = concat(encodeUint(steps.length, 4), steps, states)
  return { type: 'put', key: `body/${id}`, value, valueEncoding: 'view' }
}

export function beginningOperations({ id, sealed, publishedAt }: ViewRoot, outputs: Uint8Array): Operation[] {
  const { height } = sealed.header
  const beginning: Beginning = { id, height, publishedAt }
  return [{ type: 'put', key: BEGINNING, value: encodeRecord(beginning) }, ...baseOperations({ id, height, outputs })]
}

export function baseOperations({ id, height, outputs }: Base): Operation[] {
  return [
    { type: 'put', key: BASE, value: encodeRecord({ id, height }) },
    { type: 'put', key: stateKey(height), value: concat(toBytes(id), outputs), valueEncoding: 'view' },
    { type: 'del', key: BASE_OUTPUTS },
  ]
}

export function stateKey(height: bigint): string {
  return `${STATE}${numberText(height)}`
}

export function torrentOperation(torrent: Infohash, id: Hash): Operation {
  return { type: 'put', key: `${TORRENT}${torrent}/${id}`, value: '' }
}

/** Not by spreading: a flood of events would overflow the stack. */
export function addAll<T>(list: T[], more: readonly T[]): void {
  for (const item of more) list.push(item)
}
