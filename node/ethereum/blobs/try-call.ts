// Tries out a call with blobs, of which a contract sees the hashes and nothing else: viem's own `call` would leave these out.

import { type Address, type Hex, numberToHex, type PublicClient } from 'viem'
import type { Hash } from '../../protocol/ids.ts'

export type BlobCall = {
  readonly from: Address
  readonly to: Address
  readonly data: Hex
  readonly gas: bigint
  readonly value: bigint
  readonly maxFeePerBlobGas: bigint
  readonly hashes: readonly Hash[]
  readonly blockOverrides?: { readonly time: bigint }
}

/** As of the newest block. Throws what viem does. */
export async function tryBlobCall(client: PublicClient, { hashes, blockOverrides, ...call }: BlobCall): Promise<void> {
  const { from, to, data } = call
  const [gas, value, maxFeePerBlobGas] = [call.gas, call.value, call.maxFeePerBlobGas].map((each) => numberToHex(each))
  const request = { from, to, data, gas, value, maxFeePerBlobGas, blobVersionedHashes: [...hashes] }
  await client.request({
    method: 'eth_call',
    params: blockOverrides ? [request, 'latest', {}, { time: numberToHex(blockOverrides.time) }] : [request, 'latest'],
  })
}
