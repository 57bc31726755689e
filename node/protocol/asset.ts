// Other assets than TTX: what names one, and how it is written (docs/protocol.md section 1.1).

import { concat } from './bytes.ts'
import { type Address, type Infohash, isAddress, isInfohash, toAddress, toBytes, toInfohash } from './ids.ts'

/** The contract on Ethereum that entered it, or the infohash of its issuance: the one has `0x` in front, the other has not. TTX is none. */
export type Asset = Address | Infohash

/** kind(1) ‖ asset(20). */
export const ASSET_BYTES = 21

const ENTERED = 2
const ISSUED = 3
const TTX = new Uint8Array(ASSET_BYTES)

export function isAsset(text: unknown): text is Asset {
  return isAddress(text) || isInfohash(text)
}

/** Whether a contract on Ethereum entered it, so that it can leave again. */
export function isEntered(asset: Asset): asset is Address {
  return isAddress(asset)
}

/** kind(1) ‖ asset(20); zeros for TTX. */
export function encodeAsset(asset: Asset | undefined): Uint8Array {
  if (asset === undefined) return TTX
  return concat(Uint8Array.of(isEntered(asset) ? ENTERED : ISSUED), toBytes(asset))
}

/** Undefined if the kind is none of another asset than TTX. `bytes` has 21 bytes. */
export function decodeAsset(bytes: Uint8Array): Asset | undefined {
  const id = bytes.subarray(1, ASSET_BYTES)
  if (bytes[0] === ENTERED) return toAddress(id)
  return bytes[0] === ISSUED ? toInfohash(id) : undefined
}
