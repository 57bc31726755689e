// Which transaction is meant by who names an account: the newest one that can get where it is waited for.

import type { Stage } from '../../../node/client/wait.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Address, Infohash } from '../../../node/protocol/ids.ts'
import { decodeTransaction } from '../../../node/protocol/transaction.ts'
import type { CliContext } from '../context.ts'
import { type AnyId, expected } from '../ids/any-id.ts'
import { lookUpId, transactionOf } from '../ids/named.ts'
import type { NodeLink } from '../link.ts'

/** Transactions that are looked through. */
const LOOKED = 100
const LOST: ReadonlySet<string> = new Set(['invalid', 'conflicting'])

/** Of an account the newest transaction of TTX that counts, where payment on Ethereum is waited for the newest request. Throws as `lookUpId` and `transactionOf` do. */
export async function awaitedBy(context: CliContext, node: NodeLink, id: AnyId, until: Stage): Promise<Infohash> {
  if (id.kind !== 'account' && id.kind !== 'name') return await transactionOf(context, node, id)
  const named = await lookUpId(context, node, id)
  if (named.kind === 'account') return await newestOf(context, node, named.address, until)
  return await transactionOf(context, node, id)
}

async function newestOf({ signal }: CliContext, node: NodeLink, owner: Address, until: Stage): Promise<Infohash> {
  const { transactions } = await node.call('account_history', { owner, limit: LOOKED }, signal)
  const found = transactions.find(({ file, status }) => {
    if (LOST.has(status)) return false
    const tx = file && decodeTransaction(file)
    return until !== 'paid' || (tx?.kind === 'signed' && tx.bridge !== undefined && tx.from === owner)
  })
  if (found !== undefined) return found.infohash
  const what = until === 'paid' ? 'no request of its own' : 'no transaction'
  throw new OperationError(
    'unknown-transaction',
    `expected ${expected(['transaction'])}, or an account that has one, got ${owner}, of which the node knows ${what}; name one, or ask again once it is there`,
    { facts: { owner }, retry: true },
  )
}
