// What people write into fields, read; undefined for what is empty or wrong.

import { DECIMALS, readWritten, toUnits } from '../../../client/amount.ts'
import { type Address, parseAddress } from '../../../protocol/ids.ts'
import { isMemo } from '../../../protocol/members.ts'
import { MAX_MEMO } from '../../../protocol/rules.ts'

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

export function isGoodMemo(text: string): boolean {
  return text.length <= MAX_MEMO && isMemo(text)
}
