// ttx asset list: the other assets of an address, and what is known of each.

import type { Command } from 'commander'
import { namesOf } from '../../../../node/client/assets/view.ts'
import type { Asset } from '../../../../node/protocol/asset.ts'
import { parseAsset } from '../../assets/asset-option.ts'
import { assetViews } from '../../assets/views.ts'
import { formatOf, warningsOf } from '../../assets/words.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openNode, openOptionalEthereum } from '../../link.ts'
import { parseLimit } from '../../payment-arguments.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf, WHOSE } from '../../whose.ts'
import { walletAddress } from '../hold/balance.ts'

type Flags = { readonly after?: Asset; readonly limit: number }

export function registerList(asset: Command, act: Act): void {
  addExamples(
    addSettings(
      asset
        .command('list')
        .summary('those of an address')
        .description(
          'List the other assets than TTX of an address, each with its whole id, how much of it can be spent now, how much of that is final, and what speaks against it. Anybody can send anybody an asset, so being listed says nothing of what one is worth. With an Ethereum endpoint it asks the tokens behind gateways for their names and decimals. It needs no passphrase.',
        )
        .argument('[address]', `whose: ${WHOSE}; without it that of --wallet`)
        .option('--limit <count>', 'at most this many, 1 to 500', parseLimit, 50)
        .option('--after <id>', 'go on behind this asset', parseAsset)
        .action(act(list)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx asset list --wallet alice',
    'ttx asset list 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --json',
  )
}

async function list(context: CliContext, whose: string | undefined, { after, limit }: Flags): Promise<Result> {
  const owner = whose === undefined ? await walletAddress(context) : await addressOf(context, whose)
  const node = await openNode(context)
  const ethereum = await openOptionalEthereum(context, node)
  const page = { owner, limit, ...(after === undefined ? {} : { after }) }
  const { assets, next } = await node.call('account_assets', page, context.signal)
  const seen = await assetViews(node, ethereum, 0, context.signal).ofAll(assets)
  const known = namesOf(seen.map(([, view]) => view))
  const items = seen.map(([balance, view]) => ({ ...balance, ...view, warnings: warningsOf(view, known) }))
  const rows = items.flatMap(({ warnings, ...item }): [string, string][] => [
    [item.asset, `${formatOf(item.spendable, item)}, of which final ${formatOf(item.final, item)}`],
    ...warnings.map((warning): [string, string] => ['', `careful: ${warning}`]),
    ...(item.unread === undefined ? [] : [['', `not known: ${item.unread}`] satisfies [string, string]]),
  ])
  if (next !== undefined) rows.push(['more', `ttx asset list --after ${next}`])
  if (next !== undefined || after !== undefined)
    rows.push(['careful', 'names are compared within this page only; "ttx asset show ID" compares one with all'])
  return {
    data: { owner, assets: items, next },
    text: rows.length === 0 ? `${owner} has no other assets than TTX, as far as this node knows` : formatTable(rows),
  }
}
