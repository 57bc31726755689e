// ttx send: pay TTX, or another asset, to an address.

import type { Command } from 'commander'
import { sparing } from '../../../../node/client/offers/sparing.ts'
import { pay } from '../../../../node/client/pay.ts'
import { ofAsset } from '../../../../node/protocol/state.ts'
import { lockPayments } from '../../account-lock.ts'
import type { WrittenAmount } from '../../amount.ts'
import {
  type AssetFlags,
  addAssetOptions,
  amountFor,
  checkMeant,
  checkPayee,
  chooseAsset,
} from '../../assets/asset-option.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openOwnNode } from '../../link.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { earlierRows } from '../../moving/earlier.ts'
import { payOnce } from '../../moving/unsaid.ts'
import { describeWhom } from '../../moving/whom.ts'
import { boundOutputs } from '../../offers/book.ts'
import { unlockWallet } from '../../passphrase.ts'
import { parseMemo } from '../../payment-arguments.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf, WHOSE } from '../../whose.ts'

export function registerSend(program: Command, act: Act): void {
  const command = program.command('send')
  addAssetOptions(
    addYes(command)
      .helpGroup(AUDIENCE.bridge)
      .summary('pay TTX, or another asset, to an address')
      .description(
        'Pay TTX, or with --asset another asset. The payment is a torrent: nodes accept it at once if everything up its tree is valid and they know no rival. It is final only when a bridging block that carries it is final; until then it counts on nobody bridging a double spend. There are no fees.',
      )
      .argument('<amount>', 'TTX, as in 1.5; of another asset as many decimals as it says', amountFor(command))
      .argument('<to>', `who gets it: ${WHOSE}`)
      .option('--memo <text>', 'up to 140 printable characters that everyone can read', parseMemo),
  )
    .option('--unfinal', 'also an asset whose issuance is not final: if that loses, so does this payment')
    .action(act(send))
  addExamples(
    addSettings(command, ['node', 'deployment', 'ethereum']),
    'ttx send 25 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet alice',
    'ttx send 25 bob --wallet alice',
    'ttx send 0.5 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --memo "for the coffee" --json',
    `ttx send 2.5 bob --asset ${'c12fe1c06b'.repeat(4)} --wallet alice`,
  )
}

type Flags = AssetFlags & YesFlag & { readonly memo?: string }

async function send(
  context: CliContext,
  amount: bigint | WrittenAmount,
  payee: string,
  { memo, ...flags }: Flags,
): Promise<Result> {
  const to = await addressOf(context, payee)
  const node = await openOwnNode(context)
  using wallet = await unlockWallet(context)
  await checkPayee(context, node, wallet.address, { payee: to, asset: flags.asset })
  if (flags.asset !== undefined) await checkMeant(node, wallet.address, flags.asset, context.signal)
  const chosen = await chooseAsset(context, node, amount, flags)
  const whom = await describeWhom(context, to, wallet.address)
  const terms = [
    ['pay', chosen.words],
    ['from', await describeWhom(context, wallet.address)],
    ['to', whom],
    ...(memo === undefined ? [] : [['memo', memo] as const]),
  ] as const
  await agree(context, node, terms, flags, 'Pay this?')
  context.resources.use(await lockPayments(context.folder.outbox, wallet.address, context.signal))
  const { tokens, asset } = chosen
  const payment = ofAsset({ to, tokens, ...(memo === undefined ? {} : { memo }) }, asset)
  const payer = sparing(node, await boundOutputs(context.folder.offers))
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const paid = await payOnce(context, node, wallet.address, ['send', to, tokens, asset, memo], (keep) =>
    pay(payer, wallet, payment, nowSeconds, context.signal, keep),
  )
  const { infohash, unorderedAncestors, record, isEarlier, acknowledge } = paid
  return {
    data: {
      ...{ infohash, status: record.status, from: wallet.address, to, asset, tokens, memo, unorderedAncestors },
      earlier: isEarlier,
      network: networkData(context, node),
    },
    text: formatTable([
      ['paid', `${chosen.words} from ${wallet.address} to ${whom}`],
      networkRow(context, node),
      ['infohash', infohash],
      ['status', `${record.status} (only final is final)`],
      ['stands on', describeAncestors(unorderedAncestors)],
      ...earlierRows(isEarlier, 'it was paid once', 'for a second payment, run the command again'),
    ]),
    onPrinted: acknowledge,
  }
}

/** What a payee should know of the tree that a payment hangs on. */
export function describeAncestors(count: number): string {
  if (count === 0) return 'ordered money only'
  return `${count} payment${count === 1 ? '' : 's'} that no block has ordered yet: each of them can still be reversed by a rival, and this one with it`
}
