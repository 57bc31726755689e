// ttx asset withdraw: what a gateway owes to a miner.

import type { Command } from 'commander'
import { withdrawAsset } from '../../../../node/client/ethereum/withdraw-asset.ts'
import { OperationError } from '../../../../node/errors.ts'
import { type Asset, isEntered } from '../../../../node/protocol/asset.ts'
import { parseAsset } from '../../assets/asset-option.ts'
import { assetViews } from '../../assets/views.ts'
import { formatOf } from '../../assets/words.ts'
import { addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable, type Result } from '../../context.ts'
import { SENDING, showWhile } from '../../live-line.ts'
import { addYes, agree, networkData, networkRow, type YesFlag } from '../../moving/agree.ts'
import { earlierRows } from '../../moving/earlier.ts'
import { describeWhom } from '../../moving/whom.ts'
import { openCommandSender } from '../../sender.ts'
import { addSettings } from '../../setting-flags.ts'
import { addressOf, WHOSE } from '../../whose.ts'

export function registerWithdraw(asset: Command, act: Act): void {
  addExamples(
    addSettings(
      addYes(asset.command('withdraw'))
        .summary('what a gateway owes to a miner')
        .description(
          'Have a gateway send what it owes: of each request of its asset that it pays, 1% is for the miner of the block. It goes to the address that it is owed to, whoever asks; the wallet pays the gas. "ttx balance --asset" says how much it is.',
        )
        .argument('<gateway>', 'the gateway, which is the id of the asset', parseAsset)
        .argument('[address]', `to whom it is owed: ${WHOSE}; without it the wallet's own address`)
        .action(act(run)),
      ['node', 'deployment', 'ethereum', 'maxGasPrice'],
    ),
    'ttx asset withdraw 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 --wallet miner',
    'ttx asset withdraw 0x70997970c51812dc3a010c7d01b50e0d17dc79c8 payout --wallet alice --json',
  )
}

async function run(context: CliContext, asset: Asset, whose: string | undefined, flags: YesFlag): Promise<Result> {
  if (!isEntered(asset)) {
    throw new OperationError(
      'bad-arguments',
      `expected a gateway, got ${asset}, which was issued on TTX and has none; "ttx asset list" shows those of your wallet`,
      { facts: { asset } },
    )
  }
  const given = whose === undefined ? undefined : await addressOf(context, whose)
  const { node, sender } = await openCommandSender(context)
  const account = given ?? sender.ethereum.account
  const whom = await describeWhom(context, account, sender.ethereum.account)
  const terms = [
    ['withdraw', `what the gateway ${asset} owes`],
    ['gas from', await describeWhom(context, sender.ethereum.account)],
    ['to', whom],
  ] as const
  await agree(context, node, terms, flags, 'Withdraw this?')
  const factory = node.info.network.gatewayFactory
  const drawn = await showWhile(
    context.shell,
    SENDING,
    withdrawAsset(sender, { factory, asset, account }, context.signal),
  )
  const { token, amount, transaction, isEarlier, acknowledge } = drawn
  const view = await assetViews(node, sender.ethereum, 0, context.signal).of(asset)
  return {
    data: { asset, token, account, amount, transaction, earlier: isEarlier, network: networkData(context, node) },
    text: formatTable([
      ['sent', amount === undefined ? 'what was owed' : formatOf(amount, view)],
      ['to', whom],
      networkRow(context, node),
      ['token', token],
      ['transaction', transaction],
      ...earlierRows(isEarlier, 'it was sent once', 'there is nothing left to do'),
    ]),
    onPrinted: acknowledge,
  }
}
