// The names of the assets that a wallet has: what another asset could be mistaken for.

import { namesOf } from '../../../node/client/assets/view.ts'
import type { Named } from '../../../node/client/symbol.ts'
import type { EthereumReader } from '../../../node/ethereum/reader.ts'
import { listWallets } from '../../../node/wallet/wallet-folder.ts'
import type { CliContext } from '../context.ts'
import type { NodeLink } from '../link.ts'
import { assetViews } from './views.ts'

/** Assets of the wallet whose names are compared: each is a question or two. */
const COMPARED = 500
const NOT_ALL = `the wallet has more than ${COMPARED} other assets: names were compared with those of the first ${COMPARED}`

export type OwnNames = { readonly names: readonly Named[]; readonly warnings: readonly string[] }

/** Of the wallet that the settings name, where there is one. Throws what the node throws. */
export async function ownNames(
  { folder, settings, signal }: CliContext,
  node: NodeLink,
  ethereum: EthereumReader | undefined,
): Promise<OwnNames> {
  const owner = (await listWallets(folder.wallets)).find(({ name }) => name === settings.wallet)?.address
  if (owner === undefined) return { names: [], warnings: [] }
  const { assets, next } = await node.call('account_assets', { owner, limit: COMPARED }, signal)
  const views = await assetViews(node, ethereum, 0, signal).ofAll(assets)
  return { names: namesOf(views.map(([, view]) => view)), warnings: next === undefined ? [] : [NOT_ALL] }
}
