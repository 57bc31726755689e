// ttx bridge: ask for wTTX on Ethereum, or for what a contract entered.

import type { Command } from 'commander'
import { formatAmount, type WrittenAmount } from '../../../../node/client/amount.ts'
import { sparing } from '../../../../node/client/offers/sparing.ts'
import { request } from '../../../../node/client/request.ts'
import { OperationError } from '../../../../node/errors.ts'
import { type Asset, isEntered } from '../../../../node/protocol/asset.ts'
import { netOf } from '../../../../node/protocol/fee.ts'
import { lockPayments } from '../../account-lock.ts'
import {
  type AssetFlags,
  addAssetOptions,
  amountFor,
  checkMeant,
  checkPayee,
  chooseAsset,
} from '../../assets/asset-option.ts'
import { formatOf } from '../../assets/words.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { warningsOfPayee } from '../../contacts/names.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openOwnNode } from '../../link.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { earlierRows } from '../../moving/earlier.ts'
import { payOnce } from '../../moving/unsaid.ts'
import { describeWhom } from '../../moving/whom.ts'
import { boundOutputs } from '../../offers/book.ts'
import { parseMemo } from '../../payment-arguments.ts'
import { inQuotes } from '../../printable.ts'
import { addSettings } from '../../setting-flags.ts'
import { openSigning, SIGNING_SETTINGS, showPaying } from '../../signing.ts'
import { relayRows } from '../../status/relay-words.ts'
import { addressOf, WHOSE } from '../../whose.ts'
import { describeAncestors } from './send.ts'

export function registerBridge(program: Command, act: Act): void {
  const command = program.command('bridge')
  addAssetOptions(
    addYes(command)
      .helpGroup(AUDIENCE.bridge)
      .summary('move TTX to Ethereum, as wTTX, or an asset to where it came from')
      .description(
        'Ask for wTTX on Ethereum, or with --asset for what a contract there entered. A miner puts the request into a bridging block; if nobody proves that block wrong, it can be paid 24 hours after the block was published, at the latest after 48 where blocks compete: 99% to the recipient, 1% to the miner. A relayer claims wTTX for you, or "ttx claim" does; a request of an asset is claimed at its gateway with "ttx claim", and miners need not include it: "ttx force" makes them. No ETH is needed to ask.',
      )
      .argument('<amount>', 'TTX, as in 1.5; of another asset as many decimals as it says', amountFor(command))
      .argument(
        '[recipient]',
        `who gets it on Ethereum: ${WHOSE}; without it your own address, which is the same on both chains`,
      )
      .option('--memo <text>', 'up to 140 printable characters that everyone can read', parseMemo),
  ).action(act(bridge))
  addExamples(
    addSettings(command, ['node', 'deployment', 'ethereum', ...SIGNING_SETTINGS]),
    'ttx bridge 100 --wallet alice',
    'ttx bridge 100 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet alice --json',
    'ttx bridge 2.5 --asset 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet alice',
  )
}

type Flags = AssetFlags & YesFlag & { readonly memo?: string }

async function bridge(
  context: CliContext,
  amount: bigint | WrittenAmount,
  recipient: string | undefined,
  { memo, ...flags }: Flags,
): Promise<Result> {
  const given = recipient === undefined ? undefined : await addressOf(context, recipient)
  if (flags.asset !== undefined && !isEntered(flags.asset)) throw neverLeaves(flags.asset)
  const node = await openOwnNode(context)
  using wallet = await openSigning(context)
  await checkPayee(context, node, wallet.address, { payee: given ?? wallet.address, asset: flags.asset })
  if (flags.asset !== undefined) await checkMeant(node, wallet.address, flags.asset, context.signal)
  const chosen = await chooseAsset(context, node, amount, flags)
  const payee = given ?? wallet.address
  const whom = await describeWhom(context, payee, wallet.address)
  const terms = [
    ['move', `${chosen.words} to Ethereum`],
    ['from', await describeWhom(context, wallet.address)],
    ['to', whom],
    ...(await warningsOfPayee(context, payee)).map((warning) => ['careful', warning] as const),
    ...(memo === undefined ? [] : [['memo', inQuotes(memo)] as const]),
  ] as const
  await agree(context, node, terms, flags, 'Ask for this?')
  context.resources.use(await lockPayments(context.folder.outbox, wallet.address, context.signal))
  const { tokens, view } = chosen
  const asset = view?.kind === 2 ? view.asset : undefined
  const asked = { tokens, recipient: payee, ...(asset && { asset }), ...(memo === undefined ? {} : { memo }) }
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const payer = sparing(node, await boundOutputs(context.folder.offers))
  const paid = await payOnce(context, node, wallet.address, ['bridge', payee, tokens, asset, memo], (keep) =>
    showPaying(context, wallet, request(payer, wallet, asked, nowSeconds, context.signal, keep)),
  )
  const { infohash, unorderedAncestors, record, isEarlier, acknowledge } = paid
  // What a contract other than a gateway of ours pays is known to it alone.
  const isFeePaid = view === undefined || (view.kind === 2 && view.isGateway === true)
  const net = isFeePaid ? netOf(tokens) : tokens
  return {
    data: {
      infohash,
      status: record.status,
      from: wallet.address,
      recipient: payee,
      ...(asset && { asset }),
      gross: tokens,
      net,
      unorderedAncestors,
      relayBits: record.relayBits,
      earlier: isEarlier,
      network: networkData(context, node),
    },
    text: formatTable([
      ['asked', `${chosen.words} from ${wallet.address} to Ethereum`],
      view === undefined
        ? ['pays', `${formatAmount(net)} wTTX to ${whom}`]
        : [
            'pays',
            view.kind === 2 && view.isGateway
              ? `${formatOf(net, view)} to ${whom}`
              : `what its contract says to ${whom}`,
          ],
      networkRow(context, node),
      ['infohash', infohash],
      ['status', `${record.status} (only final is final)`],
      ['stands on', describeAncestors(unorderedAncestors)],
      ...relayRows(record),
      ['follow it', `ttx status ${infohash}`],
      ...(view === undefined
        ? []
        : ([
            ['included', `by miners who list the asset; if none does, "ttx force ${infohash}" makes them`],
            ['then', `ttx claim ${infohash}`],
          ] as const)),
      ...earlierRows(isEarlier, 'it was asked for once', 'for a second request, run the command again'),
    ]),
    onPrinted: acknowledge,
  }
}

function neverLeaves(asset: Asset): OperationError {
  return new OperationError(
    'bad-arguments',
    `expected an asset that a contract on Ethereum entered (0x in front), got ${asset}, which was issued on TTX and never leaves; pay it on with "ttx send --asset"`,
    { facts: { asset } },
  )
}
