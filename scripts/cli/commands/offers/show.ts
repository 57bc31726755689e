// ttx offer show: one offer, what is known of both sides, and what became of it.

import type { Command } from 'commander'
import { standingOf } from '../../../../node/client/offers/standing.ts'
import { encodeOffer, formatOffer } from '../../../../node/protocol/offer.ts'
import { ownNames } from '../../assets/own-names.ts'
import { assetViews } from '../../assets/views.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { writeNew } from '../../files.ts'
import { openNode, openOptionalEthereum } from '../../link.ts'
import { noteStanding } from '../../offers/book.ts'
import { OFFER_HELP, readOfferArgument } from '../../offers/offer-argument.ts'
import { describeStanding, SAFE_WORDS, sideData, sidesOf, warningRows } from '../../offers/words.ts'
import { addSettings } from '../../setting-flags.ts'

const FETCH_MS = 5_000

export function registerShow(offer: Command, act: Act): void {
  addExamples(
    addSettings(
      offer
        .command('show')
        .summary('one offer')
        .description(
          'Show an offer: who gives what for what, with whole ids, what speaks against either asset, and whether what it gives is still there. A name that reads like that of another asset of the wallet is told. It needs no passphrase.',
        )
        .argument('<offer>', OFFER_HELP)
        .option('--save <file>', 'also write the offer to a new file')
        .action(act(show)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx offer show offer.json',
    `ttx offer show ${'c12fe1c06b'.repeat(4)} --save offer.json`,
  )
}

async function show(context: CliContext, text: string, { save }: { readonly save?: string }): Promise<Result> {
  const { id, offer, entry } = await readOfferArgument(context, text)
  const node = await openNode(context)
  const ethereum = await openOptionalEthereum(context, node)
  const views = assetViews(node, ethereum, FETCH_MS, context.signal)
  const standing = await standingOf(node, offer, FETCH_MS, context.signal)
  if (entry !== undefined) await noteStanding(context.folder.offers, entry, standing)
  const sides = await sidesOf(views, offer, await ownNames(context, node, ethereum))
  if (save !== undefined) await writeNew(save, encodeOffer(offer))
  const { from: maker, taker, time, prev } = offer
  const { state, ...details } = standing
  const file = formatOffer(offer)
  return {
    data: {
      ...{ offer: id, role: entry?.role, state, maker, taker, time, prev },
      ...{ give: sideData(sides.give), want: sideData(sides.want), ...details },
      warnings: sides.warnings,
      file,
    },
    text: formatTable([
      ['offer', id],
      ['maker', maker],
      ['gives', sides.give.words],
      ['for', sides.want.words],
      ['taker', taker ?? 'anybody'],
      ['made', new Date(1_000 * time).toISOString()],
      ['state', describeStanding(standing)],
      ...('rivals' in standing && standing.rivals.length > 0 ? [['rivals', standing.rivals.join(', ')] as const] : []),
      ...warningRows(sides),
      ['safe', SAFE_WORDS],
      ['file', file],
    ]),
  }
}
