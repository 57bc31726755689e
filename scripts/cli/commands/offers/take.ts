// ttx offer take: pay what an offer wants, and get what it gives, or neither.

import type { Command } from 'commander'
import { sparing } from '../../../../node/client/offers/sparing.ts'
import { checkTakeable, takeOffer } from '../../../../node/client/offers/take.ts'
import { bindNetwork } from '../../../bound-network.ts'
import { lockPayments } from '../../account-lock.ts'
import { checkFinal } from '../../assets/asset-option.ts'
import { ownNames } from '../../assets/own-names.ts'
import { assetViews } from '../../assets/views.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { openOptionalEthereum, openOwnNode } from '../../link.ts'
import { networkData, networkRow } from '../../moving/agree.ts'
import { describeWhom } from '../../moving/whom.ts'
import { boundOutputs, keepInBook } from '../../offers/book.ts'
import { OFFER_HELP, readOfferArgument } from '../../offers/offer-argument.ts'
import { SAFE_WORDS, sideData, sidesOf, warningRows } from '../../offers/words.ts'
import { parseMemo } from '../../payment-arguments.ts'
import { confirm } from '../../prompt.ts'
import { addSettings } from '../../setting-flags.ts'
import { openSigning, SIGNING_SETTINGS } from '../../signing.ts'
import { describeAncestors } from '../hold/send.ts'

const FETCH_MS = 5_000

type Flags = { readonly yes?: boolean; readonly unfinal?: boolean; readonly memo?: string }

export function registerTake(offer: Command, act: Act): void {
  addExamples(
    addSettings(
      offer
        .command('take')
        .summary('take an offer')
        .description(
          'Take an offer: pay what it wants and get what it gives, in one transaction, both or neither. It says both with whole ids, asks whether that is meant, and looks whether what is given is still there. A take is safe when a block orders it, not before: until then maker and taker can each spend the same money elsewhere. An offer is taken once: run again, the command finds what it did.',
        )
        .argument('<offer>', OFFER_HELP)
        .option('--memo <text>', 'up to 140 printable characters that everyone can read', parseMemo)
        .option('--unfinal', 'also where the issuance of what is got is not final: if that loses, so does the trade')
        .option('--yes', 'do not ask')
        .action(act(take)),
      ['node', 'deployment', 'ethereum', ...SIGNING_SETTINGS],
    ),
    'ttx offer take offer.json --wallet bob',
    'curl -s https://example.org/offer.json | ttx offer take - --yes --wallet bob --json',
  )
}

async function take(context: CliContext, text: string, { yes, unfinal, memo }: Flags): Promise<Result> {
  const { id, offer, entry } = await readOfferArgument(context, text)
  const { folder, signal } = context
  const node = await openOwnNode(context)
  using wallet = await openSigning(context)
  const before = await checkTakeable(node, wallet, offer, FETCH_MS, signal)
  const ethereum = await openOptionalEthereum(context, node)
  const views = assetViews(node, ethereum, FETCH_MS, signal)
  const sides = await sidesOf(views, offer, await ownNames(context, node, ethereum))
  const { give, want } = sides
  const whom = await describeWhom(context, offer.from)
  if (before.state === 'open') {
    if (give.view !== undefined) checkFinal(give.view, unfinal === true)
    context.say(
      formatTable([
        ['offer', id],
        ['you pay', `${want.words} to ${whom}`],
        ['you get', give.words],
        networkRow(context, node),
        ...warningRows(sides),
        ...(before.status === 'accepted' ? [['careful', HANGS] as const] : []),
        ['safe', SAFE_WORDS],
      ]),
    )
    if (!yes) await confirm(context.shell, 'Take this offer?')
  }
  await bindNetwork(folder.root, node.info.network, node.url)
  await using _paying = await lockPayments(folder.outbox, wallet.address, signal)
  const payer = sparing(node, await boundOutputs(folder.offers))
  // Before anything is sent, so that the book knows it whatever happens to this process.
  if (entry === undefined) await keepInBook(folder.offers, { offer, role: 'received', isSaid: true })
  const options = { fetchMs: FETCH_MS, ...(memo === undefined ? {} : { memo }) }
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const { infohash, status, isEarlier, unorderedAncestors } = await takeOffer(
    payer,
    wallet,
    offer,
    nowSeconds,
    options,
    signal,
  )
  return {
    data: {
      ...{ infohash, status, offer: id, maker: offer.from, taker: wallet.address },
      ...{ paid: sideData(want), got: sideData(give), memo, unorderedAncestors, earlier: isEarlier },
      network: networkData(context, node),
    },
    text: formatTable([
      ['paid', `${want.words} to ${whom}`],
      ['got', give.words],
      networkRow(context, node),
      ['infohash', infohash],
      ['status', `${status} (${status === 'ordered' || status === 'final' ? 'a block orders it' : 'not safe yet'})`],
      ...(unorderedAncestors === undefined
        ? []
        : [['what you paid', `stands on ${describeAncestors(unorderedAncestors)}`] as const]),
      ['safe', `when a block orders it: ttx wait ${infohash} --until ordered`],
      ...(isEarlier ? [['careful', 'an earlier command took it, and nothing was paid again'] as const] : []),
    ]),
  }
}

const HANGS = 'what it gives hangs on payments that no block has ordered: if one of them loses, so does the trade'
