// One reader for ids of all kinds, as people have them in the clipboard: what kind it is by its form.

import { type Address, type Hash, type Infohash, parseAddress, parseHash, readInfohash } from '../protocol/ids.ts'

/**
 * By form alone. `hash` is the id of a block, or of a transaction of Ethereum. `account` is an address; as people also write infohashes with 0x in front,
 * it may be one, which `infohash` is then.
 */
export type AnyId =
  | { readonly kind: 'infohash'; readonly infohash: Infohash }
  | { readonly kind: 'hash'; readonly hash: Hash }
  | { readonly kind: 'account'; readonly address: Address; readonly infohash: Infohash }
  /** Of a wallet. What may also be an infohash in base32 has that. */
  | { readonly kind: 'name'; readonly name: string; readonly infohash?: Infohash }

/** `undefined` for what is not an id of any kind. Throws `RuleError('bad-address')` for an address whose EIP-55 sum is wrong. */
export function readId(given: string): AnyId | undefined {
  const text = given.trim()
  if (/^(0x)?[0-9a-f]{64}$/i.test(text)) return { kind: 'hash', hash: parseHash(`0x${text.slice(-64)}`) }
  if (/^0x[0-9a-f]{40}$/i.test(text))
    return { kind: 'account', address: parseAddress(text.replace(/^0X/, '0x')), infohash: readInfohash(text.slice(2)) }
  const infohash = infohashIn(text)
  // In base32 it may be a name: wallets are in lower case.
  if (/^[a-z0-9][a-z0-9_-]{0,31}$/.test(text))
    return { kind: 'name', name: text, ...(infohash === undefined ? {} : { infohash }) }
  return infohash === undefined ? undefined : { kind: 'infohash', infohash }
}

function infohashIn(text: string): Infohash | undefined {
  try {
    return readInfohash(text)
  } catch {
    return undefined
  }
}
