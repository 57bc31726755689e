// ttx send: pay TTX, or another asset, to an address.

import type { Command } from 'commander'
import type { WrittenAmount } from '../../../../node/client/amount.ts'
import { sparing } from '../../../../node/client/offers/sparing.ts'
import { pay } from '../../../../node/client/pay.ts'
import type { PaymentRequest } from '../../../../node/client/payment-uri.ts'
import type { Infohash } from '../../../../node/protocol/ids.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { lockPayments } from '../../account-lock.ts'
import { addAssetOptions, checkMeant, checkPayee, chooseAsset } from '../../assets/asset-option.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { warningsOfPayee } from '../../contacts/names.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openOwnNode } from '../../link.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { earlierRows } from '../../moving/earlier.ts'
import { type OrderFlags, orderFor, orderOf } from '../../moving/requested.ts'
import { payOnce } from '../../moving/unsaid.ts'
import { describeWhom } from '../../moving/whom.ts'
import { boundOutputs } from '../../offers/book.ts'
import { parseMemo } from '../../payment-arguments.ts'
import { inQuotes } from '../../printable.ts'
import { addSettings } from '../../setting-flags.ts'
import { openSigning, SIGNING_SETTINGS, showPaying } from '../../signing.ts'
import { relayRows } from '../../status/relay-words.ts'
import { WHOSE } from '../../whose.ts'

export function registerSend(program: Command, act: Act): void {
  const command = program.command('send')
  addAssetOptions(
    addYes(command)
      .helpGroup(AUDIENCE.bridge)
      .summary('pay TTX, or another asset, to an address')
      .description(
        'Pay TTX, or with --asset another asset. The payment is a torrent: nodes accept it at once if everything up its tree is valid and they know no rival. It is final only when a bridging block that carries it is final; until then it counts on nobody bridging a double spend. There are no fees.',
      )
      .argument(
        '<amount>',
        'TTX, as in 1.5; of another asset as many decimals as it says; or a whole payment request, torrenttx:...',
        orderFor(command),
      )
      .argument('[to]', `who gets it: ${WHOSE}; or a payment request that names no amount`)
      .option('--memo <text>', 'up to 140 printable characters that everyone can read', parseMemo),
  )
    .option('--unfinal', 'also an asset whose issuance is not final: if that loses, so does this payment')
    .action(act(send))
  addExamples(
    addSettings(command, ['node', 'deployment', 'ethereum', ...SIGNING_SETTINGS]),
    'ttx send 25 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet alice',
    'ttx send 25 bob --wallet alice',
    'ttx send "torrenttx:0x70997970C51812dc3A010C7d01b50e0d17dc79C8?amount=25" --wallet alice',
    'ttx send 0.5 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --memo "for the coffee" --json',
    `ttx send 2.5 bob --asset ${'c12fe1c06b'.repeat(4)} --wallet alice`,
  )
}

type Flags = OrderFlags & YesFlag

async function send(
  context: CliContext,
  first: bigint | WrittenAmount | PaymentRequest,
  payee: string | undefined,
  given: Flags,
): Promise<Result> {
  const order = await orderOf(context, first, payee, given)
  const { to, amount, label } = order
  const { memo, ...flags } = order.flags
  const node = await openOwnNode(context)
  order.check(node)
  using wallet = await openSigning(context)
  await checkPayee(context, node, wallet.address, { payee: to, asset: flags.asset })
  if (flags.asset !== undefined) await checkMeant(node, wallet.address, flags.asset, context.signal)
  const chosen = await chooseAsset(context, node, amount, flags)
  const whom = await describeWhom(context, to, wallet.address)
  const terms = [
    ['pay', chosen.words],
    ['from', await describeWhom(context, wallet.address)],
    ['to', whom],
    ...(await warningsOfPayee(context, to)).map((warning) => ['careful', warning] as const),
    ...(memo === undefined ? [] : [['memo', inQuotes(memo)] as const]),
    ...(label === undefined ? [] : [['they say', inQuotes(label)] as const]),
  ] as const
  await agree(context, node, terms, given, 'Pay this?')
  context.resources.use(await lockPayments(context.folder.outbox, wallet.address, context.signal))
  const { tokens, asset } = chosen
  const payment = ofAsset({ to, tokens, ...(memo === undefined ? {} : { memo }) }, asset)
  const payer = sparing(node, await boundOutputs(context.folder.offers))
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const paid = await payOnce(context, node, wallet.address, ['send', to, tokens, asset, memo], (keep) =>
    showPaying(context, wallet, pay(payer, wallet, payment, nowSeconds, context.signal, keep)),
  )
  const { infohash, unorderedAncestors, record, isEarlier, acknowledge } = paid
  return {
    data: {
      ...{
        infohash,
        magnet: magnetOf(infohash),
        status: record.status,
        from: wallet.address,
        to,
        asset,
        tokens,
        memo,
        unorderedAncestors,
        relayBits: record.relayBits,
      },
      earlier: isEarlier,
      network: networkData(context, node),
    },
    text: formatTable([
      ['paid', `${chosen.words} from ${wallet.address} to ${whom}`],
      networkRow(context, node),
      ['infohash', infohash],
      ['magnet', magnetOf(infohash)],
      ['status', `${record.status} (only final is final)`],
      ['stands on', describeAncestors(unorderedAncestors)],
      ...relayRows(record),
      ...earlierRows(isEarlier, 'it was paid once', 'for a second payment, run the command again'),
    ]),
    onPrinted: acknowledge,
  }
}

/** For whoever was paid, to look at it in any BitTorrent program (BEP 9). */
function magnetOf(infohash: Infohash): string {
  return `magnet:?xt=urn:btih:${infohash}`
}

/** What a payee should know of the tree that a payment hangs on. */
export function describeAncestors(count: number): string {
  if (count === 0) return 'ordered money only'
  return `${count} payment${count === 1 ? '' : 's'} that no block has ordered yet: each of them can still be reversed by a rival, and this one with it`
}
