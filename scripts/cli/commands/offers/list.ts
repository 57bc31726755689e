// ttx offer list: the book of this folder, and what became of each offer in it.

import type { Command } from 'commander'
import { type OfferStanding, standingOf } from '../../../../node/client/offers/standing.ts'
import { assetViews } from '../../assets/views.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { type NodeLink, openNode, openOptionalEthereum } from '../../link.ts'
import { type BookEntry, noteStanding, readBook } from '../../offers/book.ts'
import { describeStanding, sideData, sidesOf } from '../../offers/words.ts'
import { parseLimit } from '../../payment-arguments.ts'
import { addSettings } from '../../setting-flags.ts'

export function registerList(offer: Command, act: Act): void {
  addExamples(
    addSettings(
      offer
        .command('list')
        .summary('what was offered and taken from here')
        .description(
          'List the offers that wallets of this folder made or took, newest first, and what became of each: open, taken (by which transaction, and whether a block orders it), withdrawn, or spent otherwise. It needs no passphrase.',
        )
        .option('--limit <count>', 'at most this many, 1 to 500', parseLimit, 50)
        .action(act(list)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx offer list',
    'ttx offer list --json',
  )
}

async function list(context: CliContext, { limit }: { readonly limit: number }): Promise<Result> {
  const book = await readBook(context.folder.offers)
  const node = await openNode(context)
  const views = assetViews(node, await openOptionalEthereum(context, node), 0, context.signal)
  const items = []
  for (const entry of book.slice(0, limit)) {
    const standing = await endOf(context, node, entry)
    items.push({ entry, standing, sides: await sidesOf(views, entry.offer) })
  }
  // What has ended binds nothing any more, however old it is.
  for (const entry of book.slice(limit)) if (entry.role === 'made') await endOf(context, node, entry)
  const rows = items.flatMap(({ entry, standing, sides }): [string, string][] => [
    [
      entry.id,
      `${entry.role === 'made' ? 'gives' : 'got from others: gives'} ${sides.give.words} for ${sides.want.words}`,
    ],
    ['', describeStanding(standing)],
  ])
  if (book.length > limit) rows.push(['more', `${book.length - limit} older ones`])
  return {
    data: {
      offers: items.map(({ entry: { id, offer, role }, standing: { state, ...details }, sides }) => ({
        ...{ offer: id, role, state, maker: offer.from, taker: offer.taker, time: offer.time, prev: offer.prev },
        ...{ give: sideData(sides.give), want: sideData(sides.want), ...details },
      })),
      more: Math.max(0, book.length - limit),
    },
    text: rows.length === 0 ? `no offers were made or taken from ${context.folder.root}` : formatTable(rows),
  }
}

/** Of what ended for good nobody is asked. */
async function endOf({ folder, signal }: CliContext, node: NodeLink, entry: BookEntry): Promise<OfferStanding> {
  if (entry.end !== undefined) return { ...entry.end, status: 'final', rivals: [] }
  const standing = await standingOf(node, entry.offer, 0, signal)
  await noteStanding(folder.offers, entry, standing)
  return standing
}
