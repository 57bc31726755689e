// What somebody pasted, and which view shows it.

import { type AnyId, readId } from '../../client/any-id.ts'
import { isPaymentUri } from '../../client/payment-uri.ts'
import { OperationError } from '../../errors.ts'
import type { Address, Hash, Infohash } from '../../protocol/ids.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { node } from './node.ts'

export type Found =
  | { readonly kind: 'transaction'; readonly infohash: Infohash }
  | { readonly kind: 'block'; readonly id: Hash }
  | { readonly kind: 'address'; readonly owner: Address }
  | { readonly kind: 'pay'; readonly uri: string }
  /** `checksum`: a digit of an address is wrong. `hash`: no block; a transaction of Ethereum, or of another network. */
  | { readonly kind: 'nothing'; readonly because: 'form' | 'checksum' | 'hash' }

/** Asks the node where the form does not say it. Throws what the node throws. */
export async function find(text: string, signal?: AbortSignal): Promise<Found> {
  if (isPaymentUri(text)) return { kind: 'pay', uri: text.trim() }
  const id = readable(text)
  if (id === 'checksum') return { kind: 'nothing', because: 'checksum' }
  switch (id?.kind) {
    case 'infohash':
      return { kind: 'transaction', infohash: id.infohash }
    case 'hash':
      return await findHash(id.hash, signal)
    case 'account': {
      // People write infohashes with 0x in front too.
      const { status } = await node.call('tx_get', { infohash: id.infohash }, signal)
      return status === 'unknown'
        ? { kind: 'address', owner: id.address }
        : { kind: 'transaction', infohash: id.infohash }
    }
    default:
      return id?.infohash === undefined
        ? { kind: 'nothing', because: 'form' }
        : { kind: 'transaction', infohash: id.infohash }
  }
}

async function findHash(hash: Hash, signal?: AbortSignal): Promise<Found> {
  try {
    await node.call('bridge_block', { id: hash }, signal)
    return { kind: 'block', id: hash }
  } catch (error) {
    if (!(error instanceof OperationError && error.code === 'unknown-block')) throw error
  }
  // The Ethereum-compatible name of a transaction: 12 zero bytes and its infohash.
  if (/^0x0{24}/.test(hash)) return { kind: 'transaction', infohash: hash.slice(-40) as Infohash }
  return { kind: 'nothing', because: 'hash' }
}

function readable(text: string): AnyId | 'checksum' | undefined {
  try {
    return readId(text)
  } catch (error) {
    if (error instanceof RuleError) return 'checksum'
    throw error
  }
}
