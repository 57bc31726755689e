// Which transaction is meant by who names an account: the newest one that can get where it is waited for.

import type { AnyId } from '../../../node/client/any-id.ts'
import { checkFile } from '../../../node/client/look-up.ts'
import type { Stage } from '../../../node/client/wait.ts'
import { OperationError } from '../../../node/errors.ts'
import type { Address, Infohash } from '../../../node/protocol/ids.ts'
import { decodeTransaction } from '../../../node/protocol/transaction.ts'
import type { CliContext } from '../context.ts'
import { expected } from '../ids/id-argument.ts'
import { lookUpId, transactionOf } from '../ids/named.ts'
import type { NodeLink } from '../link.ts'

/** Transactions of a page, and pages that are looked through. */
const LOOKED = 500
const PAGES = 40
const LOST: ReadonlySet<string> = new Set(['invalid', 'conflicting'])

/** Of an account the newest transaction of TTX of its own, or else the newest one to it, that counts; where payment on Ethereum is waited for the newest request. Throws as `lookUpId` and `transactionOf` do. */
export async function awaitedBy(context: CliContext, node: NodeLink, id: AnyId, until: Stage): Promise<Infohash> {
  if (id.kind !== 'account' && id.kind !== 'name') return await transactionOf(context, node, id)
  const named = await lookUpId(context, node, id)
  if (named.kind === 'account') return await newestOf(context, node, named.address, until)
  return await transactionOf(context, node, id)
}

/** Of its own: signed by it, or of the queue. What strangers send to it comes after that, as anyone can send dust to anyone. */
async function newestOf({ signal }: CliContext, node: NodeLink, owner: Address, until: Stage): Promise<Infohash> {
  let incoming: Infohash | undefined
  let cursor: string | undefined
  for (let page = 0; page < PAGES; page++) {
    const from = cursor === undefined ? {} : { cursor }
    const answer = await node.call('account_history', { owner, limit: LOOKED, ...from }, signal)
    for (const { infohash, file, status } of answer.transactions) {
      if (LOST.has(status) || file === undefined) continue
      checkFile(node, infohash, file)
      const tx = decodeTransaction(file)
      const isRequest = tx.kind === 'signed' && tx.bridge !== undefined && tx.from === owner
      const isOwn = tx.kind === 'deposit' || ('from' in tx && tx.from === owner)
      if (until === 'paid' ? isRequest : isOwn) return infohash
      incoming ??= infohash
    }
    cursor = answer.cursor
    if (cursor === undefined) break
  }
  if (incoming !== undefined && until !== 'paid') return incoming
  const what = until === 'paid' ? 'no request of its own' : 'no transaction'
  throw new OperationError(
    'unknown-transaction',
    `expected ${expected(['transaction'])}, or an account that has one, got ${owner}, of which the node knows ${what}${cursor === undefined ? '' : ` among the newest ${PAGES * LOOKED}`}; name one, or ask again once it is there`,
    { facts: { owner }, retry: true },
  )
}
