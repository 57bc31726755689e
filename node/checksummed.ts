// Addresses in text for people: with the mixed case of EIP-55, so that whoever copies one copies its checksum along.

import { type Address, checksumAddress } from './protocol/ids.ts'

/**
 * Not what is part of a path or a longer name, which would no longer be found, nor what a quotation mark precedes: that is JSON or what somebody
 * typed, and is shown as it is.
 */
const ADDRESS = /(?<![\w"'/\\.-])0x[0-9a-f]{40}(?![\w/\\-]|\.\w)/g

/** `text` with each lower-case address in it as EIP-55 has it. What programs read (`--json`, files, the RPC) is lower case instead. */
export function checksummed(text: string): string {
  return text.replace(ADDRESS, (found) => checksumAddress(found as Address)) // the expression is that of an address
}
