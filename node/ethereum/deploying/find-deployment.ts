// A deployment that nothing is remembered of: an account and its nonces say where its contracts are, and their code says with what they were made.

import { blockId } from '../../protocol/header.ts'
import type { Address, Hash } from '../../protocol/ids.ts'
import type { GenesisTransaction } from '../../protocol/transaction.ts'
import type { Connection } from '../connection.ts'
import { createdBy } from './creation.ts'
import { findCreation } from './creation-transaction.ts'
import { genesisBlockOf } from './deploy.ts'
import { compareCode } from './expected-code.ts'
import type { Parameters } from './parameters.ts'

/** Of the account's last transactions in blocks, this many are looked at. */
const MOST = 16

export type Sought = {
  readonly account: Address
  readonly chain: bigint
  readonly genesis: GenesisTransaction
  readonly parameters: Parameters
}

/** The transaction by which the account has made a bridge of this genesis and these parameters; `undefined` if it has not, lately. */
export async function findDeployment(
  connection: Connection,
  { account, chain, genesis, parameters }: Sought,
): Promise<Hash | undefined> {
  const next = await connection.ask('nonce', (client) => client.getTransactionCount({ address: account }))
  for (let nonce = next - 1; nonce >= Math.max(0, next - MOST); nonce--) {
    const contracts = createdBy(account, nonce)
    const { bridge } = contracts
    const id = blockId(genesisBlockOf(chain, bridge, genesis, parameters.easiestTarget))
    const code = await connection.ask('code', (client) => client.getCode({ address: bridge }))
    const report = compareCode('bridge', code ?? '0x', { contracts, chain, genesis: id, parameters })
    if (report.kind !== 'ours' || report.others.length > 0) continue
    return (await findCreation(connection, bridge, id))?.transaction
  }
  return undefined
}
