// What people write into fields, read; undefined for what is empty or wrong.

import type { Asset } from '../../../protocol/asset.ts'
import { type Address, isInfohash, parseAddress } from '../../../protocol/ids.ts'
import { isMemo } from '../../../protocol/members.ts'
import { MAX_MEMO } from '../../../protocol/rules.ts'

/** To find a key of an address below it takes 2^144 attempts. */
const KEYLESS = 2n ** 16n

export function readAddress(text: string): Address | undefined {
  try {
    return parseAddress(text.trim())
  } catch {
    return undefined
  }
}

/** What has `0x` in front entered from Ethereum; the case of its digits is checked as that of an address. */
export function readAsset(text: string): Asset | undefined {
  const infohash = text.trim().toLowerCase()
  return isInfohash(infohash) ? infohash : readAddress(text)
}

/** Zero, the built-in contracts of Ethereum, 0x…dead: made of a small number, and not of a key. */
export function isNobody(address: Address): boolean {
  return BigInt(address) < KEYLESS
}

export function isGoodMemo(text: string): boolean {
  return text.length <= MAX_MEMO && isMemo(text)
}
