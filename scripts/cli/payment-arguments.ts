// Arguments of payments as people write them.

import { InvalidArgumentError } from 'commander'
import { isMemo } from '../../node/protocol/members.ts'
import { MAX_MEMO } from '../../node/protocol/rules.ts'

const MOST_ITEMS = 500

/** For commander. */
export function parseMemo(text: string): string {
  if (text.length > 0 && text.length <= MAX_MEMO && isMemo(text)) return text
  throw new InvalidArgumentError(
    `Expected a memo of 1 to ${MAX_MEMO} printable ASCII characters without " and \\; got ${JSON.stringify(text.slice(0, 80))} (${text.length} characters). Write it in plain English letters, or point to a torrent.`,
  )
}

/** Of a page of the RPC. For commander. */
export function parseLimit(text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text) && Number(text) <= MOST_ITEMS) return Number(text)
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${MOST_ITEMS}; got ${text.slice(0, 40)}.`)
}
