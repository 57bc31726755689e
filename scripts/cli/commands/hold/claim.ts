// ttx claim: have requests in final blocks paid, whoever their recipients are.

import type { Command } from 'commander'
import { formatAmount } from '../../../../node/client/amount.ts'
import type { AnyId } from '../../../../node/client/any-id.ts'
import { assetRequested, requestsBy } from '../../../../node/client/asset-requests.ts'
import { claim } from '../../../../node/client/ethereum/claim.ts'
import { claimAsset } from '../../../../node/client/ethereum/claim-asset.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { type Asset, isEntered } from '../../../../node/protocol/asset.ts'
import type { Address, Infohash } from '../../../../node/protocol/ids.ts'
import { parseAsset } from '../../assets/asset-option.ts'
import { assetViews } from '../../assets/views.ts'
import { formatOf } from '../../assets/words.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { parseTransaction } from '../../ids/id-argument.ts'
import { transactionOf } from '../../ids/named.ts'
import type { NodeLink } from '../../link.ts'
import { SENDING, showWhile } from '../../live-line.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { earlierRows } from '../../moving/earlier.ts'
import { describeWhom } from '../../moving/whom.ts'
import { openCommandSender } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'

export function registerClaim(program: Command, act: Act): void {
  addExamples(
    addSettings(
      addYes(program.command('claim'))
        .helpGroup(AUDIENCE.bridge)
        .summary('have a request in a final block paid')
        .description(
          'Have requests paid whose blocks are final: one by its infohash, of whatever asset; without one all of TTX that go to the address of the wallet, or with --asset all of that asset that the wallet has made. Anyone may claim for anyone; the recipient gets the wTTX, or the token from its gateway, and the wallet pays the gas. Relayers do the same with requests of TTX without being asked.',
        )
        .argument('[id]', 'the request: its infohash, or a magnet link', parseTransaction)
        .option('--asset <gateway>', 'the asset whose requests are claimed, as its gateway', parseAsset)
        .action(act(run)),
      ['node', 'deployment', 'ethereum', 'maxGasPrice'],
    ),
    'ttx claim --wallet alice',
    'ttx claim c12fe1c06bba254a9dc9f519b335aa7c1367a88a --wallet alice --json',
    'ttx claim --asset 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet alice',
  )
}

async function run(
  context: CliContext,
  id: AnyId | undefined,
  { asset, ...flags }: YesFlag & { readonly asset?: Asset },
): Promise<Result> {
  if (asset !== undefined && (id !== undefined || !isEntered(asset))) throw badAsset(asset, id)
  const { node, sender } = await openCommandSender(context)
  const infohash = id && (await transactionOf(context, node, id))
  const asked = infohash && (await assetRequested(node, infohash, context.signal))
  const { account } = sender.ethereum
  const terms = [
    ['claim', whatIs(infohash, asked ?? asset)],
    ['gas from', await describeWhom(context, account)],
    ['to', infohash === undefined && asset === undefined ? await describeWhom(context, account, account) : PAYEES],
  ] as const
  await agree(context, node, terms, flags, 'Claim this?')
  if (infohash !== undefined && asked !== undefined) return await runAsset(context, node, sender, asked, [infohash])
  if (asset !== undefined && isEntered(asset)) {
    const requests = await requestsBy(node, sender.ethereum.account, asset, context.signal)
    return await runAsset(context, node, sender, asset, requests)
  }
  const question = infohash === undefined ? { recipient: sender.ethereum.account } : { infohash }
  const { claims, transactions, isEarlier, acknowledge } = await showWhile(
    context.shell,
    SENDING,
    claim(node, sender, question, context.signal),
  )
  const paid = claims.map(({ infohash: each, recipient, net, block, step }) => ({
    infohash: each,
    recipient,
    net,
    block,
    step,
  }))
  return {
    data: { claims: paid, transactions, earlier: isEarlier, network: networkData(context, node) },
    text: formatTable([
      networkRow(context, node),
      ...paid.map(({ infohash: each, recipient, net }): [string, string] => [
        each,
        `${formatAmount(net)} wTTX to ${recipient}`,
      ]),
      ...transactions.map((hash): [string, string] => ['transaction', hash]),
      ...earlierRows(isEarlier, 'it was paid once', 'there is nothing left to do'),
    ]),
    onPrinted: acknowledge,
  }
}

/** Whoever claims them. */
const PAYEES = 'whom each request names'

function whatIs(infohash: Infohash | undefined, asset: Asset | undefined): string {
  const of = asset === undefined ? 'wTTX' : `asset ${asset}`
  return infohash === undefined ? `all requests of ${of} that can be paid` : `request ${infohash} of ${of}`
}

async function runAsset(
  context: CliContext,
  node: NodeLink,
  sender: TransactionSender,
  asset: Address,
  requests: readonly Infohash[],
): Promise<Result> {
  const { signal } = context
  const factory = node.info.network.gatewayFactory
  const paid = await showWhile(context.shell, SENDING, claimAsset(node, sender, { factory, asset, requests }, signal))
  const { claims, unpaid, transactions, isEarlier, acknowledge } = paid
  const view = await assetViews(node, sender.ethereum, 0, signal).of(asset)
  const token = view.kind === 2 ? view.token : undefined
  return {
    data: { asset, token, claims, unpaid, transactions, earlier: isEarlier, network: networkData(context, node) },
    text: formatTable([
      ['asset', `${asset}, from whose gateway comes the token ${token}`],
      networkRow(context, node),
      ...claims.map(({ infohash, recipient, net }): [string, string] => [
        infohash,
        `${formatOf(net, view)} to ${recipient}`,
      ]),
      ...unpaid.map(({ infohash, recipient, net }): [string, string] => [
        infohash,
        `not paid: the token refused ${formatOf(net, view)} to ${recipient}; "ttx claim ${infohash}" tries again`,
      ]),
      ...transactions.map((hash): [string, string] => ['transaction', hash]),
      ...earlierRows(isEarlier, 'it was paid once', 'there is nothing left to do'),
    ]),
    onPrinted: acknowledge,
  }
}

function badAsset(asset: Asset, id: AnyId | undefined): OperationError {
  const got = id === undefined ? `${asset}, which was issued on TTX and never leaves` : 'both'
  return new OperationError(
    'bad-arguments',
    `expected an infohash, or --asset with an asset that entered from Ethereum, got ${got}; "ttx claim INFOHASH" needs no --asset`,
    { facts: { asset } },
  )
}
