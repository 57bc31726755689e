// ttx offer withdraw: spend what one's offer gives, so that nobody can take it any more.

import type { Command } from 'commander'
import { nameAmount } from '../../../../node/client/amount.ts'
import { withdrawOffer } from '../../../../node/client/offers/withdraw.ts'
import { lockPayments } from '../../account-lock.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openOwnNode } from '../../link.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { describeWhom } from '../../moving/whom.ts'
import { OFFER_HELP, readOfferArgument } from '../../offers/offer-argument.ts'
import { addSettings } from '../../setting-flags.ts'
import { openSigning, SIGNING_SETTINGS } from '../../signing.ts'

const FETCH_MS = 5_000

export function registerWithdraw(offer: Command, act: Act): void {
  addExamples(
    addSettings(
      addYes(offer.command('withdraw'))
        .summary('withdraw an offer of yours')
        .description(
          'Withdraw an offer: pay one of the outputs that it gives to yourself. Nodes that saw this first refuse a take from then on, but it is withdrawn for good only when a block orders it: until then somebody who has the offer may still take it, and the block decides. Deleting the file withdraws nothing.',
        )
        .argument('<offer>', OFFER_HELP)
        .action(act(withdraw)),
      ['node', 'deployment', ...SIGNING_SETTINGS],
    ),
    `ttx offer withdraw ${'c12fe1c06b'.repeat(4)} --wallet alice`,
    'ttx offer withdraw offer.json --wallet alice --json',
  )
}

async function withdraw(context: CliContext, text: string, flags: YesFlag): Promise<Result> {
  const { id, offer } = await readOfferArgument(context, text)
  const { folder, signal } = context
  const node = await openOwnNode(context)
  using wallet = await openSigning(context)
  const terms = [
    ['withdraw', `offer ${id}, of ${nameAmount(offer.give.tokens, offer.give.asset)}`],
    ['to', await describeWhom(context, wallet.address, wallet.address)],
  ] as const
  await agree(context, node, terms, flags, 'Withdraw this?')
  await using _paying = await lockPayments(folder.outbox, wallet.address, signal)
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const { infohash, status, isEarlier } = await withdrawOffer(node, wallet, offer, nowSeconds, FETCH_MS, signal)
  const isOrdered = status === 'ordered' || status === 'final'
  return {
    data: {
      infohash,
      status,
      offer: id,
      maker: wallet.address,
      earlier: isEarlier,
      network: networkData(context, node),
    },
    text: formatTable([
      ['withdrawn', `offer ${id}`],
      networkRow(context, node),
      ['infohash', infohash],
      ['status', status],
      [
        'safe',
        isOrdered
          ? 'a block orders it: nobody can take the offer as long as that block stands'
          : `when a block orders it, not before: until then a take may still win; ttx wait ${infohash} --until ordered`,
      ],
      ...(isEarlier ? [['careful', 'an earlier command withdrew it, and nothing was sent again'] as const] : []),
    ]),
  }
}
