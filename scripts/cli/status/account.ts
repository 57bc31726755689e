// What an account has, and which of its transactions are not final: `ttx status` of an address or of a wallet's name.

import type { Address } from '../../../node/protocol/ids.ts'
import { balanceOf } from '../commands/hold/balance.ts'
import { listOf } from '../commands/watch/tx.ts'
import { type CliContext, formatTable, type Result } from '../context.ts'
import type { NodeLink } from '../link.ts'
import { markRows } from './relay-words.ts'

/** Transactions that are looked through, the newest. */
const LOOKED = 100
const OVER: ReadonlySet<string> = new Set(['final', 'invalid'])

export async function accountStatus(context: CliContext, node: NodeLink, owner: Address): Promise<Result> {
  const balance = await balanceOf(context, node, owner)
  const { items, rows } = await listOf(node, owner, { limit: LOOKED }, context.signal)
  const open = items.flatMap((item, i) =>
    OVER.has(item.status) ? [] : [{ item, row: rows[i] ?? (['', ''] as const) }],
  )
  const title =
    open.length === 0
      ? `none of its ${items.length === LOOKED ? `newest ${LOOKED} ` : ''}transactions of TTX is open`
      : 'open transactions of TTX, newest first ("ttx status" of each says what it waits for):'
  return {
    data: { ...balance.data, open: open.map(({ item }) => item) },
    text: [
      balance.text,
      '',
      title,
      ...(open.length === 0 ? [] : [formatTable([...open.map(({ row }) => row), ...markRows(items)])]),
    ].join('\n'),
  }
}
