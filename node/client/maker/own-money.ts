// Money that vanishes by nobody else's doing: what a block has ordered, and what the wallets of the maker paid. What others pay without a block can lose,
// and all that was cut out of it would be lost with it.

import { OperationError } from '../../errors.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { MAX_INPUTS } from '../../protocol/rules.ts'
import { ofAsset } from '../../protocol/state.ts'
import { decodeTransaction } from '../../protocol/transaction.ts'
import type { CallParams, Result } from '../../rpc/api.ts'
import { lookUp } from '../look-up.ts'
import type { NodeClient } from '../rpc.ts'
import type { Market } from './market.ts'

type Told = Pick<Result<'account_balance'>['outputs'][number], 'infohash' | 'status'>

/** As many as a node leaves alone at once. */
const MOST_WITHOUT = 256

/** The same node, which chooses none of what others paid and no block has ordered. Its call throws `insufficient-funds` where there is too much of that. */
export function ownMoney(node: NodeClient, market: Market): NodeClient {
  const known = new Map<Infohash, boolean>()
  const call: NodeClient['call'] = async (method, params, signal) => {
    if (method !== 'account_inputs') return await node.call(method, params, signal)
    const { owner, asset, without: given = [] } = params as unknown as CallParams<'account_inputs'> // those of this method
    const without = new Set(given)
    for (;;) {
      const chosen = await node.call(method, without.size === 0 ? params : { ...params, without: [...without] }, signal)
      const { prev } = chosen as Result<'account_inputs'> // of this method
      const { outputs } = await node.call('account_outputs', ofAsset({ owner, of: [...prev] }, asset), signal)
      const strange: Infohash[] = []
      for (const output of outputs)
        if (!(await isOwn(node, market, output, known, signal))) strange.push(output.infohash)
      if (strange.length === 0) return chosen
      for (const infohash of strange) without.add(infohash)
      if (without.size > MOST_WITHOUT) throw onlyOfOthers(owner)
    }
  }
  return { ...node, call }
}

/** The first few of these outputs that are own money. `looks` bounds what is asked about those of others. */
export async function firstOwn<Output extends Told>(
  node: NodeClient,
  market: Market,
  outputs: readonly Output[],
  looks: number,
  signal?: AbortSignal,
): Promise<Output[]> {
  const [found, known] = [[] as Output[], new Map<Infohash, boolean>()]
  for (const output of outputs) {
    if (found.length === MAX_INPUTS) break
    if (output.status === 'accepted' && known.size === looks) continue
    if (await isOwn(node, market, output, known, signal)) found.push(output)
  }
  return found
}

async function isOwn(
  node: NodeClient,
  { stock, shop }: Market,
  { infohash, status }: Told,
  known: Map<Infohash, boolean>,
  signal?: AbortSignal,
): Promise<boolean> {
  if (status !== 'accepted') return true
  const before = known.get(infohash)
  if (before !== undefined) return before
  const { file } = await lookUp(node, infohash, 0, signal)
  const tx = file && decodeTransaction(file)
  const isOurs = tx?.kind === 'signed' && (tx.from === stock || tx.from === shop)
  known.set(infohash, isOurs)
  return isOurs
}

function onlyOfOthers(owner: Market['stock']): OperationError {
  return new OperationError(
    'insufficient-funds',
    `expected money at ${owner} that the maker made or a block has ordered, got more than ${MOST_WITHOUT} payments of others that none has; wait for a block`,
    { facts: { owner, spendable: '0' } },
  )
}
