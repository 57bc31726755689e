// Which chain an endpoint says it is of.

import type { Connection } from './connection.ts'

/** What a header and the contract have room for. */
const MOST = 2n ** 64n - 1n

/** Throws what asking the endpoint throws. */
export async function readChainId(connection: Connection): Promise<bigint> {
  return await connection.ask('chain id', async (client) => {
    const chain = BigInt(await client.getChainId())
    if (chain < 1n || chain > MOST) throw new TypeError(`a chain has a number from 1 to 2^64 - 1, not ${chain}`)
    return chain
  })
}
