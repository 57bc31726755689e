// What a transaction stands on and what is built on it, a few steps in both directions, as far as the node knows it.

import type { NodeClient } from '../../../client/rpc.ts'
import type { Asset } from '../../../protocol/asset.ts'
import { flowsOf } from '../../../protocol/flows.ts'
import type { Address, Infohash } from '../../../protocol/ids.ts'
import { ofAsset } from '../../../protocol/state.ts'
import { isPackable, parentsOf, type Transaction } from '../../../protocol/transaction.ts'
import type { Result } from '../../../rpc/api.ts'
import { readFile } from '../parts/transaction-list.tsx'

type Record = Result<'tx_get'>

export type Vertex = { readonly record: Record; readonly tx: Transaction | undefined }
/** `from` is spent by `to`. */
type Edge = { readonly from: Infohash; readonly to: Infohash }
export type Neighbourhood = {
  readonly centre: Infohash
  readonly vertices: readonly Vertex[]
  readonly edges: readonly Edge[]
  /** Whether more is beyond it. */
  readonly isCut: boolean
}

/** More than that nobody reads, and a layout takes seconds. */
const MOST = 60
/** A payment that pays a thousand is one of these to each of its neighbours. */
const DEPTH = 4

/** Nearest first. Throws what the node throws. */
export async function neighbourhoodOf(
  node: NodeClient,
  centre: Infohash,
  signal?: AbortSignal,
): Promise<Neighbourhood> {
  const vertices = new Map<Infohash, Vertex>()
  const edges = new Map<string, Edge>()
  let frontier: readonly Infohash[] = [centre]
  let isCut = false
  for (let depth = 0; depth <= DEPTH && frontier.length > 0; depth++) {
    const next = new Set<Infohash>()
    for (const infohash of frontier) {
      if (vertices.has(infohash)) continue
      if (vertices.size >= MOST) {
        isCut = true
        break
      }
      const record = await node.call('tx_get', { infohash }, signal)
      const tx = readFile(record.file)
      vertices.set(infohash, { record, tx })
      const [parents, children] = [
        tx && isPackable(tx) ? parentsOf(tx) : [],
        await childrenOf(node, infohash, tx, signal),
      ]
      for (const parent of parents) edges.set(`${parent} ${infohash}`, { from: parent, to: infohash })
      for (const child of children) edges.set(`${infohash} ${child}`, { from: infohash, to: child })
      for (const each of [...parents, ...children]) if (!vertices.has(each)) next.add(each)
    }
    frontier = [...next]
  }
  const isShown = ({ from, to }: Edge) => vertices.has(from) && vertices.has(to)
  const all = [...edges.values()]
  return {
    centre,
    vertices: [...vertices.values()],
    edges: all.filter(isShown),
    isCut: isCut || !all.every(isShown),
  }
}

/** What spends its outputs and counts. */
async function childrenOf(
  node: NodeClient,
  infohash: Infohash,
  tx: Transaction | undefined,
  signal?: AbortSignal,
): Promise<readonly Infohash[]> {
  const asked = purses(infohash, tx).map(async (purse) => {
    const { outputs } = await node.call('account_outputs', { ...purse, of: [infohash] }, signal)
    return outputs.flatMap(({ spentBy }) => spentBy ?? [])
  })
  return [...new Set((await Promise.all(asked)).flat())]
}

type Purse = { readonly owner: Address; readonly asset?: Asset }

/** Whose outputs it makes, of which assets. */
function purses(infohash: Infohash, tx: Transaction | undefined): readonly Purse[] {
  if (tx === undefined) return []
  if (!isPackable(tx)) return [ofAsset({ owner: tx.to }, tx.kind === 'deposit' ? tx.deposit.asset : undefined)]
  const all = flowsOf({ tx, infohash }).flatMap(({ from, asset, paid }) => [
    ofAsset({ owner: from }, asset),
    ...(paid === undefined ? [] : [ofAsset({ owner: paid.to }, paid.asset)]),
  ])
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()]
}
