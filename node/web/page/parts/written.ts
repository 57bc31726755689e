// What people write into fields, read; undefined for what is empty or wrong.

import { DECIMALS, readWritten, toUnits } from '../../../client/amount.ts'
import { type Address, parseAddress } from '../../../protocol/ids.ts'
import { isMemo } from '../../../protocol/members.ts'
import { MAX_MEMO } from '../../../protocol/rules.ts'

/** To find a key of an address below it takes 2^144 attempts. */
const KEYLESS = 2n ** 16n

/** Base units of TTX or wTTX. A comma is a point to those who write it; between digits of a thousand it is neither, and wrong. */
export function readAmount(text: string): bigint | undefined {
  const written = readWritten(text.trim())
  const tokens = written && toUnits(written, DECIMALS, 'TTX')
  return typeof tokens === 'bigint' ? tokens : undefined
}

export function readAddress(text: string): Address | undefined {
  try {
    return parseAddress(text.trim())
  } catch {
    return undefined
  }
}

/** Zero, the built-in contracts of Ethereum, 0x…dead: made of a small number, and not of a key. */
export function isNobody(address: Address): boolean {
  return BigInt(address) < KEYLESS
}

export function isGoodMemo(text: string): boolean {
  return text.length <= MAX_MEMO && isMemo(text)
}
